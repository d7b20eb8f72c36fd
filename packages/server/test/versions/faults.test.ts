import { createMemoryHub, createMemoryStore, definePrivate, serveChannel } from "@shoal/server";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { readAll } from "../support/reader.ts";
import { type LiftAdded, tally2 } from "./tally-2.ts";
import { startNode1, startNode2, tallyRef } from "./tally-node.ts";

const away = expect.objectContaining({ code: "SERVICE_UNAVAILABLE" });

const faults: readonly { readonly what: string; readonly lift: LiftAdded }[] = [
  {
    what: "throws",
    lift({ by }) {
      if (by === 13) throw new Error("It knows no thirteen.");
      return { amount: by };
    },
  },
  { what: "makes what the schema refuses", lift: ({ by }) => ({ amount: by === 13 ? "many" : by }) as never },
];

describe.each(faults)("A migration that $what", ({ lift }) => {
  test("costs the one topic, is told to the log once, loses nothing, and is mended by another deploy", async () => {
    const store = createMemoryStore();
    {
      await using first = startNode1({ store });
      for (const by of [1, 13]) await first.tally("home").send.add({ by });
      await first.tally("hall").send.add({ by: 2 });
    }
    {
      await using broken = startNode2({ store, liftAdded: lift });
      const [home, hall] = [broken.tally("home"), broken.tally("hall")];
      await expect(home.state()).rejects.toEqual(away);
      await expect(home.send.add({ amount: 1 })).rejects.toEqual(away);
      await expect(broken.caller.watch({ tallyId: "home" })).rejects.toEqual(away);
      expect(await hall.send.add({ amount: 1 })).toMatchObject({ ok: true, offset: 2, result: { total: 3 } });
      const errors = broken.logged.items.filter(({ level }) => level === "error");
      expect(errors).toMatchObject([
        { fields: { topic: tallyRef("home").id, what: 'event "added"', offset: 2, version: 1, today: 2 } },
      ]);
      expect(errors[0]?.fields.error).toMatchObject({ message: expect.any(String), stack: expect.any(String) });
    }
    expect((await store.read(tallyRef("home"), 1, 9)).map(({ data }) => data)).toEqual([{ by: 1 }, { by: 13 }]);
    await using mended = startNode2({ store });
    expect(await mended.tally("home").send.add({ amount: 1 })).toMatchObject({ ok: true, offset: 3 });
    expect(await mended.tally("home").state()).toMatchObject({ total: 15 });
  });

  test("sends those away who follow, when the event comes from another node", async () => {
    const store = createMemoryStore();
    const hub = createMemoryHub();
    await using first = startNode1({ store, broker: hub() });
    await using broken = startNode2({ store, broker: hub(), liftAdded: lift });
    const { frames, ended } = readAll(await broken.caller.watch({ tallyId: "home" }));
    await first.tally("home").send.add({ by: 1 });
    await frames.count(2);
    await first.tally("home").send.add({ by: 13 });
    await expect(ended).rejects.toEqual(away);
    await expect(broken.tally("home").send.add({ amount: 1 })).rejects.toEqual(away);
    expect(await first.tally("home").send.add({ by: 1 })).toMatchObject({ ok: true, offset: 3 });
  });

  test("fails alone in a group that is decided together", async () => {
    const store = createMemoryStore();
    await using first = startNode1({ store, lookMs: 3_600_000 });
    await using broken = startNode2({ store, liftAdded: lift, lookMs: 3_600_000 });
    const tallies = Array.from({ length: 20 }, (_, index) => `tally-${index}`);
    await Promise.all(tallies.map((id) => broken.tally(id).state()));
    await first.tally("tally-7").send.add({ by: 13 });
    const sent = await Promise.allSettled(tallies.map((id) => broken.tally(id).send.add({ amount: 1 })));
    expect(sent.flatMap(({ status }, index) => (status === "rejected" ? index : []))).toEqual([7]);
    expect(await store.head(tallyRef("tally-7"))).toMatchObject({ offset: 1 });
  });
});

test("A topic that cannot be read keeps nobody from erasing a user from the others, and is told", async () => {
  const store = createMemoryStore();
  {
    await using first = startNode1({ store });
    for (const tallyId of ["home", "hall"]) await first.caller.add({ tallyId, by: tallyId === "home" ? 13 : 1 });
  }
  await using broken = startNode2({
    store,
    liftAdded({ by }) {
      if (by === 13) throw new Error("It knows no thirteen.");
      return { amount: by };
    },
  });
  expect(await broken.realtime.eraseUser("ann")).toEqual({
    topics: 2,
    events: 1,
    unhandled: ["home", "hall"].map((tallyId) => ({ channel: "tally", params: { tallyId }, tenant: null })),
  });
  expect((await store.read(tallyRef("hall"), 1, 1)).map(({ redacted }) => redacted)).toEqual([true]);
  expect((await store.read(tallyRef("home"), 1, 1)).map(({ data }) => data)).toEqual([{ by: 13 }]);
});

test("An event that is declared no more, and that the migration does not name, is a fault of the migration", async () => {
  const store = createMemoryStore();
  const known = await openAndHead(store);
  const event = { offset: 1, at: 1, type: "lost", data: {}, secret: null, commandId: null, userId: null, version: 1 };
  await store.transaction([{ topic: tallyRef("home"), known, commands: [] }], () => [
    { topic: tallyRef("home"), head: { offset: 1, at: 1 }, events: [event], records: [] },
  ]);
  await using second = startNode2({ store });
  await expect(second.tally("home").state()).rejects.toEqual(away);
  const [error] = second.logged.items.filter(({ level }) => level === "error");
  expect(error?.fields.error).toMatchObject({
    message: 'The event "lost" is declared no more. Name it in `migrate.former`.',
  });
});

async function openAndHead(store: ReturnType<typeof createMemoryStore>) {
  await store.open();
  return await store.head(tallyRef("home"));
}

test("A private part without a migration is refused to a channel that has one", () => {
  const schemas = { state: z.object({}) };
  const hidden = definePrivate(tally2, schemas, { initial: () => ({}), apply: {} } as never);
  const commands = { add: () => {}, name: () => {}, poke: () => {}, forward: () => {}, arm: () => {}, ring: () => {} };
  const served = () => serveChannel(tally2, { private: hidden, commands: { ...commands, top: () => {} } } as never);
  expect(served).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringContaining("`migrate` in definePrivate") }),
  );
});
