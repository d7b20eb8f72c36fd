import { defineChannel } from "@shoal/contract";
import { createMemoryHub, createMemoryStore, initRealtime, type Store } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { shared } from "../support/nodes.ts";
import { quiet } from "../support/quiet.ts";
import { readAll } from "../support/reader.ts";

type Hub = ReturnType<typeof createMemoryHub>;

/** A node whose code knows no number above `most`. */
function startNode(store: Store, broker: ReturnType<Hub>, most: number) {
  const numbers = defineChannel(
    "numbers",
    {
      params: z.object({ listId: z.string() }),
      state: z.object({ numbers: z.array(z.int()) }),
      events: { added: z.object({ number: z.int() }) },
      commands: { add: { input: z.object({ number: z.int() }) } },
    },
    {
      initial: () => ({ numbers: [] }),
      apply: {
        added({ numbers: before }, { number }) {
          if (number > most) throw new Error(`What is ${number}?`);
          return { numbers: [...before, number] };
        },
      },
    },
  );
  const t = initTRPC.create();
  const { serveChannel, createRealtime } = initRealtime({ t, user: () => ({ id: "ann" }) });
  const served = serveChannel(numbers, { commands: { add: ({ input, emit }) => emit("added", input) } });
  const realtime = createRealtime({ channels: [served], store: shared(store), broker, logger: quiet, lookMs: 5 });
  return {
    caller: realtime.router.createCaller({}).numbers,
    [Symbol.asyncDispose]: () => realtime.close(),
  };
}

test("An event that a node's code cannot apply costs that node the topic, and nothing else", async () => {
  const store = createMemoryStore();
  const hub = createMemoryHub();
  await using newerNode = startNode(store, hub(), 9);
  await using olderNode = startNode(store, hub(), 1);
  const [newer, older] = [newerNode.caller, olderNode.caller];
  const [mixed, plain] = [{ listId: "mixed" }, { listId: "plain" }];
  const { frames } = readAll(await older.watch(mixed));
  const elsewhere = readAll(await older.watch(plain));
  await newer.add({ ...mixed, number: 1 });
  await frames.count(2);
  await newer.add({ ...mixed, number: 2 });
  await newer.add({ ...plain, number: 1 });
  await elsewhere.frames.first(({ position }) => position.offset === 1);
  // What it cannot follow it does not decide on either; what it can, it does.
  const answers = [older.add({ ...mixed, number: 1 }).catch(({ code }) => code), older.add({ ...plain, number: 1 })];
  expect(await Promise.all(answers)).toEqual(["SERVICE_UNAVAILABLE", { ok: true, offset: 2 }]);
  expect(await newer.add({ ...mixed, number: 3 })).toEqual({ ok: true, offset: 3 });
  expect(frames.items.map(({ position }) => position.offset)).toEqual([0, 1]);
});
