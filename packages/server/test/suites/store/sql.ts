import type { Locked, Sql, SqlStatement, Store, TransactionOptions } from "@shoal/server";
import { describe, expect, test } from "vitest";
import type { OpenStore } from "../store-suite.ts";
import { request, topicNamed, writeAfter } from "./write.ts";

const lobby = topicNamed("lobby");
const attic = topicNamed("attic");

let tables = 0;

/** The name of a table that no other test has, and what makes it. */
function nextTable() {
  tables += 1;
  const name = `notes_${process.pid}_${tables}`;
  return { name, create: plain(`CREATE TABLE ${name} (note text PRIMARY KEY, size bigint)`) };
}

function plain(sql: string): SqlStatement {
  return { sql, params: [] };
}

/** A store with a table, and what asks for it. */
async function withTable(store: Store) {
  const { name, create } = nextTable();
  await store.migrate(name, [[create]]);
  const parameter = (index: number): string => (store.sql.dialect === "postgres" ? `$${index}` : "?");
  return {
    name,
    insert: (sql: Sql, note: unknown, size: unknown = 0) =>
      sql.query(`INSERT INTO ${name} VALUES (${parameter(1)}, ${parameter(2)})`, [note, size]),
    notes: async (sql: Sql) =>
      (await sql.query(`SELECT note FROM ${name} ORDER BY note`, [])).rows.map(({ note }) => note),
  };
}

/** Writes to the lobby, and projects. */
async function writeAndProject(store: Store, data: string, project: NonNullable<TransactionOptions["project"]>) {
  const head = await store.head(lobby);
  const decide = ({ now }: { now: number }) => [writeAfter(head.offset, now, lobby, [data])];
  await store.transaction([request(lobby, head)], decide, { project, wait: true });
}

