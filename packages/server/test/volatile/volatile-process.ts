import { createSqliteStore } from "@shoal/server";
import { addNote, createVolatileApp } from "./volatile-app.ts";

/** A process of its own that writes to both sides, tells where its counter is, and lives until it is killed. */
const [, , path = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createVolatileApp({ store: createSqliteStore({ path }) });
await app.journal("home").send.note({ note: addNote });
await app.journal("home").send.note({ note: "kept" });
for (let count = 0; count < 3; count += 1) await app.counter("attic").send.add({ by: 1 });
process.send?.((await app.counter("attic").snapshot()).position);
