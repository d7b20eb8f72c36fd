import { consoleLogger, effect, initRealtime } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { hurried } from "../support/hurried.ts";
import { audit, list } from "./contract.ts";

/** An application's module, as hot reloading evaluates it again and again: `?v=…` says for which time. */
const by = Number(new URL(import.meta.url).searchParams.get("v"));

/** How long after it was added an entry rings, in milliseconds. */
const ringsAfterMs = 30;

const t = initTRPC.create({ isDev: false });
const { serveChannel, createRealtime } = initRealtime({ t, user: () => null });

const lists = serveChannel(list, {
  authorize: () => true,
  timers: ({ due }) =>
    Object.entries(due).map(([name, at]) => ({ name, at, command: "ring", input: { entry: Number(name) } })),
  effects: ({ type, data: { entry } }) => (type === "added" ? [effect(audit, {}, "note", { entry })] : []),
  commands: {
    add: ({ input, now, emit }) => emit("added", { ...input, by, due: now + ringsAfterMs }),
    ring: ({ input, emit }) => emit("rang", { ...input, by }),
  },
});

const audits = serveChannel(audit, {
  authorize: () => true,
  commands: { note: ({ input, emit }) => emit("noted", { ...input, by }) },
});

export const store = openAt(JSON.parse(process.env.SHOAL_STORE ?? "") as StoreAt);

export const realtime = createRealtime({
  ...hurried,
  channels: [lists, audits],
  store,
  lookMs: 50,
  logger: { ...consoleLogger, info: () => {} },
});

export const router = t.router({ realtime: realtime.router });
