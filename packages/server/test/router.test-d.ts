import type { Member, SnapshotReason } from "@shoal/contract";
import { createMemoryStore, initRealtime, type User } from "@shoal/server";
import { serveRoomDirectory } from "@shoal/server/room-directory";
import { serveRooms } from "@shoal/server/rooms";
import { createTRPCClient } from "@trpc/client";
import { type inferRouterInputs, type inferRouterOutputs, initTRPC } from "@trpc/server";
import { expectTypeOf } from "vitest";
import { counter } from "./support/counter.ts";

const t = initTRPC.context<{ user: User | null }>().create();
const { serveChannel, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
const served = serveChannel(counter, {
  commands: { add: () => ({ sum: 0 }), touch: () => {}, clear: () => {} },
  queries: { sum: () => ({ sum: 0 }), limit: () => 0 },
});
const realtime = createRealtime({ channels: [served, serveRooms(), serveRoomDirectory()], store: createMemoryStore() });
const router = t.router({ hello: t.procedure.query(() => "hello"), realtime: realtime.router });

type Inputs = inferRouterInputs<typeof router>["realtime"];
type Outputs = inferRouterOutputs<typeof router>["realtime"];

// The router has each channel under its name, and the procedures that the channel declares and no others.
expectTypeOf<keyof Inputs>().toEqualTypeOf<"counter" | "rooms" | "roomDirectory" | "connection">();
expectTypeOf<Outputs["connection"]["time"]>().toEqualTypeOf<{ now: number }>();
type OfCounter = "watch" | "add" | "touch" | "sum" | "limit" | "presence" | "broadcast";
expectTypeOf<keyof Inputs["counter"]>().toEqualTypeOf<OfCounter>();
type OfRooms = "create" | "post" | "edit" | "remove" | "rename" | "grant" | "history";
expectTypeOf<keyof Inputs["rooms"]>().toEqualTypeOf<OfRooms | "watch" | "presence" | "broadcast">();

// Inputs are flat: the params, the command's own fields as they are sent, and what every command takes.
expectTypeOf<{ counterId: string; by: number }>().toExtend<Inputs["counter"]["add"]>();
expectTypeOf<{ counterId: string; by: number; times: number; commandId: string }>().toExtend<
  Inputs["counter"]["add"]
>();
expectTypeOf<{ counterId: string }>().not.toExtend<Inputs["counter"]["add"]>();
expectTypeOf<{ by: number }>().not.toExtend<Inputs["counter"]["add"]>();
expectTypeOf<{ counterId: number; by: number }>().not.toExtend<Inputs["counter"]["add"]>();
expectTypeOf<{ roomId: string; cursor: number }>().toExtend<Inputs["rooms"]["history"]>();
expectTypeOf<Outputs["counter"]["limit"]>().toEqualTypeOf<number>();
expectTypeOf<Outputs["rooms"]["history"]["nextCursor"]>().toEqualTypeOf<number | null>();

const client = createTRPCClient<typeof router>({ links: [] });
const home = { counterId: "home" };

// The stock client infers all of it.
client.realtime.counter.watch.subscribe(
  { ...home, lastEventId: "position", presence: { typing: false }, clientId: "tab", audience: "calm" },
  {
    onData({ id, data: frame }) {
      expectTypeOf(id).toEqualTypeOf<string>();
      expectTypeOf(frame.kind).toEqualTypeOf<"snapshot" | "resumed" | "events" | "presence" | "broadcast">();
      switch (frame.kind) {
        case "snapshot":
          expectTypeOf(frame.state).toEqualTypeOf<{ added: number[] }>();
          expectTypeOf(frame.reason).toEqualTypeOf<SnapshotReason>();
          break;
        case "resumed":
          expectTypeOf(frame.replayed).toEqualTypeOf<number>();
          break;
        case "events":
          for (const event of frame.events) {
            expectTypeOf(event.type).toEqualTypeOf<"added" | "cleared">();
            if (event.type === "added") expectTypeOf(event.data).toEqualTypeOf<{ by: number }>();
          }
          break;
        case "presence":
          for (const member of frame.joined ?? []) expectTypeOf(member).toExtend<Member<{ typing: boolean }>>();
          break;
        case "broadcast":
          if (frame.name === "cheer") expectTypeOf(frame.data).toEqualTypeOf<{ emoji: string }>();
          break;
        default:
          expectTypeOf(frame).toEqualTypeOf<never>();
      }
    },
  },
);

client.realtime.counter.add.mutate({ ...home, by: 1 }).then((outcome) => {
  if (outcome.ok) expectTypeOf(outcome.result).toEqualTypeOf<{ sum: number }>();
  else {
    expectTypeOf(outcome.reason).toEqualTypeOf<"TOO_LARGE">();
    expectTypeOf(outcome.limit).toEqualTypeOf<number>();
  }
  // @ts-expect-error: only an accepted command has a result
  outcome.result;
});
expectTypeOf(client.realtime.counter.limit.query()).resolves.toEqualTypeOf<number>();
expectTypeOf(client.hello.query()).resolves.toEqualTypeOf<string>();
client.realtime.counter.broadcast.mutate({ ...home, name: "cheer", data: { emoji: "🐟" } });
client.realtime.counter.presence.mutate({ ...home, clientId: "tab", state: { typing: true } });

// @ts-expect-error: an internal command is no procedure
client.realtime.counter.clear;
// @ts-expect-error: the directory has no broadcasts
client.realtime.roomDirectory.broadcast;
// @ts-expect-error: there is no such channel
client.realtime.auctions;
// @ts-expect-error: a param is missing
client.realtime.counter.watch.subscribe({}, {});
// @ts-expect-error: a param of another type
client.realtime.counter.watch.subscribe({ counterId: 1 }, {});
// @ts-expect-error: the presence of another type
client.realtime.counter.watch.subscribe({ ...home, presence: { typing: 1 }, clientId: "tab" }, {});
// @ts-expect-error: the field of another type
client.realtime.counter.add.mutate({ ...home, by: "1" });
// @ts-expect-error: a field that is not declared
client.realtime.counter.add.mutate({ ...home, by: 1, too: 2 });
// @ts-expect-error: there is no such broadcast
client.realtime.counter.broadcast.mutate({ ...home, name: "boo", data: {} });
// @ts-expect-error: what goes with the broadcast is missing
client.realtime.counter.broadcast.mutate({ ...home, name: "cheer", data: {} });
// @ts-expect-error: a command is no query
client.realtime.counter.add.query;
