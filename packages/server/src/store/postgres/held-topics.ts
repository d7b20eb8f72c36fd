import { ShoalError } from "@shoal/contract";
import { epochOf } from "../../epoch.ts";
import type { Locked, LockedTopic, LockRequest, StoredEvent, TopicWrite } from "../../store.ts";
import { refuseHole, toEvent, toList, toStored } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import type { Statements } from "./statements.ts";
import { fromText } from "./text.ts";
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
  readonly #records: ReadonlyMap<Held, LockedTopic["records"]>;

  private constructor(
    session: Session,
    statements: Statements,
    held: readonly Held[],
    facts: Facts,
    records: ReadonlyMap<Held, LockedTopic["records"]>,
  ) {
    this.#session = session;
    this.#statements = statements;
    this.#held = held;
    this.facts = facts;
    this.#records = records;
  }

  /** @param locked - the rows of the heads that were locked, which may be fewer than were asked for */
  static async read(
    session: Session,
    statements: Statements,
    requests: readonly LockRequest[],
    ids: ReadonlyMap<string, number>,
    locked: readonly Row[],
  ): Promise<HeldTopics> {
    const rows = new Map(locked.map((row) => [Number(row.topic), row]));
    const held = requests.flatMap((request) => toHeld(request, rows.get(ids.get(request.topic.id) ?? 0)) ?? []);
    const keys = held.flatMap((one) => one.request.commands.map((key) => ({ held: one, topic: one.topic, key })));
    const [row] = await session.run(statements.facts, keyColumns(keys));
    const facts = toFacts(row ?? {});
    const records = new Map<Held, LockedTopic["records"][number][]>();
    for (const [place, digest, outcome] of facts.records) {
      const key = keys[place - 1];
      if (!key) continue;
      const { sender, commandId } = key.key;
      const record = { sender, commandId, digest: fromText(digest), outcome: JSON.parse(outcome) };
      records.set(key.held, [...(records.get(key.held) ?? []), record]);
    }
    return new HeldTopics(session, statements, held, facts, records);
  }

  /** What `decide` is shown. */
  async show(): Promise<Locked> {
    const tails = await this.#tails();
    const topics = new Map<string, LockedTopic>();
    for (const held of this.#held) {
      const news = tails.get(held) ?? (await this.#reload(held));
      const records = this.#records.get(held) ?? [];
      topics.set(held.request.topic.id, { news, records, timers: JSON.parse(held.timers) });
    }
    return { now: this.facts.now, topics };
  }

  /** @throws {ShoalError} `INTERNAL_SERVER_ERROR` before anything is written, when events do not follow the log or the topic is not held */
  async write(writes: readonly TopicWrite[]): Promise<void> {
    const held = new Map(this.#held.map((one) => [one.request.topic.id, one]));
    const rows = writes.map((write) => toRowWrite(held.get(write.topic.id), write));
    await this.#session.run(this.#statements.write, writeColumns(rows, this.facts.now));
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
      `{${behind.map(({ topic }) => topic).join(",")}}`,
      `{${behind.map(({ request }) => request.known.offset).join(",")}}`,
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
