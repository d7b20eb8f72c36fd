import { openAt } from "../durability/store-at.ts";
import { createNotifications, follow, laterByEmail, numbered } from "./notifications-app.ts";

/** A process of its own that sends to many, tells its parent how far it is, and lives until it is killed. */
const [, , at = "", recipients = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createNotifications({ store: openAt(JSON.parse(at)), after: laterByEmail });

const { id } = await app.realtime.notifications.sendMany(
  numbered(Number(recipients)),
  "mention",
  { room: "reef", text: "hello" },
  { key: "news" },
);
await follow(app, id, (progress) => process.send?.(progress));
