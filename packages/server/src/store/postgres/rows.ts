import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import type { Look, StoredEffect, StoredEvent, StoredTopic, UserTopic } from "../../store.ts";
import { type TopicRef, topicRef } from "../../topic-ref.ts";
import type { Row } from "./session.ts";
import { fromText } from "./text.ts";

/** Drivers give a bigint as a text, as a number or as a bigint. */
export function toEvent(row: Row): StoredEvent {
  const { offset, at, type, data, secret, command_id, user_id, version, redacts, redacted } = row;
  return {
    offset: Number(offset),
    at: Number(at),
    type: fromText(String(type)),
    data: JSON.parse(String(data)),
    secret: secret === null ? null : JSON.parse(String(secret)),
    commandId: toOptional(command_id),
    userId: toOptional(user_id),
    version: Number(version),
    ...(typeof redacts === "string" && { redacts: JSON.parse(redacts) }),
    ...(isTrue(redacted) && { redacted: true }),
  };
}

/** The rows of the statement `load`. */
export function toStored(topic: TopicRef, rows: readonly Row[]): StoredTopic {
  const part = (wanted: number): readonly Row[] => rows.filter((row) => Number(row.part) === wanted);
  const [whole] = part(0);
  const [row] = part(1);
  const snapshot = row
    ? {
        offset: Number(row.offset),
        at: Number(row.at),
        state: JSON.parse(String(row.data)) as unknown,
        version: Number(row.version),
      }
    : null;
  const events = part(2).map(toEvent);
  refuseHole(topic, snapshot?.offset ?? 0, events);
  return { epoch: epochOf(String(whole?.identity), topic.id, Number(whole?.offset)), snapshot, events };
}

/** @throws {ShoalError} `INTERNAL_SERVER_ERROR` unless the events follow the offset `after` one by one */
export function refuseHole({ id }: TopicRef, after: number, events: readonly StoredEvent[]): void {
  const index = events.findIndex(({ offset }, place) => offset !== after + 1 + place);
  if (index === -1) return;
  const message = `There is a hole in the log of ${id}: event ${events[index]?.offset} stands in the place of ${after + 1 + index}.`;
  throw new ShoalError("INTERNAL_SERVER_ERROR", message);
}

/** Drivers give a truth value as such or as its text. */
function isTrue(value: unknown): boolean {
  return value === true || value === "t" || value === "true";
}

/** A list that a statement made as JSON; `null` when it is empty. */
export function toList<Entry>(text: unknown): readonly Entry[] {
  return typeof text === "string" ? JSON.parse(text) : [];
}

/** A topic by its columns. */
function toRef([channel, tenant, params]: readonly [string, string | null, string]): TopicRef {
  return topicRef(fromText(channel), toOptional(tenant), JSON.parse(params));
}

/** An effect by its columns, as a look has them. */
type EffectColumns = readonly [
  ...texts: readonly [id: string, source: string],
  ...target: readonly [channel: string, tenant: string | null, params: string],
  ...command: readonly [name: string, input: string],
  ...trying: readonly [due: number, attempts: number, status: StoredEffect["status"]],
  version: number,
];

function toEffect(columns: EffectColumns): StoredEffect {
  const [id, source, channel, tenant, params, command, input, due, attempts, status, version] = columns;
  return {
    id: fromText(id),
    source: fromText(source),
    target: toRef([channel, tenant, params]),
    command: fromText(command),
    input: JSON.parse(input),
    due,
    attempts,
    status,
    version,
  };
}

export function toLook({ now, identity, changed, due, effects, revocations }: Row): Omit<Look, "mark" | "renewed"> {
  return {
    now: Number(now),
    changed: toList<[string, number, number]>(changed).map(([id, offset, generation]) => ({
      id,
      epoch: epochOf(String(identity), id, generation),
      offset,
    })),
    due: toList<[string, string | null, string]>(due).map(toRef),
    effects: toList<EffectColumns>(effects).map(toEffect),
    revocations: toList<string>(revocations).map((text) => JSON.parse(text)),
  };
}

/** The epoch of a topic by a row that tells the identity and the generation. */
export function toEpoch(row: Row | undefined, id: string): string {
  return epochOf(String(row?.identity), id, Number(row?.generation ?? 0));
}

export function toTopic({ channel, tenant, params }: Row): TopicRef {
  return toRef([String(channel), tenant === null ? null : String(tenant), String(params)]);
}

export function toUserTopic(row: Row): UserTopic {
  const topic = toTopic(row);
  return { topic, epoch: toEpoch(row, topic.id), events: toList<number>(row.offsets) };
}

function toOptional(text: unknown): string | null {
  return text === null ? null : fromText(String(text));
}
