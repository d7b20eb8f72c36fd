import { ShoalError } from "@shoal/contract";
import { createMemoryHub, createMemoryStore, type Store } from "@shoal/server";
import { expect, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { toFrame } from "./first-frame.ts";
import { createLedgers } from "./ledger-app.ts";
import { wrapStore } from "./wrap-store.ts";

const north = { ledgerId: "north" };

/** The same store, which fails the next time that a method is used after it was told to. */
function fragile(store: Store) {
  let broken: "head" | "read" | undefined;
  const check = (method: "head" | "read"): void => {
    if (broken !== method) return;
    broken = undefined;
    throw new ShoalError("SERVICE_UNAVAILABLE", "The store is away.");
  };
  const changed = wrapStore(store, {
    async head(topic) {
      check("head");
      return await store.head(topic);
    },
    async read(topic, from, to) {
      check("read");
      return await store.read(topic, from, to);
    },
  });
  return { store: changed, break: (method: "head" | "read") => (broken = method) };
}

test.each(["head", "read"] as const)(
  "A subscriber hears of the last event though its server heard of it from nobody, and its first %s failed",
  async (method) => {
    const store = createMemoryStore();
    const shaky = fragile(store);
    await using writer = createLedgers({ store, broker: createMemoryHub()() });
    await using server = createLedgers({ store: shaky.store, broker: createMemoryHub()(), lookMs: 5 });
    const watch: AsyncIterable<unknown> = await server.as("ben").watch(north);
    const iterator = watch[Symbol.asyncIterator]();
    await iterator.next();
    shaky.break(method);
    await writer.as("ann").note({ ...north, entry: 1, times: 2 });
    const { value } = await inTime(iterator.next(), "the events");
    expect(toFrame(value).frame).toMatchObject({ kind: "events", from: 1, to: 2 });
  },
);
