import type { Sql } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { Pool } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { versionsIn, writeOfVersion } from "../suites/store/versions.ts";
import { request, topicNamed, write } from "../suites/store/write.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";

const lobby = topicNamed("lobby");

describe.skipIf(!hasPostgres)("The Postgres store, opened,", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose](), 60_000);
  const open = () => postgresStores(database.url);

  test("makes its schema once, whoever comes first", async () => {
    await using stack = new AsyncDisposableStack();
    const options = { connectionString: database.url, schema: "Raced for" };
    const stores = Array.from({ length: 5 }, () => createPostgresStore(options));
    for (const store of stores) stack.defer(() => store.close());
    await Promise.all(stores.map((store) => store.open()));
    const heads = await Promise.all(stores.map((store) => store.head(lobby)));
    expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(1);
  });

  test("refuses a schema of a newer version, and leaves it as it is", async () => {
    await using stores = await open();
    await write(stores.store, lobby, ["a"]);
    const client = await stores.connect();
    const { rows } = await client.query(`SELECT value FROM ${stores.schema}.meta WHERE key = 'version'`);
    await client.query(`UPDATE ${stores.schema}.meta SET value = '99' WHERE key = 'version'`);
    await expect(stores.another()).rejects.toThrow(/is of version 99, this Shoal knows \d+\. Update Shoal/);
    await client.query(`UPDATE ${stores.schema}.meta SET value = $1 WHERE key = 'version'`, [rows[0]?.value]);
    expect(await (await stores.another()).head(lobby)).toMatchObject({ offset: 1 });
  });

  test("takes what was written before there were versions for version 1", async () => {
    await using stores = await open();
    await writeOfVersion(stores.store, 7);
    const client = await stores.connect();
    const { schema } = stores;
    for (const table of ["events", "snapshots", "records", "effects"]) {
      await client.query(`ALTER TABLE ${schema}.${table} DROP COLUMN version`);
    }
    await client.query(`ALTER TABLE ${schema}.events DROP COLUMN redacts, DROP COLUMN redacted;
      ALTER TABLE ${schema}.effects DROP COLUMN redacted; ALTER TABLE ${schema}.heads DROP COLUMN generation, DROP COLUMN derived;
      DROP TABLE ${schema}.revocations`);
    await client.query(`UPDATE ${schema}.heads SET timers = replace(timers, ',"version":7', '')`);
    await client.query(`UPDATE ${schema}.meta SET value = '1' WHERE key = 'version'`);
    expect(await versionsIn(await stores.another())).toEqual([1, 1, 1, 1, 1]);
    await writeOfVersion(stores.store, 8);
    expect(await versionsIn(stores.store)).toEqual([1, 8, 8, 8, 8]);
  });

  test("needs no right to make a schema that is there", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await client.query(`CREATE ROLE restricted LOGIN; GRANT USAGE ON SCHEMA ${stores.schema} TO restricted;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${stores.schema} TO restricted;
      GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${stores.schema} TO restricted`);
    const url = new URL(database.url);
    url.username = "restricted";
    const store = await stores.another({ connectionString: url.href });
    await write(store, lobby, ["a"]);
    expect((await store.look(null)).changed).toEqual([]);
  });

  test("uses the pool of the application and leaves it open, and commits durably even so", async () => {
    await using stores = await open();
    await using stack = new AsyncDisposableStack();
    const pool = new Pool({ connectionString: database.url, options: "-c synchronous_commit=off", max: 3 });
    stack.defer(() => pool.end());
    const store = await stores.another({ pool });
    const client = await stores.connect();
    // A deferred trigger sees what holds when the transaction commits.
    await client.query(`CREATE TABLE ${stores.schema}.commits (setting text);
      CREATE FUNCTION ${stores.schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO ${stores.schema}.commits VALUES (current_setting('synchronous_commit')); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON ${stores.schema}.heads DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION ${stores.schema}.note()`);
    await write(store, lobby, ["a"]);
    expect((await client.query(`SELECT * FROM ${stores.schema}.commits`)).rows).toEqual([{ setting: "on" }]);
    await store.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });

  test("makes the tables of a channel where the connection's search_path says", async () => {
    await using stores = await open();
    const { store, schema } = stores;
    const client = await stores.connect();
    await store.migrate("of channels", [[{ sql: "CREATE TABLE of_channels (id int)", params: [] }]]);
    const { rows } = await client.query("SELECT schemaname FROM pg_tables WHERE tablename = 'of_channels'");
    expect(rows).toEqual([{ schemaname: "public" }]);
    const meta = await client.query(`SELECT value FROM ${schema}.meta WHERE key = 'tables:of channels'`);
    expect(meta.rows).toEqual([{ value: "1" }]);
  });

  test("does not let SQL be used beyond its transaction", async () => {
    await using stores = await open();
    const { store } = stores;
    let kept: Sql | undefined;
    await store.transaction([request(lobby, await store.head(lobby))], ({ sql }) => {
      kept = sql;
      return [];
    });
    await expect(kept?.query("SELECT 1", [])).rejects.toThrow(/has ended/);
  });

  test("is not disturbed by topics that come from a backup of another server", async () => {
    await using stores = await open();
    await write(stores.store, lobby, ["a"]);
    const client = await stores.connect();
    await client.query(`UPDATE ${stores.schema}.changes SET xid = '99999999999'`);
    const store = await stores.another();
    const { mark } = await store.look(null);
    expect((await store.look(mark)).changed).toEqual([]);
  });
});
