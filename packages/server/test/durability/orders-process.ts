import { createOrders, eventsOf } from "./orders-app.ts";
import { openAt } from "./store-at.ts";

/** A process of its own that runs what follows from an order, which it places if nobody did, and lives until it is killed. */
const [, , at = "", orderId = ""] = process.argv;
process.on("disconnect", () => process.exit());
const store = openAt(JSON.parse(at));
const orders = createOrders(store);
await orders.realtime.open();
const [placed] = await eventsOf(store, orderId);
if (placed?.length === 0) await orders.place(orderId);
