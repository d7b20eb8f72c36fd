import { openAt } from "../durability/store-at.ts";
import { startAuctions } from "./auctions-server.ts";

/**
 * A server of auctions in a process of its own, which tells its parent its port and lives until it is killed. Its clock is as wrong as it
 * is told, in milliseconds.
 */
const [, , at = "", port = "0", wrongBy = "0"] = process.argv;
process.on("disconnect", () => process.exit());

const RealDate = Date;
const realNow = Date.now.bind(Date);
Date.now = () => realNow() + Number(wrongBy);
globalThis.Date = new Proxy(RealDate, {
  construct: (target, parts) => (parts.length === 0 ? new target(Date.now()) : Reflect.construct(target, parts)),
});

const server = await startAuctions({ store: openAt(JSON.parse(at)), port: Number(port), endingSoonMs: 1_000 });
process.send?.({ port: server.handle.port, now: Date.now() });
