import type {
  CommandRecord,
  LockedTopic,
  StoredEffect,
  StoredEvent,
  StoredTopic,
  TopicWrite,
  UserTopic,
} from "../../store.ts";
import { nextDue, parseTimers } from "../../stored-timers.ts";
import { type TopicRef, topicRef } from "../../topic-ref.ts";
import type {
  EffectRow,
  EventRow,
  LockRow,
  RecordRow,
  TopicColumns,
  TopicRow,
  UserTopicRow,
  WriteRow,
} from "./messages.ts";

export function toEvent({ data, secret, redacts, redacted, ...row }: EventRow): StoredEvent {
  return {
    ...row,
    data: JSON.parse(data),
    secret: secret === null ? null : JSON.parse(secret),
    ...(redacts !== null && { redacts: JSON.parse(redacts) }),
    ...(redacted !== 0 && { redacted: true }),
  };
}

function toEventRow({ redacted, ...event }: StoredEvent): EventRow {
  return {
    ...event,
    data: JSON.stringify(event.data),
    secret: event.secret === null ? null : JSON.stringify(event.secret),
    redacts: event.redacts ? JSON.stringify(event.redacts) : null,
    redacted: redacted ? 1 : 0,
  };
}

/** What others are to be told of a write; nothing where no event is new. */
export function toWritten({ topic, head, events, newEpoch }: TopicWrite, generation: number) {
  if (events.length === 0 && !newEpoch) return [];
  return [{ topic: topic.id, offset: head.offset, generation: newEpoch ? generation + 1 : generation }];
}

/** A topic by its columns. */
export function toRef({ channel, tenant, params }: TopicColumns): TopicRef {
  return topicRef(channel, tenant, JSON.parse(params));
}

export function toUserTopic({ channel, tenant, params, epoch, offsets }: UserTopicRow): UserTopic {
  return { topic: topicRef(channel, tenant, JSON.parse(params)), epoch, events: JSON.parse(offsets) };
}

export function toEffect({ channel, tenant, params, input, ...effect }: EffectRow): StoredEffect {
  return { ...effect, target: topicRef(channel, tenant, JSON.parse(params)), input: JSON.parse(input) };
}

export function toEffectRow({ target, input, ...effect }: StoredEffect): EffectRow {
  const { channel, tenant, params } = target;
  return { ...effect, channel, tenant, params: JSON.stringify(params), input: JSON.stringify(input) };
}

export function toStored({ epoch, snapshot, events }: TopicRow): StoredTopic {
  const kept = snapshot && { ...snapshot, state: JSON.parse(snapshot.state) as unknown };
  return { epoch, snapshot: kept, events: events.map(toEvent) };
}

export function toLocked({ news, records, timers, derived }: LockRow): LockedTopic {
  return {
    news:
      news.kind === "tail"
        ? { kind: "tail", events: news.events.map(toEvent) }
        : { kind: "reload", stored: toStored(news.topic) },
    records: records.map(toRecord),
    timers: parseTimers(timers),
    derived,
  };
}

export function toRecord(row: RecordRow): CommandRecord {
  return { ...row, outcome: JSON.parse(row.outcome) };
}

export function toRow(write: TopicWrite): WriteRow {
  const { topic, head, events, records, timers, snapshot, effects = [], settled = [], redactions = [] } = write;
  return {
    key: topic.id,
    channel: topic.channel,
    tenant: topic.tenant,
    params: JSON.stringify(topic.params),
    head,
    events: events.map(toEventRow),
    records: records.map((record) => ({ ...record, outcome: JSON.stringify(record.outcome) })),
    timers: timers && { text: JSON.stringify(timers), nextDue: nextDue(timers) },
    snapshot: snapshot && { ...snapshot, state: JSON.stringify(snapshot.state) },
    derived: write.derived ?? null,
    effects: effects.map(toEffectRow),
    settled,
    redactions,
    newEpoch: write.newEpoch === true,
  };
}
