import { defineConfig } from "vite";

// Everything is a file of its own under /assets/: the policy in public/_headers lets in nothing inline.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "build",
    assetsInlineLimit: 0,
    modulePreload: false,
    target: "es2022",
    emptyOutDir: true,
  },
  worker: { format: "es" },
});
