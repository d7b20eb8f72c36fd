import { createSqliteStore } from "@shoal/server";
import { createReminders } from "./reminders-app.ts";

/** A process of its own that opens lists of reminders on a SQLite file, and lives until it is killed. */
const [, , path = ""] = process.argv;
await createReminders({ store: createSqliteStore({ path }) }).realtime.open();
process.on("disconnect", () => process.exit());
