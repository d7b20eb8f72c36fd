import { defineChannel } from "@shoal/contract";
import { defineTables, initRealtime, serveChannel, system, topicRef } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { initTRPC } from "@trpc/server";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { type Transactions, waysToTransact } from "../support/executors.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { Recorder } from "../support/recorder.ts";

const stock = defineChannel(
  "stock",
  {
    params: z.object({ itemId: z.string() }),
    state: z.object({ left: z.int(), moves: z.int() }),
    events: { moved: z.object({ by: z.int(), moves: z.int() }) },
    commands: {
      move: { input: z.object({ by: z.int() }), rejections: { TOO_FEW: z.object({ left: z.int() }) } },
      moveBadly: {},
    },
  },
  {
    initial: () => ({ left: 10, moves: 0 }),
    apply: { moved: ({ left }, { by, moves }) => ({ left: left + by, moves }) },
  },
);

const tables = defineTables({ stock_move: z.object({ item: z.string(), by: z.int(), code: z.string() }) }, [
  ({ schema }) => [
    schema.createTable("stock_move").addColumn("item", "text").addColumn("by", "bigint").addColumn("code", "text"),
  ],
]);

/** A channel that counts its moves in a table of its own, and decides with what the table says. */
function serveStocks(affected: bigint[]) {
  return serveChannel(stock, {
    tables,
    load: {
      async move({ read, params }) {
        const moves = read.selectFrom("stock_move").where("item", "=", params.itemId);
        const { count } = await moves.select(sql<number>`count(*)`.as("count")).executeTakeFirstOrThrow();
        const { one, huge, code } = await sql<{ one: number; huge: string; code: string }>`
          SELECT 1::bigint AS one, 9007199254740993::bigint AS huge, '42' AS code`
          .execute(read)
          .then(({ rows: [row] }) => row ?? { one: 0, huge: "", code: "" });
        return { count, one, huge: String(huge), code };
      },
      async moveBadly({ read }) {
        await sql`SELECT nothing FROM nowhere`.execute(read);
      },
    },
    commands: {
      move({ state, input: { by }, loaded, emit, reject }) {
        expect(loaded).toMatchObject({ one: 1, huge: "9007199254740993", code: "42" });
        if (state.left + by < 0) reject("TOO_FEW", { left: state.left });
        emit("moved", { by, moves: loaded.count + 1 });
      },
      moveBadly: () => {},
    },
    async project(tx, changes) {
      for (const { params, events } of changes) {
        for (const { data } of events) {
          const row = { item: params.itemId, by: data.by, code: "new" };
          const { numInsertedOrUpdatedRows } = await tx.insertInto("stock_move").values(row).executeTakeFirstOrThrow();
          const moves = tx.updateTable("stock_move").set({ code: "seen" }).where("item", "=", params.itemId);
          const { numUpdatedRows } = await moves.executeTakeFirstOrThrow();
          affected.push(numInsertedOrUpdatedRows ?? 0n, numUpdatedRows);
        }
      }
    },
  });
}

