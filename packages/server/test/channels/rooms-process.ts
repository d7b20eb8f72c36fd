import { openAt } from "../durability/store-at.ts";
import { createRooms } from "./rooms-app.ts";

/** A process of its own that creates a room if nobody did, runs what follows from it, and lives until it is killed. */
const [, , at = "", isMade = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createRooms({ store: openAt(JSON.parse(at)) });
await app.realtime.open();
if (isMade !== "made") await app.as("ann").rooms.create({ name: "Reef", commandId: "make" });
