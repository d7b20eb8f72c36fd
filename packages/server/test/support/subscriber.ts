import assert from "node:assert/strict";
import type { EventsFrame, Position, PresenceFrame, SnapshotFrame, SnapshotReason } from "@shoal/contract";
import { type Counter, counter } from "./counter.ts";
import type { Received } from "./reader.ts";

type State = Counter["state"];

/** Whether a snapshot for this reason is right, at this position, for who was at `from`. */
export type Allows = (reason: SnapshotReason, at: Position, from: Position | null) => boolean;

/**
 * A subscriber who takes nothing on trust: each frame is checked against the rules by which frames follow one another,
 * and is applied by the contract alone.
 */
export class Subscriber {
  /** Where it is; `null` before its first snapshot. */
  position: Position | null = null;
  state: State | undefined;
  /** Who is here, as far as the frames told. */
  readonly members = new Set<string>();
  /** Each state that it was in, and the offset it was at. */
  readonly history: { readonly offset: number; readonly state: State }[] = [];
  readonly #allows: Allows;
  #phase: "opening" | "replaying" | "live" = "opening";
  #given: Position | null = null;
  /** How many events were promised; they come as one frame, or a snapshot stands for them. */
  #owed = 0;
  #at = 0;

  constructor(allows: Allows) {
    this.#allows = allows;
  }

  /** A subscription begins, with the position that the subscriber gave. */
  open(given: Position | null): void {
    this.#phase = "opening";
    this.#given = given;
  }

  receive({ position, frame }: Received): void {
    const opens = frame.kind === "snapshot" || frame.kind === "resumed";
    if (this.#phase === "opening") assert(opens, `a subscription opens with a ${frame.kind} frame`);
    if (this.#phase === "replaying") {
      const whole = frame.kind === "events" && frame.events.length === this.#owed;
      const full = frame.kind === "presence" && frame.full !== undefined;
      assert(whole || full || frame.kind === "snapshot", `a ${frame.kind} frame cuts a replay`);
    }
    switch (frame.kind) {
      case "snapshot":
        this.#start(frame, position);
        break;
      case "resumed":
        assert(this.#phase === "opening", "a subscription is resumed on its way");
        assert.deepEqual(position, this.#given, "who resumes is told another position");
        assert.deepEqual(position, this.position, "who resumes was not there");
        this.#owed = frame.replayed;
        this.#phase = this.#owed > 0 ? "replaying" : "live";
        break;
      case "events":
        this.#advance(frame, position);
        break;
      case "presence":
        this.#meet(frame);
        assert.deepEqual(position, this.position, "a presence frame moves the position");
        break;
      case "broadcast":
        assert.deepEqual(position, this.position, "a broadcast moves the position");
    }
  }

  #start({ reason, state, offset, at }: SnapshotFrame<State>, position: Position): void {
    const from = this.#phase === "opening" ? this.#given : this.position;
    const where = `${JSON.stringify(from)} to ${JSON.stringify(position)}`;
    assert(this.#allows(reason, position, from), `a snapshot says "${reason}", from ${where}`);
    if (this.#phase !== "opening") assert.notEqual(reason, "initial", "a snapshot on the way is called initial");
    assert.equal(position.offset, offset, "a snapshot is tracked by another offset");
    this.#phase = "live";
    this.#at = at;
    this.#become(position, state);
  }

  #advance({ from, to, events }: EventsFrame<Counter["events"]>, position: Position): void {
    const { epoch, offset } = this.position ?? assert.fail("events come before a state");
    assert.equal(from, offset + 1, "events do not follow one another");
    assert.equal(to, offset + events.length, "events are missing");
    assert.deepEqual(position, { epoch, offset: to, audience: "all" }, "events are tracked by another position");
    this.#phase = "live";
    for (const [index, event] of events.entries()) {
      assert.equal(event.offset, from + index, "an event is out of its place");
      assert(event.at >= this.#at, "an event is older than the one before it");
      this.#at = event.at;
      const state = this.state ?? assert.fail("events come before a state");
      const next = event.type === "added" ? counter.apply.added(state, event.data) : counter.apply.cleared(state, {});
      this.#become({ epoch, offset: event.offset, audience: "all" }, next);
    }
  }

  #become(position: Position, state: State): void {
    this.position = position;
    this.state = state;
    this.history.push({ offset: position.offset, state });
  }

  #meet({ full, joined = [], updated = [], left = [] }: PresenceFrame<Counter["presence"]>): void {
    if (full) this.members.clear();
    for (const { id } of [...(full ?? []), ...joined, ...updated]) this.members.add(id);
    for (const id of left) this.members.delete(id);
  }
}
