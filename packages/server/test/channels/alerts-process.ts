import { openAt } from "../durability/store-at.ts";
import { effectsRun } from "../erasure/search.ts";
import { createAlerts } from "./alerts-app.ts";

/** A process of its own that reads a load, if it is given one, runs what follows from it, and is killed at the latest when all is done. */
const [, , at = "", load = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = createAlerts({ store: openAt(JSON.parse(at)) });
await app.realtime.open();
if (load === "") await effectsRun(app.store);
else await app.readLoad(Number(load));
process.kill(process.pid, "SIGKILL");
