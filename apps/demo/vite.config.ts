import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

/** The development server reads the packages' sources; a build takes what `tsc -b` made of them. */
export default defineConfig(({ command }) => ({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: [...(command === "serve" ? ["@shoal/source"] : []), ...defaultClientConditions] },
  // In kB. All that every page needs is one chunk. Only the charts and the editor of documents are others: a page that is older than the
  // build, and asks in vain for its own, offers to be loaded again.
  build: { outDir: "dist", emptyOutDir: true, chunkSizeWarningLimit: 800 },
}));
