import { ShoalError } from "@shoal/contract";
import { createSqliteStore } from "@shoal/server";
import { expect, test } from "vitest";
import { createLedgers } from "./ledger-app.ts";
import { mountSmallDisk } from "./small-disk.ts";

const entries = Array.from({ length: 60 }, (_, index) => index + 1);

/** What came of a command: its offset, or the code with which it failed. */
async function outcomeOf(sent: Promise<{ readonly ok: boolean; readonly offset?: number }>) {
  try {
    return (await sent).offset ?? "rejected";
  } catch (error) {
    if (error instanceof ShoalError) return error.code;
    throw error;
  }
}

test("A full disk loses nothing that was acknowledged, and all goes on when there is space again", async (context) => {
  await using disk = await mountSmallDisk(4_096);
  if (!disk) return context.skip("a full disk was not tried: this user may not mount one (set CI to have that fail)");
  const open = () => createLedgers({ store: createSqliteStore({ path: disk.file("shoal.db") }) });
  await using ledgers = open();
  const north = ledgers.ledger("north");
  const send = (entry: number) => outcomeOf(north.send.note({ entry }, { commandId: `command-${entry}` }));
  expect(await send(0)).toBe(1);
  await disk.fill();
  const acknowledged = new Map<number, number>();
  const sendAll = async (): Promise<string[]> => {
    const failures: string[] = [];
    for (const entry of entries) {
      const outcome = await send(entry);
      if (typeof outcome === "string") failures.push(outcome);
      else acknowledged.set(entry, acknowledged.get(entry) ?? outcome);
      if (typeof outcome === "number") expect(outcome).toBe(acknowledged.get(entry));
    }
    return failures;
  };
  const failures = await sendAll();
  expect(failures.length).toBeGreaterThan(0);
  expect(new Set(failures)).toEqual(new Set(["SERVICE_UNAVAILABLE"]));
  expect(await north.state()).toMatchObject({ count: 1 + acknowledged.size });
  await disk.free();
  expect(await sendAll()).toEqual([]);
  await ledgers.realtime.close();
  await using again = open();
  const log = await again.ledger("north").history({ limit: 1_000 });
  const offsets = new Map(log.map(({ offset, data }) => [data.entry, offset]));
  expect(log).toHaveLength(1 + entries.length);
  expect(offsets).toEqual(new Map([[0, 1], ...acknowledged]));
});
