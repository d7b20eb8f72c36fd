import { initRealtime, serve } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { openAt } from "../durability/store-at.ts";
import { hurried } from "../support/hurried.ts";
import { quiet } from "../support/quiet.ts";
import { servedTally1 } from "./tally-1.ts";
import { serveTally2 } from "./tally-2.ts";

/** A process of its own that serves tallies by the code of one version, until it is told to stop. */
const [, , version = "", at = ""] = process.argv;
const t = initTRPC.create({ isDev: false });
const { createRealtime } = initRealtime({ t, user: () => ({ id: "ann" }) });
const options = { ...hurried, store: openAt(JSON.parse(at)), logger: quiet, lookMs: 100 };
const realtime =
  version === "1"
    ? createRealtime({ ...options, channels: [servedTally1] })
    : createRealtime({ ...options, channels: [serveTally2()] });
await realtime.open();
const handle = await serve({ router: t.router({ realtime: realtime.router }), createContext: () => ({}), port: 0 });

process.on("message", async () => {
  await handle.close();
  await realtime.close();
  process.exit();
});
process.on("disconnect", () => process.exit());
process.send?.({ port: handle.port });
