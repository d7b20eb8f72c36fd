import type { StoredEvent } from "@shoal/server";
import { expect } from "vitest";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";
import type { Sent, TallyLoad } from "./tally-load.ts";
import { tallyRef } from "./tally-node.ts";

/** Holds what is stored against what was acknowledged. @returns the total of each tally, by its log */
export async function auditTallies(at: StoreAt, { answers }: TallyLoad): Promise<ReadonlyMap<string, number>> {
  const store = openAt(at);
  await store.open();
  try {
    const seen = (await store.look(null)).effects;
    expect(seen, "effects that were not run").toEqual([]);
    const totals = new Map<string, number>();
    const forwarded: StoredEvent[] = [];
    for (const tallyId of new Set([...answers.keys()].flatMap((sent) => [sent.tallyId, sent.to]))) {
      const log = await store.read(tallyRef(tallyId), 1, Number.MAX_SAFE_INTEGER);
      expect(log.map(({ offset }) => offset)).toEqual(log.map((_, index) => index + 1));
      // Once the newer code has written, the older one never writes again.
      expect(log.map(({ version }) => version)).toEqual(log.map(({ version }) => version).toSorted());
      auditAnswers(tallyId, answers, log);
      forwarded.push(...log.filter(({ commandId }) => commandId?.startsWith("effect:")));
      totals.set(tallyId, totalOf(log));
    }
    const forwards = [...answers.keys()].filter(({ name }) => name === "forward");
    expect(forwarded.map(amountOf).toSorted()).toEqual(forwards.map(({ amount }) => amount).toSorted());
    return totals;
  } finally {
    await store.close();
  }
}

/** Each acknowledged command is there once, at the offset of its answer, and with the total that it was told. */
function auditAnswers(tallyId: string, answers: TallyLoad["answers"], log: readonly StoredEvent[]): void {
  const places = Map.groupBy(log, ({ commandId }) => commandId ?? "");
  for (const [sent, outcome] of answers) {
    if (sent.tallyId !== tallyId) continue;
    const events = places.get(sent.commandId) ?? [];
    places.delete(sent.commandId);
    expect({ sent, events: events.map(summary) }).toEqual({ sent, events: [wanted(sent, outcome.offset)] });
    const told = outcome.result?.sum ?? outcome.result?.total;
    if (sent.name === "add") expect(told).toBe(totalOf(log.slice(0, outcome.offset)));
  }
  expect([...places.keys()].filter((commandId) => !commandId.startsWith("effect:"))).toEqual([]);
}

function wanted({ name, amount }: Sent, offset: number) {
  return { offset, type: name === "add" ? "added" : "forwarded", amount };
}

function summary(event: StoredEvent) {
  return { offset: event.offset, type: event.type, amount: amountOf(event) };
}

function totalOf(log: readonly StoredEvent[]): number {
  return log.filter(({ type }) => type === "added").reduce((sum, event) => sum + amountOf(event), 0);
}

/** In the words of the version that wrote it. */
function amountOf({ data, version }: StoredEvent): number {
  const { by, amount } = data as { by?: number; amount?: number };
  return (version === 1 ? by : amount) ?? Number.NaN;
}

/** Waits until what follows from the commands has been done. */
export async function effectsDone(at: StoreAt): Promise<void> {
  const store = openAt(at);
  await store.open();
  try {
    await eventually(async () => (await store.look(null)).effects.length === 0, "every effect has run", 20_000);
  } finally {
    await store.close();
  }
}
