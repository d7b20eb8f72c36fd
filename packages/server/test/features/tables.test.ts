import { defineChannel } from "@shoal/contract";
import { createMemoryStore, defineTables, initRealtime, serveChannel, type User } from "@shoal/server";
import { testRealtime } from "@shoal/server/testing";
import { initTRPC } from "@trpc/server";
import { expect, it } from "vitest";
import * as z from "zod";
import { quiet } from "../support/quiet.ts";

const todo = defineChannel(
  "todo",
  {
    params: z.object({ listId: z.string() }),
    state: z.object({ open: z.int() }),
    events: {
      added: z.object({ id: z.string(), text: z.string(), open: z.int() }),
      done: z.object({ id: z.string(), open: z.int() }),
    },
    commands: {
      add: { input: z.object({ text: z.string() }) },
      finish: { input: z.object({ id: z.string() }), rejections: { UNKNOWN: z.object({}), DONE: z.object({}) } },
    },
    queries: {
      open: {
        input: z.object({ listId: z.string() }),
        output: z.array(z.object({ id: z.string(), text: z.string() })),
      },
    },
  },
  {
    initial: () => ({ open: 0 }),
    apply: { added: (_state, { open }) => ({ open }), done: (_state, { open }) => ({ open }) },
  },
);

const tables = defineTables({ todo: z.object({ id: z.string(), list: z.string(), text: z.string(), done: z.int() }) }, [
  ({ schema }) => [
    schema
      .createTable("todo")
      .addColumn("id", "text", (column) => column.primaryKey())
      .addColumn("list", "text")
      .addColumn("text", "text"),
  ],
  ({ schema }) => [schema.alterTable("todo").addColumn("done", "integer", (column) => column.defaultTo(0))],
]);

const todos = serveChannel(todo, {
  tables,
  authorizeQuery: () => true,
  load: {
    finish: ({ read, input }) => read.selectFrom("todo").select("done").where("id", "=", input.id).executeTakeFirst(),
  },
  commands: {
    add: ({ state, input, commandId, emit }) =>
      emit("added", { id: commandId, text: input.text, open: state.open + 1 }),
    finish({ state, input: { id }, loaded, emit, reject }) {
      if (!loaded) return reject("UNKNOWN");
      if (loaded.done) return reject("DONE");
      emit("done", { id, open: state.open - 1 });
    },
  },
  async project(tx, changes) {
    for (const { params, events } of changes) {
      for (const { type, data } of events) {
        if (data.id === "poison") throw new Error("this row cannot be written");
        if (type === "done") await tx.updateTable("todo").set({ done: 1 }).where("id", "=", data.id).execute();
        else {
          const row = { id: data.id, list: params.listId, text: data.text, done: 0 };
          await tx.insertInto("todo").values(row).execute();
        }
      }
    }
  },
  queries: {
    open: ({ input, read }) =>
      read.selectFrom("todo").select(["id", "text"]).where("list", "=", input.listId).where("done", "=", 0).execute(),
  },
});

it("A load reads what the projection of the command before it wrote, also when many are sent at once", async () => {
  await using w = testRealtime({ channels: [todos] });
  const list = await w.as({ id: "ada" }).topic(todo, { listId: "1" });
  const outcomes = await Promise.all([
    list.send.add({ text: "wash" }, { commandId: "a" }),
    list.send.finish({ id: "a" }),
    list.send.finish({ id: "a" }),
    list.send.finish({ id: "b" }),
  ]);
  expect(outcomes).toEqual([
    { ok: true, offset: 1 },
    { ok: true, offset: 2 },
    { ok: false, reason: "DONE" },
    { ok: false, reason: "UNKNOWN" },
  ]);
  expect(list.state).toEqual({ open: 0 });
});

it("A projection that fails takes its own topic's commands with it, and nobody else's", async () => {
  await using w = testRealtime({ channels: [todos] });
  const [bad, good] = [w.system(todo, { listId: "bad" }), w.system(todo, { listId: "good" })];
  const [failed, done] = await Promise.allSettled([
    bad.send.add({ text: "no" }, { commandId: "poison" }),
    good.send.add({ text: "yes" }, { commandId: "fine" }),
  ]);
  expect(failed).toMatchObject({ status: "rejected", reason: { code: "SERVICE_UNAVAILABLE" } });
  expect(done).toEqual({ status: "fulfilled", value: { ok: true, offset: 1 } });
  expect(await w.log(todo, { listId: "bad" })).toEqual([]);
  expect(await bad.send.add({ text: "again" })).toEqual({ ok: true, offset: 1 });
});

it("A step of tables may insert rows with values of any kind", async () => {
  const seeded = defineTables({ seed: z.object({ note: z.string(), size: z.nullable(z.int()) }) }, [
    ({ schema }) => [schema.createTable("seed").addColumn("note", "text").addColumn("size", "integer")],
    (db) => [
      db.insertInto("seed").values([
        { note: "it's one; or ?", size: 1 },
        { note: "two", size: null },
      ]),
      db.updateTable("seed").set({ size: 2 }).where("note", "=", "two"),
    ],
  ]);
  const shelf = defineChannel(
    "shelf",
    {
      params: z.object({}),
      state: z.object({}),
      events: {},
      queries: { seeds: { output: z.array(z.object({ note: z.string(), size: z.nullable(z.int()) })) } },
    },
    { initial: () => ({}), apply: {} },
  );
  const t = initTRPC.context<{ user: User | null }>().create({ isDev: false });
  const { serveChannel: serve, createRealtime } = initRealtime({ t, user: (ctx) => ctx.user });
  const shelves = serve(shelf, {
    tables: seeded,
    queries: { seeds: ({ read }) => read.selectFrom("seed").selectAll().orderBy("note").execute() },
  });
  const realtime = createRealtime({ store: createMemoryStore(), channels: [shelves], logger: quiet });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => realtime.close());
  const caller = t.router({ realtime: realtime.router }).createCaller({ user: { id: "ann" } });
  expect(await caller.realtime.shelf.seeds()).toEqual([
    { note: "it's one; or ?", size: 1 },
    { note: "two", size: 2 },
  ]);
});
