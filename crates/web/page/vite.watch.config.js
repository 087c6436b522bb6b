import { defineConfig } from "vite";

// The page of `featurescope watch`: names without digests, because the program embeds the files by name.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "dist-watch",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: "watch.html",
      output: { entryFileNames: "watch.js", assetFileNames: "watch.[ext]" },
    },
  },
});
