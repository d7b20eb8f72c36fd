import { ShoalError } from "@shoal/contract";
import { createSqliteStore } from "@shoal/server";
import { describe, expect, type TestContext, test } from "vitest";
import { inTime } from "../support/recorder.ts";
import { createLedgers } from "./ledger-app.ts";
import { mountSmallDisk, type SmallDisk } from "./small-disk.ts";

const unavailable = { code: "SERVICE_UNAVAILABLE" };

/** A disk of so many KiB; the test is skipped where there can be none. */
async function mount(context: TestContext, kib: number): Promise<SmallDisk> {
  const disk = await mountSmallDisk(kib);
  return disk ?? context.skip("a full disk was not tried: this user may not mount one (set CI to have that fail)");
}

function ledgersOn(disk: SmallDisk) {
  return createLedgers({ store: createSqliteStore({ path: disk.file("shoal.db") }), snapshotEvery: 50 });
}

/** What came of a command: its offset, or the code with which it failed. */
async function outcomeOf(sent: Promise<{ readonly ok: boolean; readonly offset?: number }>) {
  try {
    return (await inTime(sent, "an answer")).offset ?? "rejected";
  } catch (error) {
    if (error instanceof ShoalError) return error.code;
    throw error;
  }
}

describe("A full disk", () => {
  test("loses nothing that was acknowledged, and all goes on when there is space again", async (context) => {
    await using disk = await mount(context, 4_096);
    await using ledgers = ledgersOn(disk);
    const north = ledgers.ledger("north");
    const acknowledged = new Map<number, number>();
    const failures: string[] = [];
    const send = async (entry: number): Promise<void> => {
      const outcome = await outcomeOf(north.send.note({ entry }, { commandId: `command-${entry}` }));
      if (typeof outcome === "string") failures.push(outcome);
      else expect(outcome).toBe(acknowledged.get(entry) ?? outcome);
      if (typeof outcome === "number") acknowledged.set(entry, outcome);
    };
    const entries = Array.from({ length: 60 }, (_, index) => index + 1);
    await send(0);
    await disk.fill();
    for (const entry of entries) await send(entry);
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures)).toEqual(new Set([unavailable.code]));
    expect(await north.state()).toMatchObject({ count: acknowledged.size });
    failures.length = 0;
    await disk.free();
    for (const entry of entries) await send(entry);
    expect(failures).toEqual([]);
    await ledgers.realtime.close();
    await using again = ledgersOn(disk);
    const log = await again.ledger("north").history({ limit: 1_000 });
    expect(log).toHaveLength(1 + entries.length);
    expect(new Map(log.map(({ offset, data }) => [data.entry, offset]))).toEqual(acknowledged);
  });

  test("that a server itself has filled leaves what was acknowledged, also to the next server", async (context) => {
    await using disk = await mount(context, 1_024);
    let acknowledged = 0;
    {
      await using ledgers = ledgersOn(disk);
      const send = () => outcomeOf(ledgers.ledger("north").send.note({ entry: 1, times: 20 }));
      let outcome = await send();
      for (; typeof outcome === "number"; outcome = await send()) acknowledged = outcome;
      expect(outcome).toBe(unavailable.code);
      expect(acknowledged).toBeGreaterThan(100);
    }
    await using again = ledgersOn(disk);
    expect(await again.ledger("north").state()).toMatchObject({ count: acknowledged });
  });

  test("is told to who starts a server on it, and the server starts when there is space again", async (context) => {
    await using disk = await mount(context, 1_024);
    await disk.fill();
    await using ledgers = ledgersOn(disk);
    await expect(inTime(ledgers.realtime.open(), "a refusal")).rejects.toMatchObject(unavailable);
    await disk.free();
    expect(await ledgers.ledger("north").send.note({ entry: 1 })).toMatchObject({ ok: true, offset: 1 });
  });
});