describe.skipIf(!hasPostgres).each(Object.entries(waysToTransact))("A transaction of %s", (_way, open) => {
  let database: TestDatabase;
  let transactions: Transactions;
  beforeAll(async () => {
    database = await openDatabase();
    transactions = open(database.url);
    await transactions.transact(async ({ run }) => await run("CREATE TABLE orders (id int)"));
  });
  afterAll(async () => {
    await transactions[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  /** The application, and what a subscriber of an item sees. */
  async function start(itemId: string) {
    const store = createPostgresStore({ connectionString: database.url, logger: quiet, timeoutMs: 500 });
    const affected: bigint[] = [];
    const { createRealtime } = initRealtime({ t: initTRPC.create(), user: () => null });
    const realtime = createRealtime({ channels: [serveStocks(affected)], store, logger: quiet, lookMs: 10 });
    const item = realtime.topic(stock, { itemId }).as(system);
    const frames = new Recorder<unknown>();
    const reading = (async () => {
      for await (const { frame } of item.subscribe()) frames.push(frame);
    })().catch(() => {});
    await frames.count(1);
    return {
      item,
      frames,
      affected,
      orders: async () => (await store.sql.query("SELECT count(*) AS count FROM orders", [])).rows[0]?.count,
      moves: async () =>
        (await store.sql.query("SELECT by, code FROM stock_move WHERE item = $1 ORDER BY by", [itemId])).rows,
      head: () => store.head(topicRef("stock", null, { itemId })),
      async [Symbol.asyncDispose]() {
        await realtime.close();
        await reading;
      },
    };
  }

  test("shows subscribers the event once it has committed, and writes the channel's tables with it", async () => {
    await using app = await start("committed");
    const ordered = await app.orders();
    const outcomes = await transactions.transact(async ({ tx, run }) => {
      await run("INSERT INTO orders VALUES (1)");
      const first = await app.item.send.move({ by: -3 }, { tx });
      expect(await app.head()).toMatchObject({ offset: 0 });
      return [first, await app.item.send.move({ by: -2 }, { tx })];
    });
    expect(outcomes).toMatchObject([
      { ok: true, offset: 1 },
      { ok: true, offset: 2 },
    ]);
    await app.frames.first((frame) => JSON.stringify(frame).includes('"to":2'));
    expect(await app.item.state()).toEqual({ left: 5, moves: 2 });
    expect(await app.moves()).toEqual([
      { by: -3, code: "seen" },
      { by: -2, code: "seen" },
    ]);
    expect(app.affected).toEqual([1n, 1n, 1n, 2n]);
    expect(await app.orders()).toBe(Number(ordered) + 1);
  });

  test("leaves nothing when it rolls back", async () => {
    await using app = await start("rolled back");
    const ordered = await app.orders();
    const fault = new Error("the payment failed");
    const failing = transactions.transact(async ({ tx, run }) => {
      await run("INSERT INTO orders VALUES (2)");
      expect(await app.item.send.move({ by: -3 }, { tx })).toMatchObject({ ok: true, offset: 1 });
      throw fault;
    });
    await expect(failing).rejects.toBe(fault);
    expect(await app.orders()).toBe(ordered);
    expect(await app.moves()).toEqual([]);
    expect(await app.item.send.move({ by: -1 })).toMatchObject({ ok: true, offset: 1 });
    await app.frames.first((frame) => JSON.stringify(frame).includes('"to":1'));
    expect(await app.item.state()).toEqual({ left: 9, moves: 1 });
    expect(app.frames.items).toMatchObject([{ kind: "snapshot" }, { kind: "events", from: 1, to: 1 }]);
  });

  test("goes on after a rejection, which it does not take back", async () => {
    await using app = await start("rejected");
    await transactions.transact(async ({ tx }) => {
      expect(await app.item.send.move({ by: -30 }, { tx })).toEqual({ ok: false, reason: "TOO_FEW", left: 10 });
      expect(await app.item.send.move({ by: -3 }, { tx })).toMatchObject({ ok: true });
    });
    expect(await app.head()).toMatchObject({ offset: 1 });
  });

  test("goes on after a command whose statement failed, and commits the rest", async () => {
    await using app = await start("failed");
    await transactions.transact(async ({ tx }) => {
      await expect(app.item.send.moveBadly({}, { tx })).rejects.toThrow();
      expect(await app.item.send.move({ by: -3 }, { tx })).toMatchObject({ ok: true, offset: 1 });
    });
    expect(await app.head()).toMatchObject({ offset: 1 });
  });

  test("that holds a topic for too long is told of to who waits for it, as what may be tried again", async () => {
    await using app = await start("held");
    await transactions.transact(async ({ tx }) => {
      await app.item.send.move({ by: -1 }, { tx });
      const waiting = transactions.transact((other) => app.item.send.move({ by: -2 }, { tx: other.tx }));
      await expect(waiting).rejects.toMatchObject({
        code: "SERVICE_UNAVAILABLE",
        message: expect.stringContaining("A topic stayed locked by another transaction"),
      });
    });
    expect(await app.head()).toMatchObject({ offset: 1 });
  });

  test("passes on values as they are, and a bigint as a number where it is a safe one", async () => {
    const { rows, affected } = await transactions.transact(async ({ tx }) => {
      const answer = await tx.query(
        `SELECT $2::text AS second, $1::int AS first, $2::text || $1::text AS both, 3::bigint AS three, -9007199254740991::bigint AS least,
           NULL::bigint AS nothing, '7' AS seven, true AS yes, '{"a":[1]}'::jsonb AS json`,
        [1, "it's $1"],
      );
      return "affected" in answer ? answer : { rows: answer, affected: -1 };
    });
    expect(rows).toEqual([
      {
        second: "it's $1",
        first: 1,
        both: "it's $11",
        three: 3,
        least: Number.MIN_SAFE_INTEGER,
        nothing: null,
        seven: "7",
        yes: true,
        json: { a: [1] },
      },
    ]);
    expect(affected).toBe(1);
  });

  test.each([
    ["INSERT INTO orders VALUES ($1), ($1)", 2, 0],
    ["INSERT INTO orders VALUES ($1) RETURNING id", 1, 1],
    ["WITH new (id) AS (SELECT $1::int) INSERT INTO orders SELECT id FROM new", 1, 0],
    ["WITH new AS (INSERT INTO orders VALUES ($1) RETURNING id) SELECT id FROM new", 1, 1],
    ["UPDATE orders SET id = 1 WHERE id = $1 AND 'returning' <> '(''' -- returning", 0, 0],
  ])("tells how many rows a statement affected: %s", async (statement, affected, rows) => {
    const fault = new Error("rolled back");
    const failing = transactions.transact(async ({ tx }) => {
      const answer = await tx.query(statement, [77]);
      expect(answer).toMatchObject({ affected, rows: Array(rows).fill({ id: 77 }) });
      throw fault;
    });
    await expect(failing).rejects.toBe(fault);
  });
});
