import { createMemoryHub, createMemoryStore, type Store } from "@shoal/server";
import { expect, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { firstFrame } from "./first-frame.ts";
import { createLedgers } from "./ledger-app.ts";
import { wrapStore } from "./wrap-store.ts";

const north = { ledgerId: "north" };
const unavailable = { code: "SERVICE_UNAVAILABLE" };

/** The same store, whose reads of the log wait until they are let go. */
function gated(store: Store) {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const changed = wrapStore(store, {
    async read(topic, from, to) {
      const events = await store.read(topic, from, to);
      asked.resolve();
      await gate.promise;
      return events;
    },
  });
  return { store: changed, asked: asked.promise, open: gate.resolve };
}

test("Who comes back while the server closes is sent to another one, and is not kept waiting", async () => {
  const gate = gated(createMemoryStore());
  await using ledgers = createLedgers({ store: gate.store, ring: 0 });
  await ledgers.as("ann").note({ ...north, entry: 1 });
  const { id: lastEventId } = await firstFrame(ledgers.as("ann").watch(north));
  await ledgers.as("ann").note({ ...north, entry: 2, times: 3 });
  const watch: AsyncIterable<unknown> = await ledgers.as("ann").watch({ ...north, lastEventId });
  const opening = watch[Symbol.asyncIterator]().next();
  await inTime(gate.asked, "the log to be read");
  const closed = ledgers.realtime.close();
  await inTime(closed, "the server to close");
  gate.open();
  await expect(inTime(opening, "an answer")).rejects.toMatchObject(unavailable);
});

test("A server that closes commits what is under way, and ends every subscription so that it is tried again", async () => {
  const store = wrapStore(createMemoryStore(), { close: async () => {} });
  await using ledgers = createLedgers({ store });
  const watch: AsyncIterable<unknown> = await ledgers.as("ben").watch(north);
  const iterator = watch[Symbol.asyncIterator]();
  await iterator.next();
  const sent = Array.from({ length: 50 }, (_, index) =>
    ledgers.as("ann").note({ ...north, entry: 1, commandId: `command-${index}` }),
  );
  const outcomes = Promise.allSettled(sent);
  await ledgers.realtime.close();
  const settled = await inTime(outcomes, "an answer to each");
  const accepted = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  for (const one of settled) if (one.status === "rejected") expect(one.reason).toMatchObject(unavailable);
  await expect(
    (async () => {
      while (!(await iterator.next()).done);
    })(),
  ).rejects.toMatchObject(unavailable);
  await using another = createLedgers({ store, broker: createMemoryHub()() });
  expect(await another.ledger("north").state()).toMatchObject({ count: accepted.length });
});
