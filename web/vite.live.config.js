import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

/** The one file that answers without a server: a script and a style sheet that Python sets into a page. */
export default defineConfig({
  publicDir: false,
  plugins: [svelte({ compilerOptions: { css: "external" } })],
  build: {
    outDir: "../src/bystander/app/assets",
    emptyOutDir: false,
    cssCodeSplit: false,
    lib: { entry: "src/live.ts", formats: ["iife"], name: "bystander", fileName: () => "live.js", cssFileName: "live" },
  },
});
