import { openAt } from "../durability/store-at.ts";
import { createNode } from "./deliveries-node.ts";

/** A process of its own that notifies somebody if nobody did, delivers what is left, and lives until it is killed. */
const [, , at = "", argument = ""] = process.argv;
process.on("disconnect", () => process.exit());
const { provider, isSent } = JSON.parse(argument);
const node = createNode(openAt(JSON.parse(at)), provider);
await node.realtime.open();
if (!isSent) await node.notify();
