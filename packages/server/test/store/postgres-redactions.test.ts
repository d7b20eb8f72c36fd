import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { statementsFor } from "../../src/store/postgres/statements.ts";
import { effect, redact } from "../suites/store/redactions.ts";
import { topicNamed, write } from "../suites/store/write.ts";
import { hasPostgres, openDatabase, type TestDatabase } from "../support/postgres.ts";
import { postgresStores } from "../support/postgres-stores.ts";
import { eventually } from "../support/recorder.ts";

const lobby = topicNamed("lobby");
const id = "effect:lobby:1:epoch:0";

describe.skipIf(!hasPostgres)(
  "An effect in Postgres that is parked while the event is redacted that it follows from",
  () => {
    let database: TestDatabase;
    beforeAll(async () => {
      database = await openDatabase();
    });
    afterAll(() => database[Symbol.asyncDispose](), 60_000);

    test.each(["parked first", "redacted first"])("is kept no more: %s", async (order) => {
      await using stores = await postgresStores(database.url);
      const { store, name, schema } = stores;
      await write(store, lobby, ["a"], () => ({ effects: [effect(id)] }));
      const other = await stores.connect();
      const observer = await stores.connect();
      const park = async () => {
        await other.query(statementsFor(name).postpone.text, [id, "1700000000000", "6", "parked"]);
      };
      const isWaiting = async () => {
        const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
        return (await observer.query(waiting)).rowCount === 1;
      };
      await other.query("BEGIN");
      if (order === "parked first") {
        await park();
        const redacting = redact(store, [1]);
        await eventually(isWaiting, "the redaction waits for who parks the effect");
        await other.query("COMMIT");
        await redacting;
      } else {
        await other.query(`SELECT 1 FROM ${schema}.effects FOR UPDATE`);
        const redacting = redact(store, [1]);
        await eventually(isWaiting, "the redaction waits for who holds the effect");
        await other.query("COMMIT");
        await redacting;
        await park();
      }
      expect((await observer.query(`SELECT * FROM ${schema}.effects`)).rows).toEqual([]);
    });
  },
);
