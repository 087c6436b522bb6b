// Modules of the page in Node, for tests: read by the same tool that builds the page.

import { createServer } from "vite";

const server = await createServer({
  root: new URL("..", import.meta.url).pathname,
  server: { middlewareMode: true, hmr: false, ws: false },
  appType: "custom",
  optimizeDeps: { noDiscovery: true },
  logLevel: "error",
});

/** The exports of a module of `src/`. */
export const load = (name) => server.ssrLoadModule(`/src/${name}.ts`);
export const close = () => server.close();
