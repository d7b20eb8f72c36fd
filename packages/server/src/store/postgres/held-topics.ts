import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import type {
  CommandKey,
  CommandRecord,
  Locked,
  LockedTopic,
  LockRequest,
  StoredEvent,
  TopicWrite,
} from "../../store.ts";
import { parseTimers } from "../../stored-timers.ts";
import { refuseHole, toEvent, toList, toStored } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import { decidingSql } from "./sql.ts";
import type { Statements } from "./statements.ts";
import { fromText, toNumbers } from "./text.ts";
import type { FoundTopics } from "./topic-rows.ts";
import { keyColumns, type RowWrite, redactedColumns, redactionColumns, writeColumns } from "./write-columns.ts";

/** What is true of a transaction once it has its locks. */
interface Facts {
  readonly now: number;
  readonly identity: string;
  readonly synchronousCommit: string;
  /** Whether the locks are held by a transaction, and not by a statement that has ended. */
  readonly writing: boolean;
  readonly records: readonly FoundRecord[];
}

type FoundRecord = readonly [place: number, digest: string, outcome: string, version: number];

/** A command whose record is asked for. */
interface AskedKey {
  readonly key: CommandKey;
  readonly topicKey: string;
  readonly topic: number;
}

/** A topic whose head is locked. */
interface Held {
  readonly request: LockRequest;
  readonly topic: number;
  readonly epoch: string;
  readonly offset: number;
  readonly first: number;
  readonly timers: string;
  readonly derived: number;
}

/** The topics of a transaction whose heads are locked: it reads what is to be shown of them, and writes what was decided. */
export class HeldTopics {
  readonly facts: Facts;
  readonly #session: Session;
  readonly #statements: Statements;
  readonly #held: ReadonlyMap<string, Held>;
  readonly #records: ReadonlyMap<string, readonly CommandRecord[]>;

  private constructor(
    session: Session,
    statements: Statements,
    facts: Facts,
    held: ReadonlyMap<string, Held>,
    records: ReadonlyMap<string, readonly CommandRecord[]>,
  ) {
    this.#session = session;
    this.#statements = statements;
    this.facts = facts;
    this.#held = held;
    this.#records = records;
  }

  /**
   * @param locking - the rows of the heads as they are locked, which may be fewer than were asked for; what must be read after
   * them is asked for at once, and so answered after them
   * @returns `undefined` when the topics were found in another store than the one in which they are locked
   */
  static async read(
    session: Session,
    statements: Statements,
    requests: readonly LockRequest[],
    found: FoundTopics,
    locking: Promise<readonly Row[]>,
  ): Promise<HeldTopics | undefined> {
    const keys = requests.flatMap((request) => keysOf(request, found));
    const [locked, [row = {}]] = await Promise.all([locking, session.run(statements.facts, keyColumns(keys))]);
    const facts = toFacts(row);
    if (facts.identity !== found.identity) return undefined;
    return new HeldTopics(session, statements, facts, toHeld(requests, found, locked), toRecords(keys, facts.records));
  }

