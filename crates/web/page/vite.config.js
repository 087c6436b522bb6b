import { defineConfig } from "vite";

// Relative addresses: the page works in any folder of any host. The engine has a name of its own, without a digest of
// its bytes: these depend on the compiler, and the rest of the page should not.
const engine = ({ names }) => (names.some((name) => name.endsWith(".wasm")) ? "assets/[name][extname]" : "assets/[name]-[hash][extname]");

export default defineConfig({
  base: "./",
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { assetFileNames: engine } },
  },
  worker: { format: "es", rollupOptions: { output: { assetFileNames: engine } } },
  server: { fs: { allow: ["../../.."] } },
});
