import { copyFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { createSqliteStore } from "@shoal/server";
import { describe, expect, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { firstFrame } from "./first-frame.ts";
import { createLedgers } from "./ledger-app.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { WriterProcess } from "./writer-process.ts";

/** Ledgers on a SQLite file. */
function ledgersOn(path: string) {
  const store = createSqliteStore({ path });
  return { store, ...createLedgers({ store }) };
}

/** What somebody else sees of the file, by a connection of their own. */
function countEvents(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare("SELECT count(*) AS count FROM events").get()?.count;
  } finally {
    database.close();
  }
}

function readVersion(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare("SELECT value FROM meta WHERE key = 'version'").get()?.value);
  } finally {
    database.close();
  }
}

function writeVersion(path: string, version: number): void {
  const database = new DatabaseSync(path);
  try {
    database.prepare("UPDATE meta SET value = ? WHERE key = 'version'").run(String(version));
  } finally {
    database.close();
  }
}

const unavailable = { code: "SERVICE_UNAVAILABLE" };

describe("The SQLite file", () => {
  test("is written with a log ahead, and each commit is forced to the disk", async () => {
    await using folder = await temporaryFolder();
    await using ledgers = ledgersOn(folder.file("shoal.db"));
    await ledgers.ledger("north").send.note({ entry: 1 });
    expect(await ledgers.store.pragmas()).toEqual({ journalMode: "wal", synchronous: 2 });
  });

  test("is refused at once to a second process, and the first goes on", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using ledgers = ledgersOn(path);
    await ledgers.ledger("north").send.note({ entry: 1 });
    await using second = new WriterProcess();
    await second.ready();
    const asked = performance.now();
    const refused = await second.open({ sqlite: path });
    expect(performance.now() - asked).toBeLessThan(3_000);
    expect(refused).toMatchObject({ kind: "refused", code: "SERVICE_UNAVAILABLE" });
    expect(refused).toMatchObject({ message: expect.stringContaining(`Another Shoal has "${path}" open.`) });
    expect(await ledgers.ledger("north").send.note({ entry: 2 })).toMatchObject({ ok: true, offset: 2 });
    await second.kill();
    expect(await ledgers.ledger("north").send.note({ entry: 3 })).toMatchObject({ ok: true, offset: 3 });
  });

  test("is refused to a second store of the same process", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using ledgers = ledgersOn(path);
    await ledgers.ledger("north").send.note({ entry: 1 });
    await using second = ledgersOn(path);
    await expect(second.realtime.open()).rejects.toThrow("Another Shoal has");
    expect(await ledgers.ledger("north").send.note({ entry: 2 })).toMatchObject({ ok: true, offset: 2 });
  });

  test("is had by the next one as soon as the first has closed it, without asking anew", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using first = ledgersOn(path);
    await first.ledger("north").send.note({ entry: 1 });
    await using second = ledgersOn(path);
    await expect(second.realtime.open()).rejects.toThrow("Another Shoal has");
    await first.realtime.close();
    expect(await second.ledger("north").state()).toMatchObject({ count: 1 });
  });

  test("is open to anybody's reads while it is written", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using ledgers = ledgersOn(path);
    for (let count = 1; count <= 3; count += 1) {
      await ledgers.ledger("north").send.note({ entry: count });
      expect(countEvents(path)).toBe(count);
    }
  });

  test("opens without help after its process was killed", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    await using killed = new WriterProcess();
    await killed.ready();
    await killed.open({ sqlite: path });
    killed.tell({
      kind: "send",
      command: { ledgerId: "north", user: "ann", commandId: "c1", entry: 7, times: 3 },
    });
    expect(await killed.answer("c1")).toMatchObject({ ok: true, offset: 3 });
    await killed.kill();
    await using ledgers = ledgersOn(path);
    expect(await ledgers.ledger("north").state()).toMatchObject({ count: 3, sum: 21 });
  });

  test("is left alone when it is of a newer version", async () => {
    await using folder = await temporaryFolder();
    const path = folder.file("shoal.db");
    {
      await using ledgers = ledgersOn(path);
      await ledgers.ledger("north").send.note({ entry: 1 });
    }
    const version = readVersion(path);
    writeVersion(path, 999);
    await using ledgers = ledgersOn(path);
    await expect(inTime(ledgers.realtime.open(), "a refusal")).rejects.toThrow("The file is of version 999");
    await expect(ledgers.as("ann").note({ ledgerId: "north", entry: 2 })).rejects.toMatchObject(unavailable);
    expect(countEvents(path)).toBe(1);
    writeVersion(path, version);
    expect(await ledgers.ledger("north").state()).toMatchObject({ count: 1 });
  });

  test("that is a copy gives who knew the original a snapshot, once it has another epoch", async () => {
    await using folder = await temporaryFolder();
    const [path, copy] = [folder.file("shoal.db"), folder.file("copy.db")];
    await using original = ledgersOn(path);
    await original.ledger("north").send.note({ entry: 1 });
    const { id: lastEventId } = await firstFrame(original.as("ann").watch({ ledgerId: "north" }));
    await original.realtime.close();
    await copyFile(path, copy);
    {
      const store = createSqliteStore({ path: copy });
      await store.open();
      await store.newEpoch();
      await store.close();
    }
    await using copied = ledgersOn(copy);
    await copied.ledger("north").send.note({ entry: 5 });
    const told = await firstFrame(copied.as("ann").watch({ ledgerId: "north", lastEventId }));
    expect(told.frame).toMatchObject({ kind: "snapshot", reason: "epoch", offset: 2, state: { sum: 6 } });
    await using again = ledgersOn(path);
    const resumed = await firstFrame(again.as("ann").watch({ ledgerId: "north", lastEventId }));
    expect(resumed).toEqual({ id: lastEventId, frame: { kind: "resumed", replayed: 0 } });
  });
});
