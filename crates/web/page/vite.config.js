import { defineConfig } from "vite";

// Relative addresses: the page works in any folder of any host.
export default defineConfig({
  base: "./",
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
  server: { fs: { allow: ["../../.."] } },
});
