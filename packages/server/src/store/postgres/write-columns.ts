import { answersBehind, withoutResult } from "../../redaction.ts";
import type { CommandKey, TopicWrite } from "../../store.ts";
import { nextDue } from "../../stored-timers.ts";
import type { Parameter, Row } from "./session.ts";
import { toNumbers, toText, toTexts } from "./text.ts";

/** What is written to the topic with this row id. */
export interface RowWrite {
  readonly topic: number;
  readonly write: TopicWrite;
}

/** The parameters of the statement `facts`. */
export function keyColumns(
  keys: readonly { readonly topic: number; readonly key: CommandKey }[],
): readonly Parameter[] {
  return [
    toNumbers(keys.map(({ topic }) => topic)),
    toTexts(keys.map(({ key }) => toText(key.sender))),
    toTexts(keys.map(({ key }) => toText(key.commandId))),
  ];
}

/** The parameters of the statement `write`: one array for each column of each table. */
export function writeColumns(writes: readonly RowWrite[], now: number): readonly Parameter[] {
  return [
    ...eventColumns(writes),
    ...recordColumns(writes),
    String(now),
    ...snapshotColumns(writes),
    ...headColumns(writes),
    ...effectColumns(writes),
    ...versionColumns(writes),
    toTexts(
      writes.flatMap(({ write }) => write.events.map(({ redacts }) => (redacts ? JSON.stringify(redacts) : null))),
    ),
    toNumbers(moved(writes).map(({ write }) => (write.newEpoch ? 1 : 0))),
    toNumbers(moved(writes).map(({ write }) => write.derived ?? null)),
  ];
}

/** The parameters of the statement `answers`, and the first of `redact`. */
export function redactedColumns(writes: readonly RowWrite[]): readonly Parameter[] {
  const rows = writes.flatMap(({ topic, write }) => (write.redactions ?? []).map(({ offset }) => ({ topic, offset })));
  return [toNumbers(rows.map(({ topic }) => topic)), toNumbers(rows.map(({ offset }) => offset))];
}

/** The other parameters of the statement `redact`: the answers as they are to be, and the effects. */
export function redactionColumns(writes: readonly RowWrite[], found: readonly Row[]): readonly Parameter[] {
  const answers = answersOf(found);
  const column = (name: string) => answers.map((answer) => String(answer[name]));
  return [
    toNumbers(answers.map(({ topic }) => Number(topic))),
    toTexts(column("sender")),
    toTexts(column("command_id")),
    toTexts(column("outcome").map((outcome) => JSON.stringify(withoutResult(JSON.parse(outcome))))),
    toTexts(writes.flatMap(({ write }) => (write.redactions ?? []).map(({ effects }) => toText(effects)))),
  ];
}

/** Each answer once, of the rows of the statement `answers`. */
function answersOf(rows: readonly Row[]): readonly Row[] {
  const keyOf = ({ topic, sender, command_id }: Row) => JSON.stringify([String(topic), sender, command_id]);
  const trimmed = new Map<string, (Row & { outcome: unknown })[]>();
  for (const row of rows) {
    if (row.trimmed === null) continue;
    const key = JSON.stringify([String(row.topic), String(row.trimmed)]);
    const all = trimmed.get(key) ?? [];
    all.push({ ...row, outcome: row.outcome });
    trimmed.set(key, all);
  }
  const behind = [...trimmed.values()].flatMap((all) => answersBehind(all, Number(all[0]?.trimmed)));
  const answers = [...rows.filter((row) => row.trimmed === null), ...behind];
  return [...new Map(answers.map((answer) => [keyOf(answer), answer])).values()];
}

function eventColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write }) => write.events.map((event) => ({ topic, event })));
  return [
    toNumbers(rows.map(({ topic }) => topic)),
    toNumbers(rows.map(({ event }) => event.offset)),
    toNumbers(rows.map(({ event }) => event.at)),
    toTexts(rows.map(({ event }) => toText(event.type))),
    toTexts(rows.map(({ event }) => JSON.stringify(event.data))),
    toTexts(rows.map(({ event }) => toOptional(event.commandId))),
    toTexts(rows.map(({ event }) => toOptional(event.userId))),
  ];
}

function recordColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write }) => write.records.map((record) => ({ topic, record })));
  return [
    toNumbers(rows.map(({ topic }) => topic)),
    toTexts(rows.map(({ record }) => toText(record.sender))),
    toTexts(rows.map(({ record }) => toText(record.commandId))),
    toTexts(rows.map(({ record }) => toText(record.digest))),
    toTexts(rows.map(({ record }) => JSON.stringify(record.outcome))),
  ];
}

function snapshotColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write: { snapshot } }) => (snapshot ? { topic, snapshot } : []));
  return [
    toNumbers(rows.map(({ topic }) => topic)),
    toNumbers(rows.map(({ snapshot }) => snapshot.offset)),
    toNumbers(rows.map(({ snapshot }) => snapshot.at)),
    toTexts(rows.map(({ snapshot }) => JSON.stringify(snapshot.state))),
  ];
}

/** A topic that only recorded answers is not moved. */
function moved(writes: readonly RowWrite[]): readonly RowWrite[] {
  return writes.filter(
    ({ write: { events, timers, snapshot, derived } }) =>
      events.length > 0 || timers || snapshot || derived !== undefined,
  );
}

function headColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = moved(writes);
  return [
    toNumbers(rows.map(({ topic }) => topic)),
    toNumbers(rows.map(({ write }) => write.head.offset)),
    toNumbers(rows.map(({ write }) => write.head.at)),
    toNumbers(rows.map(({ write }) => write.snapshot?.offset ?? null)),
    toTexts(rows.map(({ write: { timers } }) => (timers ? JSON.stringify(timers) : null))),
    toNumbers(rows.map(({ write: { timers } }) => (timers ? nextDue(timers) : null))),
  ];
}

/** What the events keep secret, then what follows from them, and what is done. */
function effectColumns(writes: readonly RowWrite[]): readonly string[] {
  const events = writes.flatMap(({ write }) => write.events);
  const effects = writes.flatMap(({ write }) => write.effects ?? []);
  const settled = writes.flatMap(({ write }) => write.settled ?? []);
  return [
    toTexts(events.map(({ secret }) => (secret === null ? null : JSON.stringify(secret)))),
    toTexts(effects.map(({ id }) => toText(id))),
    toTexts(effects.map(({ source }) => toText(source))),
    toTexts(effects.map(({ target }) => toText(target.channel))),
    toTexts(effects.map(({ target }) => toOptional(target.tenant))),
    toTexts(effects.map(({ target }) => JSON.stringify(target.params))),
    toTexts(effects.map(({ command }) => toText(command))),
    toTexts(effects.map(({ input }) => JSON.stringify(input))),
    toNumbers(effects.map(({ due }) => due)),
    toNumbers(effects.map(({ attempts }) => attempts)),
    toTexts(effects.map(({ status }) => status)),
    toTexts(settled.map(toText)),
  ];
}

/** By which versions of their contracts the events, the records, the snapshots and the effects are written. */
function versionColumns(writes: readonly RowWrite[]): readonly string[] {
  const versionsOf = (rows: readonly { readonly version: number }[]): string =>
    toNumbers(rows.map(({ version }) => version));
  return [
    versionsOf(writes.flatMap(({ write }) => write.events)),
    versionsOf(writes.flatMap(({ write }) => write.records)),
    versionsOf(writes.flatMap(({ write }) => write.snapshot ?? [])),
    versionsOf(writes.flatMap(({ write }) => write.effects ?? [])),
  ];
}

function toOptional(value: string | null): string | null {
  return value === null ? null : toText(value);
}
