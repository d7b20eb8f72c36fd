import { createMemoryHub, createMemoryStore, createSqliteStore, type Store } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import * as fc from "fast-check";
import { Client } from "pg";
import { describe, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { shared } from "../support/nodes.ts";
import { hasPostgres, openDatabase } from "../support/postgres.ts";
import { quiet } from "../support/quiet.ts";
import { tries } from "../support/seed.ts";
import { type Dump, ErasureWorld, type Step } from "./erasure-world.ts";

const some = (...values: number[]) => fc.constantFrom(...values);

const setting = plain({
  ring: some(0, 2, 1_000),
  maxReplay: some(2, 1_000),
  queue: some(1, 1_000),
  snapshotEvery: some(1, 3, 500),
  keep: fc.constantFrom(undefined, 0, 2),
});

const user = fc.constantFrom("ann", "ben");
const node = fc.nat(1);
const seat = fc.nat(2);

const step = fc.oneof(
  { weight: 10, arbitrary: does("post", { user, node }) },
  { weight: 6, arbitrary: does("remove", { which: fc.nat(9), node }) },
  { weight: 1, arbitrary: does("erase", { node }) },
  { weight: 1, arbitrary: does("eraseUser", { user, node }) },
  { weight: 6, arbitrary: does("join", { seat, node, back: fc.nat(6) }) },
  { weight: 5, arbitrary: does("read", { seat, most: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 2, arbitrary: does("sweep", { node }) },
  { weight: 1, arbitrary: does("restart") },
  { weight: 2, arbitrary: does("settle") },
) as fc.Arbitrary<Step>;

const steps = (max: number) => fc.array(step, { minLength: 10, maxLength: max });

function does(what: Step["do"], fields: Record<string, fc.Arbitrary<unknown>> = {}) {
  return plain({ do: fc.constant(what), ...fields });
}

/** A record that is printed as it would be written. */
function plain<T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true });
}

type Given = typeof setting extends fc.Arbitrary<infer S> ? S : never;

async function run(open: () => Store, dump: Dump, nodes: number, given: Given, taken: readonly Step[]): Promise<void> {
  const { keep, ...options } = given;
  const hub = createMemoryHub();
  const retention = keep === undefined ? {} : { retention: { events: keep } };
  const world = new ErasureWorld(open, { ...options, ...retention, lookMs: 30, broker: () => hub() }, nodes);
  try {
    for (const one of taken) await world.take(one);
    await world.finish(dump);
  } finally {
    await world.close();
  }
}

describe("Whatever is redacted and erased, who watches follows, and it is found nowhere,", () => {
  test("with two nodes on one store in memory", async () => {
    await fc.assert(
      fc.asyncProperty(setting, steps(60), async (given, taken) => {
        const store = createMemoryStore();
        const dump: Dump = async () => await dumpSqlite(store);
        await run(() => shared(store), dump, 2, given, taken);
        await store.close();
      }),
      tries(25),
    );
  }, 120_000);

  test("with a node on a SQLite file, which is started again and again", async () => {
    await fc.assert(
      fc.asyncProperty(setting, steps(40), async (given, taken) => {
        await using folder = await temporaryFolder();
        let store = createSqliteStore({ path: folder.file("shoal.db") });
        const open = () => {
          store = createSqliteStore({ path: folder.file("shoal.db") });
          return store;
        };
        await run(open, async () => await dumpSqlite(store), 1, given, taken);
      }),
      tries(6),
    );
  }, 120_000);

  test.skipIf(!hasPostgres)(
    "with two nodes on one Postgres",
    async () => {
      await using database = await openDatabase();
      let count = 0;
      await fc.assert(
        fc.asyncProperty(setting, steps(40), async (given, taken) => {
          count += 1;
          const schema = `shoal_${count}`;
          const client = new Client({ connectionString: database.url, options: `-c search_path=${schema}` });
          await client.connect();
          await client.query(`CREATE SCHEMA ${schema}`);
          const url = new URL(database.url);
          url.searchParams.set("options", `-c search_path=${schema}`);
          const open = () => createPostgresStore({ connectionString: url.href, schema, logger: quiet });
          await run(open, async () => await dumpPostgres(client, schema), 2, given, taken);
          await client.end();
        }),
        tries(6),
      );
    },
    120_000,
  );
});

async function dumpSqlite({ sql }: Store): Promise<string> {
  const { rows: tables } = await sql.query("SELECT name FROM sqlite_master WHERE type = 'table'", []);
  const rows = await Promise.all(tables.map(async ({ name }) => (await sql.query(`SELECT * FROM "${name}"`, [])).rows));
  return JSON.stringify(rows);
}

async function dumpPostgres(client: Client, schema: string): Promise<string> {
  const tables = await client.query("SELECT table_name FROM information_schema.tables WHERE table_schema = $1", [
    schema,
  ]);
  const dumped: unknown[] = [];
  for (const { table_name } of tables.rows) dumped.push((await client.query(`SELECT * FROM "${table_name}"`)).rows);
  return JSON.stringify(dumped);
}
