import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { openAt } from "../durability/store-at.ts";
import { compacted } from "./journal.ts";
import { createJournals } from "./journal-app.ts";

/** A process of its own that writes a journal, tells of each entry that was accepted, and lives until it is killed. */
const [, , at = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createJournals({
  store: openAt(JSON.parse(at)),
  snapshotEvery: 2,
  async compact(state) {
    await wait(Math.random() * 5);
    return compacted(state);
  },
});
for (;;) {
  const id = randomUUID();
  await app.home.send.write({ id, text: "" });
  process.send?.(id);
}
