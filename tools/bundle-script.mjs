import { join } from "node:path";
import { build } from "vite";
import { root } from "./setup.mjs";

const client = join(root, "packages/client");

/** Makes one file of the client, for a script tag: it leaves `shoal` in the page. The packages must be built. */
await build({
  configFile: false,
  logLevel: "error",
  root: client,
  define: { "process.env.NODE_ENV": '"production"' },
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2023",
    lib: { entry: "dist/script.js", name: "shoal", formats: ["iife"], fileName: () => "shoal.min.js" },
  },
});
