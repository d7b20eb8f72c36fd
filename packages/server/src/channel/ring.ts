import { emptied } from "../redaction.ts";
import type { LiftedEvent } from "./lift.ts";

/** The most recent events of a topic, in order and without a hole, bounded in number. */
export class Ring {
  #events: LiftedEvent[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  push(events: readonly LiftedEvent[]): void {
    for (const event of events) this.#events.push(event);
    // Cut rarely and by half as much again, so that a push costs the same however long the ring is.
    const { length } = this.#events;
    if (length > this.#most * 1.5) this.#events = this.#events.slice(length - this.#most);
  }

  /** Empties events, wherever it holds them. */
  redact(offsets: readonly number[]): void {
    const redacted = new Set(offsets);
    this.#events = this.#events.map((event) => (redacted.has(event.offset) ? emptied(event) : event));
  }

  clear(): void {
    this.#events = [];
  }

  /** Every event after `offset`, or `undefined` when some of them are kept no more. */
  after(offset: number): readonly LiftedEvent[] | undefined {
    const first = this.#events[0];
    if (!first || first.offset > offset + 1) return undefined;
    return this.#events.slice(offset + 1 - first.offset);
  }

  /** The offset of the oldest event kept, or `undefined` when there is none. */
  get oldest(): number | undefined {
    return this.#events[0]?.offset;
  }
}
