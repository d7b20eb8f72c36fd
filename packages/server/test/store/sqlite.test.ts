import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createSqliteStore, type Sql } from "@shoal/server";
import { expect, test } from "vitest";
import { temporaryFolder } from "../durability/temporary-folder.ts";
import { versionsIn, writeOfVersion } from "../suites/store/versions.ts";
import { request, topicNamed, write, writeAfter } from "../suites/store/write.ts";
import { storeSuite } from "../suites/store-suite.ts";

storeSuite("The SQLite store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "shoal-"));
  const open = async () => {
    const opened = createSqliteStore({ path: join(folder, "shoal.db") });
    await opened.open();
    return opened;
  };
  let store = await open();
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await open();
      return store;
    },
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

test("The SQLite store takes what was written before there were versions for version 1", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  const first = createSqliteStore({ path });
  await first.open();
  await writeOfVersion(first, 7);
  await first.close();
  const database = new DatabaseSync(path);
  for (const table of ["events", "snapshots", "records", "effects"]) {
    database.exec(`ALTER TABLE ${table} DROP COLUMN version`);
  }
  database.exec(`ALTER TABLE events DROP COLUMN redacts; ALTER TABLE events DROP COLUMN redacted;
    ALTER TABLE effects DROP COLUMN redacted; ALTER TABLE topics DROP COLUMN generation; DROP TABLE revocations;
    ALTER TABLE topics DROP COLUMN derived;
    UPDATE topics SET timers = replace(timers, ',"version":7', '');
    UPDATE meta SET value = '1' WHERE key = 'version'`);
  database.close();
  const store = createSqliteStore({ path });
  await store.open();
  expect(await versionsIn(store)).toEqual([1, 1, 1, 1, 1]);
  await writeOfVersion(store, 8);
  expect(await versionsIn(store)).toEqual([1, 8, 8, 8, 8]);
  await store.close();
});

test("What is projected from events that the SQLite store cannot write is not written either, and they say why", async () => {
  await using folder = await temporaryFolder();
  const store = createSqliteStore({ path: folder.file("shoal.db") });
  await store.open();
  await store.migrate("notes", [[{ sql: "CREATE TABLE notes (note text)", params: [] }]]);
  const lobby = topicNamed("lobby");
  const insert = async (sql: Sql) => {
    await Promise.allSettled(["first", "second"].map((note) => sql.query("INSERT INTO notes VALUES (?)", [note])));
    await sql.query("INSERT INTO notes VALUES ('third')", []);
  };
  const writeAt = async (after: number) =>
    store.transaction(
      [request(lobby, await store.head(lobby))],
      ({ now }) => [writeAfter(after, now, lobby, ["event"])],
      { project: insert },
    );
  const notes = async () => (await store.sql.query("SELECT note FROM notes", [])).rows.map(({ note }) => note);
  await expect(writeAt(5)).rejects.toThrow(/hole/);
  expect(await notes()).toEqual([]);
  await writeAt(0);
  expect(await notes()).toEqual(["first", "second", "third"]);
  await store.close();
});

test("A projection that passes over why its statements fail is told why nothing of it can be committed", async () => {
  await using folder = await temporaryFolder();
  const store = createSqliteStore({ path: folder.file("shoal.db") });
  await store.open();
  const lobby = topicNamed("lobby");
  const lock = request(lobby, await store.head(lobby));
  const project = async (sql: Sql) => void (await Promise.allSettled([sql.query("SELECT 1", [])]));
  const writing = store.transaction([lock], ({ now }) => [writeAfter(5, now, lobby, ["event"])], { project });
  await expect(writing).rejects.toThrow(/hole/);
  await store.close();
});

test("A topic that cannot be read from the disk is told to be so, and may be asked for again", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("shoal.db");
  const store = createSqliteStore({ path });
  await store.open();
  const lobby = topicNamed("lobby");
  // More than the connection remembers, and less than is brought from the log ahead of the file into the file.
  for (let times = 0; times < 30; times += 1) await write(store, lobby, ["x".repeat(100_000)]);
  const log = await readFile(`${path}-wal`);
  await truncate(`${path}-wal`, 0);
  const unknown = request(lobby, { epoch: "", offset: 0 });
  const lockAgain = () => store.transaction([unknown], () => []);
  await expect(lockAgain()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", message: /disk I\/O error/ });
  await writeFile(`${path}-wal`, log);
  await lockAgain();
  await store.close();
});

test("A call to the SQLite store that cannot be brought to its thread fails alone", async () => {
  await using folder = await temporaryFolder();
  const store = createSqliteStore({ path: folder.file("shoal.db") });
  await store.open();
  const ask = (value: unknown) => store.sql.query("SELECT ? AS value", [value]);
  const answers = await Promise.allSettled([ask(1), ask(() => {}), ask(3)]);
  expect(answers).toMatchObject([
    { value: { rows: [{ value: 1 }] } },
    { reason: { code: "INTERNAL_SERVER_ERROR" } },
    { value: { rows: [{ value: 3 }] } },
  ]);
  await store.close();
});
