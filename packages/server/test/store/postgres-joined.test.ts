import { pgExecutor } from "@shoal/server/postgres";
import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lockedHead, request, topicNamed, write, writeAfter } from "../suites/store/write.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { type PostgresStores, postgresStores } from "../support/postgres-stores.ts";
import { eventually } from "../support/recorder.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");

describe.skipIf(!hasPostgres)("The Postgres store, in a transaction of the application,", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose]());
  const open = (options = {}) => postgresStores(database.url, options);

  test("writes what is found once the application has committed, and not before", async () => {
    await using stores = await open();
    const { store } = stores;
    const client = await stores.connect();
    await client.query(`CREATE TABLE ${stores.schema}.orders (id int)`);
    const { mark } = await store.look(null);
    await client.query("BEGIN");
    await client.query(`INSERT INTO ${stores.schema}.orders VALUES (1)`);
    await join(stores, client, ["placed"]);
    await write(store, attic, ["meanwhile"]);
    const before = await store.look(mark);
    expect(before.changed.map(({ id }) => id)).toEqual([attic.id]);
    expect(await store.head(lobby)).toMatchObject({ offset: 0 });
    await client.query("COMMIT");
    const after = await store.look(before.mark);
    expect(after.changed).toEqual([{ id: lobby.id, ...(await store.head(lobby)) }]);
    expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["placed"]);
  });

  test("leaves nothing when the application rolls back, and the offset is given out again", async () => {
    await using stores = await open();
    const { store } = stores;
    const client = await stores.connect();
    const { mark } = await store.look(null);
    await client.query("BEGIN");
    await join(stores, client, ["withdrawn"]);
    await client.query("ROLLBACK");
    expect((await store.look(mark)).changed).toEqual([]);
    await write(store, lobby, ["placed"]);
    expect(await store.load(lobby)).toMatchObject({ events: [{ offset: 1, data: "placed" }] });
  });

  test("goes on from what the same transaction wrote before", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await write(stores.store, lobby, ["a"]);
    await client.query("BEGIN");
    await join(stores, client, ["b"]);
    await join(stores, client, ["c", "d"]);
    await client.query("COMMIT");
    expect((await stores.store.load(lobby)).events.map(({ data }) => data)).toEqual(["a", "b", "c", "d"]);
  });

  test("waits for whoever holds the topic, and goes on from what they wrote", async () => {
    await using stores = await open();
    const [first, second] = [await stores.connect(), await stores.connect()];
    await first.query("BEGIN");
    await second.query("BEGIN");
    await join(stores, first, ["first"]);
    const waiter = join(stores, second, ["second"]);
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await eventually(async () => (await first.query(waiting)).rows.length > 0, "the second waits");
    await first.query("COMMIT");
    await waiter;
    await second.query("COMMIT");
    expect((await stores.store.load(lobby)).events.map(({ data }) => data)).toEqual(["first", "second"]);
  });

  test("leaves the application's settings as they are, but for a commit that is durable", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await client.query("SET synchronous_commit = off");
    await client.query("BEGIN; SET LOCAL lock_timeout = '17s'");
    await join(stores, client, ["a"]);
    const shown = async (name: string) => (await client.query(`SHOW ${name}`)).rows[0]?.[name];
    expect(await shown("lock_timeout")).toBe("17s");
    expect(await shown("synchronous_commit")).toBe("on");
    await client.query("COMMIT");
    expect(await shown("lock_timeout")).toBe("0");
    expect(await shown("synchronous_commit")).toBe("off");
  });

  test.each(["REPEATABLE READ", "SERIALIZABLE"])("refuses one that is %s", async (level) => {
    await using stores = await open();
    const client = await stores.connect();
    await client.query(`BEGIN ISOLATION LEVEL ${level}`);
    await expect(join(stores, client, ["a"])).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: `Shoal cannot join this transaction: it is ${level}. Begin it as READ COMMITTED.`,
    });
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  test("refuses one that was not begun", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await expect(join(stores, client, ["a"])).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("has not begun"),
    });
    expect(await stores.store.head(lobby)).toMatchObject({ offset: 0 });
  });

  test("refuses one on another database", async () => {
    await using stores = await open();
    await using elsewhere = await openDatabase();
    await using others = await postgresStores(elsewhere.url, { schema: stores.name });
    await write(others.store, attic, ["a"]);
    const client = await others.connect();
    await client.query("BEGIN");
    await expect(join(stores, client, ["a"])).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("is on another database than the store"),
    });
  });

  test("says what the reason may be when a topic stays locked", async () => {
    await using stores = await open({ timeoutMs: 500 });
    const [first, second] = [await stores.connect(), await stores.connect()];
    await first.query("BEGIN");
    await second.query("BEGIN");
    await join(stores, first, ["a"]);
    await expect(join(stores, second, ["b"])).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      message: expect.stringMatching(/stayed locked .* send it with `tx`.* opposite orders/),
    });
    await second.query("ROLLBACK");
    await first.query("COMMIT");
    expect(await stores.store.head(lobby)).toMatchObject({ offset: 1 });
  });

  test("reads and projects in it, and tells how many rows that affected", async () => {
    await using stores = await open();
    const client = await stores.connect();
    const orders = `${stores.schema}.orders`;
    await client.query(`CREATE TABLE ${orders} (id bigint)`);
    await client.query(`BEGIN; INSERT INTO ${orders} VALUES (1)`);
    const lock = request(lobby, await stores.store.head(lobby));
    await stores.store.transaction(
      [lock],
      async ({ sql, now }) => {
        await expect(sql.query("SELECT nothing FROM nowhere", [])).rejects.toMatchObject({ code: "42P01" });
        expect((await sql.query(`SELECT id FROM ${orders}`, [])).rows).toEqual([{ id: 1 }]);
        return [writeAfter(0, now, lobby, ["placed"])];
      },
      {
        within: pgExecutor(client),
        project: async (sql) => {
          const inserted = [1, 2].map((id) => sql.query(`INSERT INTO ${orders} VALUES ($1)`, [id]));
          expect((await Promise.all(inserted)).map(({ affected }) => affected)).toEqual([1, 1]);
        },
      },
    );
    expect(await stores.store.head(lobby)).toMatchObject({ offset: 0 });
    await client.query("COMMIT");
    expect(await stores.store.head(lobby)).toMatchObject({ offset: 1 });
    expect((await stores.store.sql.query(`SELECT count(*) AS count FROM ${orders}`, [])).rows).toEqual([{ count: 3 }]);
  });

  test.each(["SELECT 1", "SELECT nothing FROM nowhere"])(
    "leaves nothing when it cannot project, though the application commits: %s",
    async (statement) => {
      await using stores = await open();
      const client = await stores.connect();
      await client.query(`CREATE TABLE ${stores.schema}.orders (id int)`);
      await client.query(`BEGIN; INSERT INTO ${stores.schema}.orders VALUES (1)`);
      const fault = new Error("it cannot be projected");
      const failing = stores.store.transaction(
        [request(lobby, await stores.store.head(lobby))],
        ({ now }) => [writeAfter(0, now, lobby, ["placed"])],
        {
          within: pgExecutor(client),
          project: async (sql) => {
            await sql.query(statement, []).catch(() => {});
            throw fault;
          },
        },
      );
      await expect(failing).rejects.toBe(fault);
      await client.query("COMMIT");
      expect(await stores.store.head(lobby)).toMatchObject({ offset: 0 });
      expect((await client.query(`SELECT id FROM ${stores.schema}.orders`)).rows).toEqual([{ id: 1 }]);
    },
  );

  test("lets the error of a decision out as it is, and writes nothing", async () => {
    await using stores = await open();
    const client = await stores.connect();
    const fault = new Error("the decision failed");
    await client.query("BEGIN");
    const thrown = stores.store.transaction(
      [request(lobby, await stores.store.head(lobby))],
      () => {
        throw fault;
      },
      { within: pgExecutor(client) },
    );
    await expect(thrown).rejects.toBe(fault);
    await client.query("COMMIT");
    expect(await stores.store.head(lobby)).toMatchObject({ offset: 0 });
  });
});

/** Writes to the lobby in a transaction that somebody else began. */
async function join({ store }: PostgresStores, client: Client, data: readonly unknown[]): Promise<void> {
  const lock = request(lobby, await store.head(lobby));
  const within = pgExecutor(client);
  await store.transaction([lock], (locked) => [writeAfter(lockedHead(lock, locked), locked.now, lobby, data)], {
    within,
  });
}
