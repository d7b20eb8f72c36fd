import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import { isTrackedEnvelope } from "@trpc/server";
import { inTime } from "../support/recorder.ts";
import { type Tally2, tally2 } from "./tally-2.ts";
import type { startNode2 } from "./tally-node.ts";

/** A subscriber of the second version, which comes and goes and applies what it is sent by the contract alone. */
export class TallyFollower {
  state = tally2.initial({ tallyId: "home" });
  #offset = 0;
  #lastEventId: string | undefined;

  /** Watches from where it was until it is at `offset`. */
  async comeBack({ caller }: ReturnType<typeof startNode2>, offset: number): Promise<void> {
    const from = this.#lastEventId === undefined ? {} : { lastEventId: this.#lastEventId };
    const frames = await caller.watch({ tallyId: "home", version: 2, ...from });
    await inTime(this.#follow(frames, offset), `a follower at ${this.#offset} to be at ${offset}`);
  }

  async #follow(frames: AsyncIterable<unknown>, offset: number): Promise<void> {
    for await (const value of frames) {
      if (!isTrackedEnvelope(value)) assert.fail("A frame without a position was sent.");
      this.#lastEventId = value[0];
      this.#receive(value[1] as Frame<Tally2>);
      if (this.#offset === offset) return;
    }
  }

  #receive(frame: Frame<Tally2>): void {
    if (frame.kind === "snapshot") {
      this.state = frame.state;
      this.#offset = frame.offset;
    } else if (frame.kind === "events") {
      assert.equal(frame.from, this.#offset + 1, "events do not follow one another");
      const apply: Record<string, (state: Tally2["state"], data: never) => Tally2["state"]> = tally2.apply;
      for (const { type, data } of frame.events) this.state = apply[type]?.(this.state, data as never) ?? this.state;
      this.#offset = frame.to;
    }
  }
}
