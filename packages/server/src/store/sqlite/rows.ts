import type { DatabaseSync, StatementSync } from "node:sqlite";
import { epochOf } from "../../epoch.ts";
import type { CommandKey } from "../../store.ts";
import type { EventRow, RecordRow, SnapshotRow, TopicRow } from "./messages.ts";

interface FoundTopic {
  readonly id: number;
  readonly offset: number;
  readonly first: number;
  readonly timers: string;
  readonly generation: number;
  readonly derived: number;
}

/** The reads that the writer and the reader share. */
export class Rows {
  readonly #identity: StatementSync;
  readonly #topic: StatementSync;
  readonly #snapshot: StatementSync;
  readonly #events: StatementSync;
  readonly #record: StatementSync;

  constructor(database: DatabaseSync) {
    this.#identity = database.prepare("SELECT value FROM meta WHERE key = 'identity'");
    this.#topic = database.prepare(`SELECT id, "offset", first, timers, generation, derived FROM topics WHERE key = ?`);
    this.#snapshot = database.prepare(`SELECT "offset", at, state, version FROM snapshots WHERE topic = ?`);
    this.#events = database.prepare(
      `SELECT "offset", at, type, data, secret, command_id AS commandId, user_id AS userId, version, redacts, redacted
       FROM events WHERE topic = ? AND "offset" BETWEEN ? AND ? ORDER BY "offset"`,
    );
    this.#record = database.prepare(
      `SELECT sender, command_id AS commandId, digest, outcome, version
       FROM records WHERE command_id = ? AND topic = ? AND sender = ?`,
    );
  }

  /** What identifies the store, as this connection sees it now. */
  identity(): string {
    return String(this.#identity.get()?.value);
  }

  epoch(key: string): string {
    return epochOf(this.identity(), key, this.topic(key)?.generation ?? 0);
  }

  topic(key: string): FoundTopic | undefined {
    return this.#topic.get(key) as unknown as FoundTopic | undefined;
  }

  events(topic: number, from: number, to = Number.MAX_SAFE_INTEGER): readonly EventRow[] {
    return this.#events.all(topic, from, to) as never;
  }

  record(topic: number, { sender, commandId }: CommandKey): RecordRow | null {
    return (this.#record.get(commandId, topic, sender) as RecordRow | undefined) ?? null;
  }

  /** The newest snapshot and every event after it. */
  whole(key: string): TopicRow {
    const epoch = this.epoch(key);
    const topic = this.topic(key);
    if (!topic) return { epoch, snapshot: null, events: [] };
    const snapshot = (this.#snapshot.get(topic.id) as SnapshotRow | undefined) ?? null;
    return { epoch, snapshot, events: this.events(topic.id, (snapshot?.offset ?? 0) + 1) };
  }
}
