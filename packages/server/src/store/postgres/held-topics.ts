import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import type { CommandRecord, Locked, LockedTopic, LockRequest, StoredEvent, TopicWrite } from "../../store.ts";
import { refuseHole, toEvent, toList, toStored } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import type { Statements } from "./statements.ts";
import { fromText, toNumbers } from "./text.ts";
import { keyColumns, type RowWrite, writeColumns } from "./write-columns.ts";

/** What is true of a transaction once it has its locks. */
interface Facts {
  readonly now: number;
  readonly identity: string;
  readonly synchronousCommit: string;
  /** Whether the locks are held by a transaction, and not by a statement that has ended. */
  readonly writing: boolean;
  readonly records: readonly (readonly [place: number, digest: string, outcome: string])[];
}

interface Held {
  readonly request: LockRequest;
  readonly topic: number;
  readonly offset: number;
  readonly first: number;
  readonly timers: string;
}

/** The topics of a transaction whose heads are locked: it reads what is to be shown of them, and writes what was decided. */
export class HeldTopics {
  readonly facts: Facts;
  readonly #session: Session;
  readonly #statements: Statements;
  readonly #held: readonly Held[];
  readonly #records: ReadonlyMap<string, readonly CommandRecord[]>;

  private constructor(
    session: Session,
    statements: Statements,
    held: readonly Held[],
    facts: Facts,
    records: ReadonlyMap<string, readonly CommandRecord[]>,
  ) {
    this.#session = session;
    this.#statements = statements;
    this.#held = held;
    this.facts = facts;
    this.#records = records;
  }

  /**
   * @param locking - the rows of the heads as they are locked, which may be fewer than were asked for. What is read of them is asked for
   * at once, and answered after them.
   */
  static async read(
    session: Session,
    statements: Statements,
    requests: readonly LockRequest[],
    ids: ReadonlyMap<string, number>,
    locking: Promise<readonly Row[]>,
  ): Promise<HeldTopics> {
    const keys = requests.flatMap(({ topic: { id }, commands }) =>
      commands.map((key) => ({ id, topic: ids.get(id) ?? 0, key })),
    );
    const reading = session.run(statements.facts, keyColumns(keys));
    const [locked, [row = {}]] = await Promise.all([locking, reading]);
    const rows = new Map(locked.map((head) => [Number(head.topic), head]));
    const held = requests.flatMap((request) => toHeld(request, rows.get(ids.get(request.topic.id) ?? 0)) ?? []);
    const facts = toFacts(row);
    const records = new Map<string, CommandRecord[]>();
    for (const [place, digest, outcome] of facts.records) {
      const found = keys[place - 1];
      if (!found) continue;
      const record = { ...found.key, digest: fromText(digest), outcome: JSON.parse(outcome) };
      records.set(found.id, [...(records.get(found.id) ?? []), record]);
    }
    return new HeldTopics(session, statements, held, facts, records);
  }

  /** What `decide` is shown. */
  async show(): Promise<Locked> {
    const tails = await this.#tails();
    const topics = new Map<string, LockedTopic>();
    for (const held of this.#held) {
      const news = tails.get(held) ?? (await this.#reload(held));
      const records = this.#records.get(held.request.topic.id) ?? [];
      topics.set(held.request.topic.id, { news, records, timers: JSON.parse(held.timers) });
    }
    return { now: this.facts.now, topics };
  }

  /**
   * @returns when it is written, but for a mistake of the caller's, which is thrown before anything is sent
   * @throws {ShoalError} `INTERNAL_SERVER_ERROR` when events do not follow the log, or the topic is not held
   */
  write(writes: readonly TopicWrite[]): Promise<unknown> {
    const held = new Map(this.#held.map((one) => [one.request.topic.id, one]));
    const rows = writes.map((write) => toRowWrite(held.get(write.topic.id), write));
    return this.#session.run(this.#statements.write, writeColumns(rows, this.facts.now));
  }

  /** What was written after the known head, for each topic of which all of that is still kept. */
  async #tails(): Promise<ReadonlyMap<Held, LockedTopic["news"]>> {
    const followed = this.#held.filter((held) => this.#follows(held));
    const behind = followed.filter(({ request, offset }) => offset > request.known.offset);
    const events = behind.length > 0 ? await this.#readTails(behind) : new Map<number, StoredEvent[]>();
    return new Map(followed.map((held) => [held, { kind: "tail", events: events.get(held.topic) ?? [] }]));
  }

  #follows({ request: { topic, known }, offset, first }: Held): boolean {
    const sameEpoch = known.epoch === epochOf(this.facts.identity, topic.id);
    return sameEpoch && known.offset <= offset && first <= known.offset + 1;
  }

  async #readTails(behind: readonly Held[]): Promise<ReadonlyMap<number, StoredEvent[]>> {
    const rows = await this.#session.run(this.#statements.tails, [
      toNumbers(behind.map(({ topic }) => topic)),
      toNumbers(behind.map(({ request }) => request.known.offset)),
    ]);
    const tails = new Map(behind.map(({ topic }) => [topic, [] as StoredEvent[]]));
    for (const row of rows) tails.get(Number(row.topic))?.push(toEvent(row));
    for (const { topic, request } of behind) refuseHole(request.topic, request.known.offset, tails.get(topic) ?? []);
    return tails;
  }

  async #reload({ request: { topic } }: Held): Promise<LockedTopic["news"]> {
    return { kind: "reload", stored: toStored(topic, await this.#session.run(this.#statements.load, [topic.id])) };
  }
}

function toHeld(request: LockRequest, row: Row | undefined): Held | undefined {
  if (!row) return undefined;
  const { topic, offset, first, timers } = row;
  return { request, topic: Number(topic), offset: Number(offset), first: Number(first), timers: String(timers) };
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

function toRowWrite(held: Held | undefined, write: TopicWrite): RowWrite {
  if (!held) {
    throw new ShoalError("INTERNAL_SERVER_ERROR", `${write.topic.id} cannot be written to: its lock is not held.`);
  }
  refuseHole(write.topic, held.offset, write.events);
  return { topic: held.topic, write };
}
