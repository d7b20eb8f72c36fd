import { defineChannel } from "@shoal/contract";
import { createMemoryStore, definePrivate, initRealtime, type Store, serveChannel, type User } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { shared } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";

const tally = defineChannel(
  "tally",
  {
    params: z.object({ tallyId: z.string() }),
    state: z.object({ sum: z.int() }),
    events: { added: z.object({ by: z.int() }) },
    commands: { add: { input: z.object({ by: z.int() }), result: z.object({ seen: z.array(z.string()) }) } },
  },
  { initial: () => ({ sum: 0 }), apply: { added: ({ sum }, { by }) => ({ sum: sum + by }) } },
);

const hidden = definePrivate(
  tally,
  { state: z.object({ seen: z.array(z.string()) }) },
  {
    initial: ({ tallyId }) => ({ seen: [`the beginning of ${tallyId}`] }),
    apply: { added: ({ seen }, { by }) => ({ seen: [...seen, `${by}`] }) },
  },
);

const before = serveChannel(tally, {
  snapshotEvery: 2,
  commands: {
    add({ input, emit }) {
      emit("added", input);
      return { seen: [] };
    },
  },
});

const after = serveChannel(tally, {
  snapshotEvery: 2,
  private: hidden,
  commands: {
    add({ private: { seen }, input, emit }) {
      emit("added", input);
      return { seen };
    },
  },
});

/** Adds numbers one after the other, and returns what the last command found that the server had seen. */
async function add(store: Store, channel: typeof before, numbers: readonly number[]) {
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const realtime = createRealtime({ store: shared(store), channels: [channel], logger: quiet });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => realtime.close());
  const topic = realtime.topic(tally, { tallyId: "1" }).as({ id: "ann" });
  let seen: readonly string[] = [];
  for (const by of numbers) {
    const outcome = await topic.send.add({ by });
    seen = outcome.ok ? outcome.result.seen : [];
  }
  return { seen, state: await topic.state() };
}

test("A private part that a channel gets later begins at the snapshot that is stored, and is kept from then on", async () => {
  const store = createMemoryStore();
  await store.open();
  await add(store, before, [1, 2, 3]);
  expect(await add(store, after, [4])).toEqual({ seen: ["the beginning of 1", "3"], state: { sum: 10 } });
  expect(await add(store, after, [5])).toEqual({ seen: ["the beginning of 1", "3", "4"], state: { sum: 15 } });
});
