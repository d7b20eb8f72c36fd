import { defineChannel } from "@shoal/contract";
import { defineTables, effect, serveChannel } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { expect, expectTypeOf, test } from "vitest";
import * as z from "zod";

const note = z.object({ text: z.string() });
const counting = z.object({ notes: z.int(), at: z.number(), before: z.nullable(z.int()), offset: z.int() });

const book = defineChannel(
  "book",
  {
    params: z.object({}),
    state: z.object({
      counted: z.nullable(z.int()),
      at: z.nullable(z.number()),
      before: z.nullable(z.int()),
      offset: z.int(),
    }),
    events: { written: note, counted: counting },
    commands: { write: { input: note }, count: {}, recount: { internal: true } },
  },
  {
    initial: () => ({ counted: null, at: null, before: null, offset: 0 }),
    apply: { written: (state) => state, counted: (_state, { notes, ...rest }) => ({ counted: notes, ...rest }) },
  },
);

const tables = defineTables({ note: z.object({ tenant: z.string(), text: z.string() }) }, [
  ({ schema }) => [schema.createTable("note").addColumn("tenant", "text").addColumn("text", "text")],
]);

const books = serveChannel(book, {
  tables,
  prepare: {
    async count({ read, tenant, now, state, offset }) {
      const rows = await read
        .selectFrom("note")
        .select("text")
        .where("tenant", "=", tenant ?? "")
        .execute();
      expectTypeOf(rows).toEqualTypeOf<{ text: string }[]>();
      expectTypeOf(state.counted).toEqualTypeOf<number | null>();
      return { notes: rows.length, at: now, before: state.counted, offset };
    },
    recount: async ({ read, now, state, offset }) => ({
      notes: (await read.selectFrom("note").select("text").execute()).length,
      at: now,
      before: state.counted,
      offset,
    }),
  },
  commands: {
    write: ({ input, emit }) => emit("written", input),
    count: ({ prepared, emit }) => emit("counted", prepared),
    recount: ({ prepared, emit }) => emit("counted", prepared),
  },
  effects: ({ type, data }, { params }) =>
    type === "written" && data.text === "recount" ? [effect(book, params, "recount")] : [],
  async project(tx, changes) {
    for (const { tenant, events } of changes)
      for (const { type, data } of events) {
        if (type === "written")
          await tx
            .insertInto("note")
            .values({ tenant: tenant ?? "", text: data.text })
            .execute();
      }
  },
});

test("A prepare reads the rows of the commands that were answered before it, and knows whose topic it is, and when", async () => {
  await using w = testRealtime({ channels: [books], now: "1999-06-01" });
  const ours = w.system(book, {});
  await ours.send.write({ text: "tea" });
  await w.system(book, {}, "other").send.write({ text: "milk" });
  await ours.send.count({});
  const { counted, at } = await ours.state();
  expect(counted).toBe(1);
  expect(new Date(at ?? 0).getUTCFullYear()).toBe(1999);
});

test("The prepare of an effect's command reads the rows of the event that had the effect", async () => {
  await using w = testRealtime({ channels: [books], now: "1999-06-01" });
  const ours = w.system(book, {});
  await ours.send.write({ text: "recount" });
  await w.settle();
  const { counted, at } = await ours.state();
  expect(counted).toBe(1);
  expect(new Date(at ?? 0).getUTCFullYear()).toBe(1999);
});

test("A prepare sees the topic's state and offset as the commands before it left them, also that of an effect's command", async () => {
  await using w = testRealtime({ channels: [books] });
  const ours = w.system(book, {});
  await ours.send.count({});
  expect(await ours.state()).toMatchObject({ counted: 0, before: null, offset: 0 });
  await ours.send.write({ text: "recount" });
  await w.settle();
  expect(await ours.state()).toMatchObject({ counted: 1, before: 0, offset: 2 });
  await ours.send.count({});
  expect(await ours.state()).toMatchObject({ counted: 1, before: 1, offset: 3 });
});
