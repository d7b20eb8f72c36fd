import { createPostgresStore, pgExecutor } from "@shoal/server/postgres";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { request, topicNamed, write, writeAfter } from "../suites/store/write.ts";
import { hasPostgresServer, startPostgres, type TestServer } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { eventually } from "../support/recorder.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");
const silent = { warn: () => {} };

describe.skipIf(!hasPostgresServer)("The Postgres store that is not durable", { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(() => server[Symbol.asyncDispose]());
  const open = () => postgresStores(server.url, { logger: silent, volatile: true });

  test("has unlogged tables for all but their version", async () => {
    await using stores = await open();
    const client = await stores.connect();
    const { rows } = await client.query(
      `SELECT relname, relpersistence FROM pg_class WHERE relnamespace = to_regnamespace($1) AND relkind = 'r'`,
      [stores.schema],
    );
    const kinds = Object.fromEntries(rows.map(({ relname, relpersistence }) => [relname, relpersistence]));
    const logs = ["changes", "effects", "events", "heads", "records", "revocations", "snapshots", "topics"];
    const unlogged = [...logs, "identity"];
    expect(kinds).toEqual({ meta: "p", ...Object.fromEntries(unlogged.map((name) => [name, "u"])) });
  });

  test("waits for no disk, and leaves the application's transaction as durable as it was", async () => {
    await using stores = await open();
    const { store } = stores;
    const client = await stores.connect();
    // A deferred trigger sees what holds when the transaction commits.
    await client.query(`CREATE TABLE ${stores.schema}.commits (setting text);
      CREATE FUNCTION ${stores.schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO ${stores.schema}.commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON ${stores.schema}.heads DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION ${stores.schema}.note()`);
    await write(store, lobby, ["a"]);
    for (const setting of ["on", "local"]) {
      const { offset, epoch } = await store.head(lobby);
      await client.query(`BEGIN; SET LOCAL synchronous_commit TO ${setting}`);
      const decide = ({ now }: { now: number }) => [writeAfter(offset, now, lobby, ["b"])];
      await store.transaction([request(lobby, { epoch, offset })], decide, { within: pgExecutor(client) });
      await client.query("COMMIT");
    }
    const settings = (await client.query(`SELECT * FROM ${stores.schema}.commits`)).rows;
    expect(settings).toEqual([{ setting: "off" }, { setting: "on" }, { setting: "local" }]);
  });

  test("uses the connections of the durable one", async () => {
    const url = `${server.url}&application_name=shared`;
    await using stack = new AsyncDisposableStack();
    const main = createPostgresStore({ connectionString: url, schema: "shared", connections: 1 });
    stack.defer(() => main.close());
    await main.open();
    await main.volatile().open();
    await Promise.all([write(main, lobby, ["a"]), write(main.volatile(), lobby, ["b"])]);
    const { rows } = await main.sql.query(
      "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shared'",
      [],
    );
    expect(rows).toEqual([{ count: 1 }]);
  });

  test("and the durable one refuse each other's schema, and a name that Postgres would cut off", async () => {
    await using stores = await open();
    const asDurable = createPostgresStore({ connectionString: server.url, schema: `${stores.name}_volatile` });
    await expect(asDurable.open()).rejects.toThrow("holds the unlogged tables of a Shoal, and is to hold durable ones");
    await using taken = await postgresStores(server.url, { schema: "taken_volatile" });
    await write(taken.store, lobby, ["a"]);
    const other = await taken.another({ schema: "taken" });
    await expect(other.volatile().open()).rejects.toThrow("holds the durable tables of a Shoal");
    const long = createPostgresStore({ schema: "s".repeat(55) });
    expect(() => long.volatile()).toThrow(expect.objectContaining({ code: "BAD_REQUEST" }));
    createPostgresStore({ schema: "s".repeat(54) }).volatile();
  });

  test("is brought forward by one who opens it after a crash", async () => {
    await using stores = await open();
    await write(stores.store, lobby, ["a"]);
    await server.crash();
    const store = await stores.another();
    expect(await store.load(lobby)).toMatchObject({ snapshot: null, events: [] });
    await write(store, lobby, ["b"]);
  });

  test.each(["kill", "crash"] as const)(
    "is an empty one after a %s of the server: the same one to every node, with other epochs, of which each look hears",
    async (how) => {
      await using stores = await open();
      const nodes = [stores.store, await stores.another()];
      await write(stores.store, lobby, ["a", "b"]);
      for (const node of nodes) await write(node, attic, ["a"]);
      const before = await Promise.all([lobby, attic].map((topic) => stores.store.head(topic)));
      const marks = await Promise.all(nodes.map(async (node) => (await node.look(null)).mark));
      await server[how]();
      const between = await eventuallyAsked(() => stores.store.head(lobby));
      await server[how]();
      const heads = await Promise.all(nodes.map((node) => eventuallyAsked(() => node.head(lobby))));
      expect(heads[0]).toEqual(heads[1]);
      expect(heads[0]).toMatchObject({ offset: 0 });
      expect([...before, between].map(({ epoch }) => epoch)).not.toContain(heads[0]?.epoch);
      // The ids of rows are given out again: these are not the topics that the nodes remember by them.
      await write(stores.store, attic, ["of attic"]);
      const looks = await Promise.all(nodes.map((node, index) => node.look(marks[index] ?? null)));
      for (const [index, { mark, renewed, changed }] of looks.entries()) {
        expect([renewed, changed]).toEqual([true, [{ id: attic.id, ...(await stores.store.head(attic)) }]]);
        expect(await nodes[index]?.look(mark)).toMatchObject({ renewed: false, changed: [] });
      }
      for (const [index, node] of nodes.entries()) await write(node, lobby, [`of lobby ${index}`]);
      expect((await stores.store.load(attic)).events.map(({ data }) => data)).toEqual(["of attic"]);
      const { events } = await stores.store.load(lobby);
      expect(events.map(({ data, offset }) => [offset, data])).toEqual([
        [1, "of lobby 0"],
        [2, "of lobby 1"],
      ]);
    },
  );

  test("joins a transaction of the application after a crash, though its topics were remembered", async () => {
    await using stores = await open();
    const { store } = stores;
    await write(store, lobby, ["a"]);
    const known = await store.head(lobby);
    await server.crash();
    const client = new Client({ connectionString: server.url });
    await client.connect();
    await client.query("BEGIN");
    const decide = ({ now }: { now: number }) => [writeAfter(0, now, lobby, ["b"])];
    await store.transaction([request(lobby, known)], decide, { within: pgExecutor(client) });
    await client.query("COMMIT");
    await client.end();
    expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["b"]);
  });

  test("does not let a durable look miss what was written under transaction ids that a crash gave out again", async () => {
    await using stores = await postgresStores(server.url, { logger: silent });
    const { store } = stores;
    const volatile = store.volatile();
    await volatile.open();
    await write(store, lobby, ["a"]);
    const client = await stores.connect();
    await client.query("CHECKPOINT");
    for (let count = 0; count < 50; count += 1) await write(volatile, attic, [count]);
    const { mark } = await store.look(null);
    const xmax = async (): Promise<number> =>
      Number((await store.sql.query("SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax", [])).rows[0]?.xmax);
    const before = await xmax();
    await server.crash();
    await eventuallyAsked(() => store.head(lobby));
    const other = await stores.another();
    await write(other, lobby, ["b"]);
    expect(await xmax(), "the crash gives ids out again").toBeLessThanOrEqual(before);
    expect((await store.look(mark)).changed).toContainEqual({ id: lobby.id, ...(await store.head(lobby)) });
  });
});

/** The answer, as soon as the store has noticed that its connections broke. */
async function eventuallyAsked<R>(ask: () => Promise<R>): Promise<R> {
  const answers: R[] = [];
  await eventually(
    () =>
      ask().then(
        (answer) => answers.push(answer) > 0,
        () => false,
      ),
    "the store answers",
    20_000,
  );
  return answers[0] as R;
}
