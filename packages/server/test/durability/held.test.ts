import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { type PostgresStores, postgresStores } from "../support/postgres-stores.ts";
import { inTime } from "../support/recorder.ts";
import { createLedgers, ledgerRef } from "./ledger-app.ts";

/** Locks a ledger as a transaction does that writes to it, until the connection commits. */
async function hold({ schema }: PostgresStores, client: Client, ledgerId: string): Promise<void> {
  await client.query("BEGIN");
  const { rowCount } = await client.query(
    `SELECT * FROM ${schema}.heads WHERE topic = (SELECT id FROM ${schema}.topics WHERE key = $1) FOR UPDATE`,
    [ledgerRef(ledgerId).id],
  );
  expect(rowCount).toBe(1);
}

describe.skipIf(!hasPostgres)("A ledger that another transaction holds, on Postgres,", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await openDatabase();
  }, 60_000);
  afterAll(() => database[Symbol.asyncDispose]());

  test("delays nobody else, keeps the order of its own commands, and goes on when it is let go", async () => {
    await using stores = await postgresStores(database.url);
    const client = await stores.connect();
    await using ledgers = createLedgers({ store: stores.store });
    const send = (ledgerId: string, entry: number) => ledgers.as("ann").note({ ledgerId, entry });
    for (const ledgerId of ["held", "free"]) await send(ledgerId, 1);
    await hold(stores, client, "held");
    let waiting = true;
    const held = [2, 3].map((entry) => send("held", entry));
    void Promise.allSettled(held).then(() => {
      waiting = false;
    });
    for (let entry = 2; entry <= 20; entry += 1) {
      expect(await inTime(send("free", entry), "another ledger", 1_000)).toMatchObject({ ok: true, offset: entry });
    }
    held.push(send("held", 4));
    expect(waiting).toBe(true);
    await client.query("COMMIT");
    expect(await inTime(Promise.all(held), "the ledger that was held")).toMatchObject(
      [2, 3, 4].map((offset) => ({ ok: true, offset })),
    );
    const history = await ledgers.ledger("held").history({ limit: 10 });
    expect(history.map(({ data }) => data.entry)).toEqual([4, 3, 2, 1]);
    expect(ledgers.logged.errors()).toEqual([]);
  });

  test("fails its commands as retryable when it is held for too long, and they have one effect after it", async () => {
    await using stores = await postgresStores(database.url, { timeoutMs: 1_000 });
    const client = await stores.connect();
    await using ledgers = createLedgers({ store: stores.store });
    const send = (entry: number) => ledgers.as("ann").note({ ledgerId: "held", entry, commandId: `command-${entry}` });
    await send(1);
    await hold(stores, client, "held");
    await expect(inTime(send(2), "a refusal")).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    await client.query("COMMIT");
    expect(await inTime(send(2), "an answer")).toMatchObject({ ok: true, offset: 2 });
    expect(await ledgers.ledger("held").state()).toMatchObject({ count: 2, sum: 3 });
  });
});
