import type { StoredEvent } from "@shoal/server";
import { expect } from "vitest";
import type { Follower } from "./follower.ts";
import { foldEntries } from "./ledger.ts";
import { createLedgers, ledgerRef } from "./ledger-app.ts";
import type { Load } from "./load.ts";
import { openAt, type StoreAt } from "./store-at.ts";

/** Every event of a ledger, as the store has it. */
export async function readLog(at: StoreAt, ledgerId: string): Promise<readonly StoredEvent[]> {
  const store = openAt(at);
  await store.open();
  try {
    const { offset } = await store.head(ledgerRef(ledgerId));
    const log = await store.read(ledgerRef(ledgerId), 1, offset);
    expect(log.map((event) => event.offset)).toEqual(Array.from({ length: offset }, (_, index) => index + 1));
    return log;
  } finally {
    await store.close();
  }
}

/** Holds what is stored against what was acknowledged and what was heard. */
export async function audit(at: StoreAt, load: Load): Promise<void> {
  expect(load.faults).toEqual([]);
  for (const follower of load.followers) {
    const log = await readLog(at, follower.ledgerId);
    auditAnswers(load, follower.ledgerId, log);
    auditFollower(follower, log);
    await using ledgers = createLedgers({ store: openAt(at) });
    expect(await ledgers.ledger(follower.ledgerId).state()).toEqual(follower.state);
  }
}

/** Each accepted command is there once, in one piece that ends at the offset of its answer; a rejected one is not. */
function auditAnswers({ answers, commands }: Load, ledgerId: string, log: readonly StoredEvent[]): void {
  const places = Map.groupBy(log, ({ commandId }) => commandId);
  for (const { commandId, entry, times, ...command } of commands.values()) {
    if (command.ledgerId !== ledgerId) continue;
    const outcome = answers.get(commandId);
    const events = places.get(commandId) ?? [];
    places.delete(commandId);
    const end = outcome?.ok ? outcome.offset : 0;
    const wanted = entry < 0 ? [] : Array.from({ length: times }, (_, index) => end - times + 1 + index);
    expect({ commandId, offsets: events.map(({ offset }) => offset) }).toEqual({ commandId, offsets: wanted });
    expect(events.every(({ data, userId }) => userId === command.user && entryOf(data) === entry)).toBe(true);
    if (outcome?.ok) expect(outcome.result).toEqual({ count: end });
    else expect(outcome).toMatchObject({ ok: false, reason: "NEGATIVE" });
  }
  expect([...places.keys()], "events of commands that nobody sent").toEqual([]);
}

function auditFollower({ heard, state, offset }: Follower, log: readonly StoredEvent[]): void {
  expect(offset).toBe(log.length);
  expect([...heard]).toEqual(log.map((event) => [event.offset, 1]));
  expect(state).toEqual(foldEntries(log.map(({ data }) => entryOf(data))));
}

function entryOf(data: unknown): number {
  return (data as { entry: number }).entry;
}
