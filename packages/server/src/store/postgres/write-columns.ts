import { type CommandKey, nextDue, type TopicWrite } from "../../store.ts";
import type { Parameter } from "./session.ts";
import { toArray, toText } from "./text.ts";

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
    toArray(keys.map(({ topic }) => topic)),
    toArray(keys.map(({ key }) => toText(key.sender))),
    toArray(keys.map(({ key }) => toText(key.commandId))),
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
  ];
}

function eventColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write }) => write.events.map((event) => ({ topic, event })));
  return [
    toArray(rows.map(({ topic }) => topic)),
    toArray(rows.map(({ event }) => event.offset)),
    toArray(rows.map(({ event }) => event.at)),
    toArray(rows.map(({ event }) => toText(event.type))),
    toArray(rows.map(({ event }) => JSON.stringify(event.data))),
    toArray(rows.map(({ event }) => toOptional(event.commandId))),
    toArray(rows.map(({ event }) => toOptional(event.userId))),
  ];
}

function recordColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write }) => write.records.map((record) => ({ topic, record })));
  return [
    toArray(rows.map(({ topic }) => topic)),
    toArray(rows.map(({ record }) => toText(record.sender))),
    toArray(rows.map(({ record }) => toText(record.commandId))),
    toArray(rows.map(({ record }) => toText(record.digest))),
    toArray(rows.map(({ record }) => JSON.stringify(record.outcome))),
  ];
}

function snapshotColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.flatMap(({ topic, write: { snapshot } }) => (snapshot ? { topic, snapshot } : []));
  return [
    toArray(rows.map(({ topic }) => topic)),
    toArray(rows.map(({ snapshot }) => snapshot.offset)),
    toArray(rows.map(({ snapshot }) => snapshot.at)),
    toArray(rows.map(({ snapshot }) => JSON.stringify(snapshot.state))),
  ];
}

/** A topic that only recorded answers is not moved. */
function headColumns(writes: readonly RowWrite[]): readonly string[] {
  const rows = writes.filter(({ write: { events, timers, snapshot } }) => events.length > 0 || timers || snapshot);
  return [
    toArray(rows.map(({ topic }) => topic)),
    toArray(rows.map(({ write }) => write.head.offset)),
    toArray(rows.map(({ write }) => write.head.at)),
    toArray(rows.map(({ write }) => write.snapshot?.offset ?? null)),
    toArray(rows.map(({ write: { timers } }) => (timers ? JSON.stringify(timers) : null))),
    toArray(rows.map(({ write: { timers } }) => (timers ? nextDue(timers) : null))),
  ];
}

function toOptional(value: string | null): string | null {
  return value === null ? null : toText(value);
}
