import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The development server reads the packages' sources; a build takes what `tsc -b` made of them. */
export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: [...(command === "serve" ? ["@shoal/source"] : []), ...defaultClientConditions] },
  // One chunk but for the charts, in kB: an open page must not ask a newer build for the chunks of its own.
  build: { outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 800 },
}));