  /** What `decide` is shown. */
  async show(): Promise<Locked> {
    const tails = await this.#tails();
    const topics = new Map<string, LockedTopic>();
    for (const [key, held] of this.#held) {
      const events = tails.get(held.topic) ?? [];
      const news =
        follows(held) && !events.some(({ redacted }) => redacted)
          ? ({ kind: "tail", events } as const)
          : ({ kind: "reload", stored: await this.#reload(held) } as const);
      const { derived } = held;
      topics.set(key, { news, records: this.#records.get(key) ?? [], timers: parseTimers(held.timers), derived });
    }
    return { now: this.facts.now, topics, sql: decidingSql(this.#session) };
  }

  /**
   * @returns when it is written, which takes more than one statement where it {@link redacts}, but for a mistake of the caller's, which is thrown before anything is sent
   * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when events do not follow the log, or the topic is not held
   */
  write(writes: readonly TopicWrite[]): Promise<unknown> {
    const rows = writes.map((write) => toRowWrite(this.#held.get(write.topic.id), write));
    const writing = this.#session.run(this.#statements.write, writeColumns(rows, this.facts.now));
    return redacts(writes) ? writing.then(() => this.#redact(rows)) : writing;
  }

  async #redact(rows: readonly RowWrite[]): Promise<void> {
    const redacted = redactedColumns(rows);
    const answers = await this.#session.run(this.#statements.answers, redacted);
    const columns = redactionColumns(rows, answers);
    await this.#session.run(this.#statements.redact, [...redacted, ...columns]);
    await this.#session.run(this.#statements.dropParked, columns.slice(-1));
  }

  /** What was written after the known head, by row id, for those topics of which all of that is still kept. */
  async #tails(): Promise<ReadonlyMap<number, readonly StoredEvent[]>> {
    const behind = [...this.#held.values()].filter((held) => follows(held) && held.offset > held.request.known.offset);
    const tails = new Map(behind.map(({ topic }) => [topic, [] as StoredEvent[]]));
    if (behind.length === 0) return tails;
    const rows = await this.#session.run(this.#statements.tails, [
      toNumbers(behind.map(({ topic }) => topic)),
      toNumbers(behind.map(({ request }) => request.known.offset)),
    ]);
    for (const row of rows) tails.get(Number(row.topic))?.push(toEvent(row));
    for (const { topic, request } of behind) refuseHole(request.topic, request.known.offset, tails.get(topic) ?? []);
    return tails;
  }

  async #reload({ request: { topic } }: Held) {
    return toStored(topic, await this.#session.run(this.#statements.load, [topic.id]));
  }
}

/** Whether something is redacted by what is written. */
export function redacts(writes: readonly TopicWrite[]): boolean {
  return writes.some(({ redactions = [] }) => redactions.length > 0);
}

/** Whether all that was written after the known head is still kept. */
function follows({ request: { known }, epoch, offset, first }: Held): boolean {
  return known.epoch === epoch && known.offset <= offset && first <= known.offset + 1;
}

function keysOf({ topic: { id: topicKey }, commands }: LockRequest, { topics }: FoundTopics): readonly AskedKey[] {
  const topic = topics.get(topicKey)?.id ?? 0;
  return commands.map((key) => ({ key, topicKey, topic }));
}

function toHeld(
  requests: readonly LockRequest[],
  { identity, topics }: FoundTopics,
  locked: readonly Row[],
): ReadonlyMap<string, Held> {
  const rows = new Map(locked.map((row) => [Number(row.topic), row]));
  const held = new Map<string, Held>();
  for (const request of requests) {
    const { id: topic, epoch: firstEpoch } = topics.get(request.topic.id) ?? { id: 0, epoch: "" };
    const row = rows.get(topic);
    if (!row) continue;
    const { offset, first, timers } = row;
    const numbers = { offset: Number(offset), first: Number(first), derived: Number(row.derived) };
    const generation = Number(row.generation);
    const epoch = generation === 0 ? firstEpoch : epochOf(identity, request.topic.id, generation);
    held.set(request.topic.id, { request, topic, epoch, ...numbers, timers: String(timers) });
  }
  return held;
}

function toFacts({ now, identity, synchronous_commit, writing, records }: Row): Facts {
  return {
    now: Number(now),
    identity: String(identity),
    synchronousCommit: String(synchronous_commit),
    writing: writing === true,
    records: toList(records),
  };
}

/** The records that were found, by the keys of their topics. */
function toRecords(
  keys: readonly AskedKey[],
  found: readonly FoundRecord[],
): ReadonlyMap<string, readonly CommandRecord[]> {
  const records = new Map<string, CommandRecord[]>();
  for (const [place, digest, outcome, version] of found) {
    const asked = keys[place - 1];
    if (!asked) continue;
    const ofTopic = records.get(asked.topicKey) ?? [];
    ofTopic.push({ ...asked.key, digest: fromText(digest), outcome: JSON.parse(outcome), version });
    records.set(asked.topicKey, ofTopic);
  }
  return records;
}

function toRowWrite(held: Held | undefined, write: TopicWrite): RowWrite {
  if (!held) {
    throw new ShoalError("INTERNAL_SERVER_ERROR", `${write.topic.id} cannot be written to: its lock is not held.`);
  }
  refuseHole(write.topic, held.offset, write.events);
  return { topic: held.topic, write };
}
