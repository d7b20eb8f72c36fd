import { randomUUID } from "node:crypto";
import type { StoredRevocation } from "@shoal/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statementsFor } from "../../src/store/postgres/statements.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { eventually } from "../support/recorder.ts";

const revocation = (): StoredRevocation => ({
  id: randomUUID(),
  userId: "ann",
  tenant: null,
  channel: null,
  params: null,
});

describe.skipIf(!hasPostgres)("A revocation in Postgres", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openDatabase();
  });
  afterAll(() => database[Symbol.asyncDispose](), 60_000);
  const open = () => postgresStores(database.url, { logger: { warn: () => {} } });

  test("is told, though it committed after one that was written later", async () => {
    await using stores = await open();
    const { store, name } = stores;
    const [late, early] = [revocation(), revocation()];
    const client = await stores.connect();
    const first = await store.look(null);
    await client.query("BEGIN");
    await client.query(statementsFor(name).revoke.text, [JSON.stringify(late)]);
    await store.revoke(early);
    const second = await store.look(first.mark);
    expect(second.revocations).toEqual([early]);
    await client.query("COMMIT");
    const third = await store.look(second.mark);
    expect(third.revocations).toEqual([late]);
    expect((await store.look(third.mark)).revocations).toEqual([]);
  });

  test("is told again rather than not at all to who lost a connection, or whose store became another one", async () => {
    await using stores = await open();
    const { store } = stores;
    const client = await stores.connect();
    const [before, after] = [revocation(), revocation()];
    await store.revoke(before);
    await client.query(`UPDATE ${stores.schema}.revocations SET at = at - 3600000`);
    const first = await store.look(null);
    await store.revoke(after);
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND datname = current_database() AND state = 'idle'`);
    let look = first;
    const looked = async () => {
      look = await store.look(first.mark);
      return true;
    };
    await eventually(() => looked().catch(() => false), "the store can be looked at");
    expect(look.revocations).toEqual([after]);
    await store.newEpoch();
    look = await store.look(look.mark);
    expect(look.revocations).toEqual([after]);
    expect((await store.look(look.mark)).revocations).toEqual([]);
  });

  test("is found by an index, however many there are", async () => {
    await using stores = await open();
    const client = await stores.connect();
    await client.query(`INSERT INTO ${stores.schema}.revocations
        SELECT (n % 500)::text::xid8, '{}', n FROM generate_series(1, 10000) n;
      ANALYZE ${stores.schema}.revocations; SET plan_cache_mode = force_generic_plan`);
    const plan = async (statement: "look" | "lookAtRevocations", parameters: string) => {
      await client.query(`PREPARE ${statement} AS ${statementsFor(stores.name)[statement].text}`);
      const { rows } = await client.query(`EXPLAIN EXECUTE ${statement}(${parameters})`);
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    expect(await plan("look", "'10007:10007:', '1000', 'notes'")).toMatch(/Index Scan (on|using) revocations_xid/);
    expect(await plan("lookAtRevocations", "'9999'")).toMatch(/Index Scan (on|using) revocations_at/);
  });
});
