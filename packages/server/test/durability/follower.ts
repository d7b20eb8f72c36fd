import assert from "node:assert/strict";
import { type AnyFrame, parsePosition } from "@shoal/contract";
import { foldEntries, type Ledger, ledger } from "./ledger.ts";

type State = Ledger["state"];

/** A subscriber of a ledger that outlives its server: it comes back with its position, and trusts nothing that it is told. */
export class Follower {
  readonly ledgerId: string;
  /** The id of the last frame, with which it comes back. */
  lastEventId: string | null = null;
  offset = 0;
  state: State;
  /** How often it heard of each offset. */
  readonly heard = new Map<number, number>();
  /** How many openings of a subscription it saw, by their kind. */
  readonly openings = { snapshot: 0, resumed: 0 };
  #opened = false;

  constructor(ledgerId: string) {
    this.ledgerId = ledgerId;
    this.state = ledger.initial({ ledgerId });
  }

  /** A subscription begins, with the position it has. */
  reopen(): void {
    this.#opened = false;
  }

  receive(id: string, frame: AnyFrame): void {
    const position = parsePosition(id);
    switch (frame.kind) {
      case "snapshot":
        assert(!this.#opened, `a snapshot (${frame.reason}) comes on the way`);
        assert.equal(this.lastEventId, null, `who has a position gets a snapshot (${frame.reason})`);
        this.openings.snapshot += 1;
        this.offset = frame.offset;
        this.state = frame.state as State;
        break;
      case "resumed":
        assert(!this.#opened, "a subscription is resumed on the way");
        assert.equal(id, this.lastEventId, "it is resumed at another position");
        this.openings.resumed += 1;
        break;
      case "events":
        assert(this.#opened, "events come before an opening");
        assert.equal(frame.from, this.offset + 1, "events do not follow one another");
        for (const { offset, data } of frame.events) {
          this.offset += 1;
          assert.equal(offset, this.offset, "an event is out of its place");
          this.heard.set(offset, (this.heard.get(offset) ?? 0) + 1);
          this.state = foldEntries([(data as { entry: number }).entry], this.state);
        }
        break;
      default:
        assert.fail(`a ledger has no ${frame.kind}`);
    }
    this.#opened = true;
    assert.equal(position.offset, this.offset, "a frame is tracked by another offset");
    this.lastEventId = id;
  }
}
