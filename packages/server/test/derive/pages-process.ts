import { randomUUID } from "node:crypto";
import { openAt } from "../durability/store-at.ts";
import { createPages } from "./pages-app.ts";

/** A process of its own that writes a page, tells of each line that was accepted, and lives until it is killed. */
const [, , at = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createPages({ store: openAt(JSON.parse(at)), afterMs: 1 });
for (;;) {
  const line = randomUUID();
  await app.page().send.write({ line });
  process.send?.(line);
}
