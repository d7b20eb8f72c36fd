import { pgExecutor } from "@shoal/server/postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statementsFor } from "../../src/store/postgres/statements.ts";
import { request, show, topicNamed, write, writeAfter } from "../suites/store/write.ts";
import { storeSuite } from "../suites/store-suite.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { eventually, inTime } from "../support/recorder.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");

describe.skipIf(!hasPostgres)("Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose](), 60_000);
  const open = () => postgresStores(database.url);

  storeSuite("The Postgres store", open);
  storeSuite("The Postgres store that is not durable", () => postgresStores(database.url, { volatile: true }));

  describe("The Postgres store, whose topic another transaction holds,", () => {
    test("leaves it out and takes the others, or waits for it where it is told to", async () => {
      await using stores = await open();
      const { store } = stores;
      const other = await stores.another();
      const locks = [request(lobby, await store.head(lobby)), request(attic, await store.head(attic))];
      const held = Promise.withResolvers<void>();
      const holds = Promise.withResolvers<void>();
      const holder = store.transaction(locks.slice(0, 1), async ({ now }) => {
        holds.resolve();
        await held.promise;
        return [writeAfter(0, now, lobby, ["first"])];
      });
      await holds.promise;
      await other.transaction(locks, ({ topics, now }) => {
        expect([...topics.keys()]).toEqual([attic.id]);
        return [writeAfter(0, now, attic, ["meanwhile"])];
      });
      let waited = false;
      const waiter = other.transaction(
        locks,
        ({ topics, now }) => {
          waited = true;
          expect(topics.get(lobby.id)?.news).toMatchObject({ kind: "tail", events: [{ data: "first" }] });
          return [writeAfter(1, now, lobby, ["second"])];
        },
        { wait: true },
      );
      expect(waited).toBe(false);
      held.resolve();
      await Promise.all([holder, waiter]);
      expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["first", "second"]);
    });

    test("reads its clock after the lock, and not when it began to wait", async () => {
      await using stores = await open();
      const { store } = stores;
      const lock = request(lobby, await store.head(lobby));
      const holds = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const holder = store.transaction([lock], async () => {
        holds.resolve();
        await held.promise;
        return [];
      });
      await holds.promise;
      let now = 0;
      const waiter = store.transaction(
        [lock],
        (locked) => {
          now = locked.now;
          return [];
        },
        { wait: true },
      );
      const client = await stores.connect();
      const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      await eventually(async () => (await client.query(waiting)).rows.length > 0, "a transaction waits");
      const { now: released } = await store.look(null);
      held.resolve();
      await Promise.all([holder, waiter]);
      expect(now).toBeGreaterThanOrEqual(released);
    });

    test("keeps connections for others while many wait", async () => {
      await using stores = await postgresStores(database.url, { connections: 4 });
      const { store } = stores;
      const lock = request(lobby, await store.head(lobby));
      const holds = Promise.withResolvers<void>();
      const held = Promise.withResolvers<void>();
      const holder = store.transaction([lock], async () => {
        holds.resolve();
        await held.promise;
        return [];
      });
      await holds.promise;
      const waiters = Array.from({ length: 10 }, () => store.transaction([lock], () => [], { wait: true }));
      const other = request(attic, await store.head(attic));
      const meanwhile = store.transaction([other], ({ now }) => [writeAfter(0, now, attic, ["meanwhile"])]);
      await inTime(meanwhile, "a topic that nobody holds");
      held.resolve();
      await Promise.all([holder, ...waiters]);
    });

    test("says after a while what the reason may be", async () => {
      await using stores = await postgresStores(database.url, { timeoutMs: 700 });
      const { store } = stores;
      const lock = request(lobby, await store.head(lobby));
      const client = await stores.connect();
      await write(store, lobby, ["a"]);
      await client.query(`BEGIN; SELECT * FROM ${stores.schema}.heads FOR UPDATE`);
      const waiting = store.transaction([lock], () => [], { wait: true });
      await expect(waiting).rejects.toMatchObject({
        code: "SERVICE_UNAVAILABLE",
        message: expect.stringContaining("stayed locked by another transaction"),
      });
      await client.query("ROLLBACK");
      await write(store, lobby, ["b"]);
    });
  });

  describe("The Postgres store, looked at,", () => {
    test("finds a transaction that committed late, after one that began later", async () => {
      await using stores = await open();
      const { store } = stores;
      await write(store, attic, ["a"]);
      const late = await stores.connect();
      const lock = request(lobby, await store.head(lobby));
      await late.query("BEGIN");
      await store.transaction([lock], ({ now }) => [writeAfter(0, now, lobby, ["late"])], { within: pgExecutor(late) });
      const { mark } = await store.look(null);
      await write(store, attic, ["b"]);
      const second = await store.look(mark);
      expect(second.changed.map(({ id }) => id)).toEqual([attic.id]);
      await late.query("COMMIT");
      const third = await store.look(second.mark);
      expect(third.changed.map(({ id }) => id)).toEqual([lobby.id]);
      expect((await store.look(third.mark)).changed).toEqual([]);
    });

    test("tells every topic to who looked too long ago to be told what changed since", async () => {
      await using stores = await open();
      const { store, name } = stores;
      const client = await stores.connect();
      await write(store, lobby, ["a"]);
      const old = await store.look(null);
      await write(store, attic, ["a"]);
      await write(store, attic, ["b"]);
      const recent = await store.look(old.mark);
      expect(recent.changed.map(({ id }) => id)).toEqual([attic.id]);
      const { rows } = await client.query("SELECT pg_current_snapshot()::text AS snapshot");
      await client.query(statementsFor(name).forgetChanges.text, [rows[0]?.snapshot]);
      await write(store, attic, ["c"]);
      expect((await store.look(recent.mark)).changed.map(({ id }) => id)).toEqual([attic.id]);
      expect((await store.look(old.mark)).changed.map(({ id }) => id).toSorted()).toEqual([attic.id, lobby.id]);
    });

    test("tells every topic when the store became another one", async () => {
      await using stores = await open();
      const { store } = stores;
      await write(store, lobby, ["a"]);
      await write(store, attic, ["a", "b"]);
      const { mark } = await store.look(null);
      const other = await stores.another();
      await other.newEpoch();
      const { changed } = await store.look(mark);
      const heads = [
        { id: lobby.id, ...(await store.head(lobby)) },
        { id: attic.id, ...(await store.head(attic)) },
      ];
      expect(changed).toEqual(expect.arrayContaining(heads));
      expect(changed).toHaveLength(2);
    });

    test("goes by its indexes where there are many topics", async () => {
      await using stores = await open();
      const { store, schema } = stores;
      await write(store, lobby, ["a"]);
      const client = await stores.connect();
      await client.query(`WITH t AS (INSERT INTO ${schema}.topics (key, channel, params)
          SELECT 'topic ' || n, 'notes', '{}' FROM generate_series(1, 10000) n RETURNING id)
        INSERT INTO ${schema}.heads (topic, next_due, timers)
          SELECT id, CASE WHEN id % 2 = 0 THEN 9e15 END, '[]' FROM t;
        INSERT INTO ${schema}.changes SELECT (n % 500)::text::xid8, ARRAY[n] FROM generate_series(1, 10000) n;
        INSERT INTO ${schema}.effects (id, source, channel, params, command, input, due, attempts, status)
          SELECT 'effect ' || n, 'lobby', 'notes', '{}', 'sweep', '{}', 0, 6, 'parked' FROM generate_series(1, 10000) n;
        ANALYZE ${schema}.heads; ANALYZE ${schema}.topics; ANALYZE ${schema}.changes; ANALYZE ${schema}.effects`);
      const { mark } = await store.look(null);
      await write(store, lobby, ["b"], { timers: [{ ...timer, due: 1 }] });
      const look = await store.look(mark);
      expect(look).toMatchObject({ changed: [{ id: lobby.id }], due: [lobby] });
      await client.query("SET plan_cache_mode = force_generic_plan");
      await client.query(`PREPARE look AS ${statementsFor(stores.name).look.text}`);
      const { rows } = await client.query("EXPLAIN EXECUTE look('10007:10007:', '1000', 'notes')");
      const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
      expect(plan).toMatch(/(Bitmap Index Scan on|Index Scan using) changes_xid/);
      expect(plan).toContain("Index Scan using heads_next_due");
      expect(plan).toContain("Index Scan using effects_armed");
      expect(plan).not.toContain("Seq Scan");
    });
  });

  test("Two Postgres stores that write to the same topics in turn lose nothing, and each learns what the other wrote", async () => {
    await using stores = await open();
    const both = [stores.store, await stores.another()];
    const topics = Array.from({ length: 5 }, (_, index) => topicNamed(`topic-${index}`));
    const { mark } = await stores.store.look(null);
    const writers = both.flatMap((store) =>
      topics.map(async (topic) => {
        for (let count = 0; count < 20; count += 1) await write(store, topic, [count]);
      }),
    );
    await Promise.all(writers);
    const { changed } = await stores.store.look(mark);
    for (const topic of topics) {
      const { epoch, events } = await stores.store.load(topic);
      expect(events.map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
      expect(changed).toContainEqual({ id: topic.id, epoch, offset: 40 });
      const { news } = await show(stores.store, request(topic, { epoch, offset: 30 }));
      expect(news).toEqual({ kind: "tail", events: events.slice(30) });
    }
  });

  test("A Postgres store never writes to a topic by the row of another one, though the database was put in place of another", async () => {
    await using stores = await open();
    const { store, schema } = stores;
    await write(store, lobby, ["a"]);
    await write(store, attic, ["a"]);
    const client = await stores.connect();
    await client.query(`TRUNCATE ${schema}.topics, ${schema}.heads, ${schema}.events, ${schema}.records RESTART IDENTITY;
      UPDATE ${schema}.meta SET value = 'another' WHERE key = 'identity'`);
    const other = await stores.another();
    await write(other, attic, ["of attic"]);
    await write(store, lobby, ["of lobby"]);
    expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["of lobby"]);
    expect((await store.load(attic)).events.map(({ data }) => data)).toEqual(["of attic"]);
  });
});

const timer = {
  name: "end",
  at: 1,
  due: 1,
  command: "end",
  input: {},
  armedAt: 1,
  attempts: 0,
  status: "armed",
  version: 1,
} as const;
