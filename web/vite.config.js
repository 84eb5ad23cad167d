import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** The app: plain names, no inlined assets, so that a strict policy can name where everything comes from. */
export default defineConfig({
  base: "/assets/",
  plugins: [svelte({ compilerOptions: { css: "external" } })],
  build: {
    outDir: "../src/bystander/app/assets",
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: false,
    rollupOptions: {
      output: { entryFileNames: "app.js", assetFileNames: "app[extname]", inlineDynamicImports: true },
    },
  },
});
