import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { defineTables, initRealtime, type RealtimeOptions, system, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import * as z from "zod";
import { Logged } from "../support/logged.ts";

const definition = defineChannel(
  "parcel",
  {
    params: z.object({ parcelId: z.string() }),
    state: z.object({ due: z.array(z.number()), again: z.boolean() }),
    events: {
      planned: z.object({ due: z.array(z.number()), again: z.boolean() }),
      scanned: z.object({ at: z.number(), seen: z.int() }),
    },
    commands: {
      plan: { input: z.object({ due: z.array(z.number()), again: z.boolean().default(false) }) },
      count: { result: z.object({ scans: z.int() }) },
      scan: { input: z.object({ at: z.number() }), internal: true },
    },
  },
  {
    initial: () => ({ due: [], again: false }),
    apply: {
      planned: (_state, planned) => planned,
      scanned: ({ due, again }, { at }) => ({
        due: [...due.filter((one) => one !== at), ...(again ? [at + 1] : [])],
        again,
      }),
    },
  },
);

interface Parcel extends TypesOf<typeof definition> {}

/** A channel whose every decision rests on the rows that the scans before it were projected to. Scans are timers. */
const parcel: Channel<Parcel> = definition;

const tables = defineTables({ scan: z.object({ parcel: z.string(), at: z.number() }) }, [
  ({ schema }) => [schema.createTable("scan").addColumn("parcel", "text").addColumn("at", "bigint")],
]);

/** Parcels as a realtime serves them. It looks at its store so seldom that nothing fires but before a command. */
export function createParcels(options: Omit<RealtimeOptions<never>, "channels" | "logger">) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const logged = new Logged();
  const served = serveChannel(parcel, {
    tables,
    timers: ({ due }) => due.map((at) => ({ name: `${at}`, at, command: "scan", input: { at } })),
    load: {
      scan: ({ read, params }) => read.selectFrom("scan").selectAll().where("parcel", "=", params.parcelId).execute(),
      count: ({ read, params }) => read.selectFrom("scan").selectAll().where("parcel", "=", params.parcelId).execute(),
    },
    commands: {
      plan: ({ input, emit }) => emit("planned", input),
      count: ({ loaded }) => ({ scans: loaded.length }),
      scan: ({ input: { at }, loaded, emit }) => emit("scanned", { at, seen: loaded.length }),
    },
    async project(tx, changes) {
      for (const { params, events } of changes) {
        for (const { type, data } of events) {
          if (type !== "scanned") continue;
          await tx.insertInto("scan").values({ parcel: params.parcelId, at: data.at }).execute();
        }
      }
    },
  });
  const realtime = createRealtime({ lookMs: 3_600_000, ...options, channels: [served], logger: logged.logger });
  return {
    realtime,
    logged,
    parcel: (parcelId: string) => realtime.topic(parcel, { parcelId }).as(system),
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}