/** What a channel does beside the log, in its own tables. */
export function sqlLaws(name: string, open: OpenStore): void {
  describe(`${name}, asked in SQL,`, () => {
    test("answers with rows and how many were affected, and with numbers for integers of any size that is safe", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, insert } = await withTable(store);
      await writeAndProject(store, "a", async (sql) => {
        expect(await insert(sql, "big", Number.MAX_SAFE_INTEGER)).toEqual({ rows: [], affected: 1 });
        expect(await insert(sql, "none", null)).toEqual({ rows: [], affected: 1 });
        const returned = await sql.query(`UPDATE ${table} SET note = note RETURNING note`, []);
        expect(returned).toMatchObject({ rows: [{}, {}], affected: 2 });
        expect(await sql.query(`UPDATE ${table} SET note = note`, [])).toEqual({ rows: [], affected: 2 });
        expect(await sql.query(`UPDATE ${table} SET note = note WHERE 1 = 0`, [])).toEqual({ rows: [], affected: 0 });
      });
      const { rows } = await store.sql.query(`SELECT note, size FROM ${table} ORDER BY note`, []);
      expect(rows).toEqual([
        { note: "big", size: Number.MAX_SAFE_INTEGER },
        { note: "none", size: null },
      ]);
      const counted = await store.sql.query(`SELECT count(*) AS count FROM ${table}`, []);
      expect(counted.rows).toEqual([{ count: 2 }]);
    });

    test("sees what is committed, and not what a transaction is about to", async () => {
      await using opened = await open();
      const { store } = opened;
      const { insert, notes } = await withTable(store);
      await writeAndProject(store, "a", async (sql) => void (await insert(sql, "first")));
      let meanwhile: Promise<unknown[]> | undefined;
      let loading: Promise<unknown> | undefined;
      await writeAndProject(store, "b", async (sql) => {
        await insert(sql, "second");
        meanwhile = notes(store.sql);
        loading = store.load(lobby);
        expect(await notes(sql)).toEqual(["first", "second"]);
        await new Promise(setImmediate);
      });
      expect([["first"], ["first", "second"]]).toContainEqual(await meanwhile);
      expect(await loading).toMatchObject({ events: expect.arrayContaining([expect.objectContaining({ data: "a" })]) });
      expect(await notes(store.sql)).toEqual(["first", "second"]);
    });

    test("does not write, and goes on", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, insert, notes } = await withTable(store);
      await expect(insert(store.sql, "a")).rejects.toThrow(/read.?only/);
      await expect(store.sql.query(`DROP TABLE ${table}`, [])).rejects.toThrow(/read.?only/);
      await store.sql.query(`COMMIT; INSERT INTO ${table} VALUES ('b', 0)`, []).catch(() => {});
      expect(await notes(store.sql)).toEqual([]);
      await writeAndProject(store, "a", async (sql) => void (await insert(sql, "c")));
      expect(await notes(store.sql)).toEqual(["c"]);
    });
  });

  describe(`${name}, asked in SQL while a transaction is decided,`, () => {
    test("sees what the transactions before it wrote, and decides on although a statement fails", async () => {
      await using opened = await open();
      const { store } = opened;
      const { insert, notes } = await withTable(store);
      await writeAndProject(store, "a", async (sql) => void (await insert(sql, "first")));
      const head = await store.head(lobby);
      await store.transaction([request(lobby, head)], async ({ sql, now }) => {
        const asked = await Promise.allSettled([notes(sql), sql.query("SELECT nothing FROM nowhere", []), notes(sql)]);
        expect(asked.map(({ status }) => status).slice(0, 2)).toEqual(["fulfilled", "rejected"]);
        expect(await notes(sql)).toEqual(["first"]);
        return [writeAfter(head.offset, now, lobby, ["b"])];
      });
      expect(await store.head(lobby)).toMatchObject({ offset: 2 });
    });

    test("does not write, and the transaction goes on", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, insert, notes } = await withTable(store);
      const decide = async ({ sql, now }: Locked) => {
        await expect(insert(sql, "decided")).rejects.toThrow(/read.?only/);
        await expect(sql.query(`DROP TABLE ${table}`, [])).rejects.toThrow(/read.?only/);
        await expect(sql.query("BEGIN IMMEDIATE", [])).rejects.toThrow();
        expect(await notes(sql)).toEqual([]);
        return [writeAfter(0, now, lobby, ["a"])];
      };
      const project = async (sql: Sql) => void (await insert(sql, "projected"));
      await store.transaction([request(lobby, await store.head(lobby))], decide, { project });
      expect(await notes(store.sql)).toEqual(["projected"]);
      expect(await store.head(lobby)).toMatchObject({ offset: 1 });
    });
  });

  describe(`${name}, projecting,`, () => {
    test("commits what is projected together with what is written, and shows it as written", async () => {
      await using opened = await open();
      const { store } = opened;
      const { insert, notes } = await withTable(store);
      const locks = [request(lobby, await store.head(lobby)), request(attic, await store.head(attic))];
      const written: string[] = [];
      const project = async (sql: Sql) => {
        written.push("projected");
        await insert(sql, "a");
        await insert(sql, "b");
      };
      await store.transaction(
        locks,
        ({ now }) => {
          written.push("decided");
          return [writeAfter(0, now, lobby, ["a"]), writeAfter(0, now, attic, ["b"])];
        },
        { project },
      );
      expect(written).toEqual(["decided", "projected"]);
      expect(await notes(store.sql)).toEqual(["a", "b"]);
      expect([(await store.head(lobby)).offset, (await store.head(attic)).offset]).toEqual([1, 1]);
    });

    test("is not asked to when nothing is written", async () => {
      await using opened = await open();
      const { store } = opened;
      const project = () => Promise.reject(new Error("there is nothing to project"));
      await store.transaction([request(lobby, await store.head(lobby))], () => [], { project });
    });

    test("commits what is written also where there is nothing to project, and writes nothing where that throws", async () => {
      await using opened = await open();
      const { store } = opened;
      await writeAndProject(store, "a", async () => {});
      expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["a"]);
      const fault = new Error("it cannot be projected");
      await expect(writeAndProject(store, "b", () => Promise.reject(fault))).rejects.toBe(fault);
      expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["a"]);
    });

    test.each(["of its own accord", "since a statement fails"])("writes nothing when it throws %s", async (why) => {
      await using opened = await open();
      const { store } = opened;
      const { insert, notes } = await withTable(store);
      const fault = new Error("it cannot be projected");
      const failing = writeAndProject(store, "a", async (sql) => {
        await insert(sql, "a");
        if (why === "of its own accord") throw fault;
        await insert(sql, "a");
      });
      await (why === "of its own accord" ? expect(failing).rejects.toBe(fault) : expect(failing).rejects.toThrow());
      expect(await store.load(lobby)).toMatchObject({ events: [] });
      expect(await notes(store.sql)).toEqual([]);
      await writeAndProject(store, "b", async (sql) => void (await insert(sql, "b")));
      expect((await store.load(lobby)).events.map(({ data }) => data)).toEqual(["b"]);
      expect(await notes(store.sql)).toEqual(["b"]);
    });
  });

  describe(`${name}, bringing tables forward,`, () => {
    test("runs each step once, and the new ones of a list that grew, also after it was closed", async () => {
      await using opened = await open();
      const { name: table, create } = nextTable();
      const steps = [
        [create],
        [plain(`ALTER TABLE ${table} ADD COLUMN a text`), plain(`ALTER TABLE ${table} ADD COLUMN b text`)],
      ];
      await opened.store.migrate(table, steps.slice(0, 1));
      await opened.store.migrate(table, steps.slice(0, 1));
      const store = (await opened.reopen?.()) ?? opened.store;
      await store.migrate(table, steps);
      await store.migrate(table, steps);
      expect(await store.sql.query(`SELECT a, b FROM ${table}`, [])).toEqual({ rows: [], affected: 0 });
    });

    test("refuses to go back", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, create } = nextTable();
      await store.migrate(table, [[create], [plain(`ALTER TABLE ${table} ADD COLUMN a text`)]]);
      await expect(store.migrate(table, [[create]])).rejects.toThrow(
        `The tables of "${table}" are of version 2, this code knows 1. Update it.`,
      );
    });

    test("leaves nothing of steps that fail", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, create } = nextTable();
      await expect(
        store.migrate(table, [[create], [plain("ALTER TABLE nowhere ADD COLUMN a text")]]),
      ).rejects.toThrow();
      await expect(store.sql.query(`SELECT * FROM ${table}`, [])).rejects.toThrow();
      await store.migrate(table, [[create]]);
      expect((await store.sql.query(`SELECT * FROM ${table}`, [])).rows).toEqual([]);
    });

    test("gives each statement its parameters", async () => {
      await using opened = await open();
      const { store } = opened;
      const { name: table, create } = nextTable();
      const [first, second] = store.sql.dialect === "postgres" ? ["$1", "$2"] : ["?", "?"];
      const insert = { sql: `INSERT INTO ${table} VALUES (${first}, ${second})`, params: ["it's ?; $1", 7] };
      await store.migrate(table, [[create, insert]]);
      const { rows } = await store.sql.query(`SELECT note, size FROM ${table}`, []);
      expect(rows).toEqual([{ note: "it's ?; $1", size: 7 }]);
    });

    test("counts the steps of each name apart, and may be asked to by several at once", async () => {
      await using opened = await open();
      const stores = [opened.store, ...(opened.another ? [await opened.another()] : [])];
      const [first, second] = [nextTable(), nextTable()];
      await Promise.all(
        stores.flatMap((store) => [first, second].map((one) => store.migrate(one.name, [[one.create]]))),
      );
      for (const one of [first, second]) {
        expect((await opened.store.sql.query(`SELECT * FROM ${one.name}`, [])).rows).toEqual([]);
      }
    });
  });
}
