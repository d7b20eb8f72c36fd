import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import { userOf } from "../support/app.ts";
import { eventually } from "../support/recorder.ts";
import { type InboxApp, type InboxState, inbox } from "./inbox-app.ts";

type InboxFrame = Frame<NonNullable<(typeof inbox)["~types"]>>;

/** A device of Ann's: it holds what it got and nothing else, and goes on from its position when its link comes back. */
export class Follower {
  state: InboxState | undefined;
  offset = 0;
  readonly kinds: string[] = [];
  #position: string | undefined;
  #abort: AbortController | undefined;
  #reading: Promise<void> | undefined;

  get isLinked(): boolean {
    return this.#abort !== undefined;
  }

  link(app: InboxApp): void {
    if (this.#abort) return;
    this.#abort = new AbortController();
    const options = { signal: this.#abort.signal, ...(this.#position !== undefined && { position: this.#position }) };
    const frames = app.realtime.topic(inbox, { userId: "ann" }).as(userOf("ann")).subscribe(options);
    this.#reading = this.#read(frames);
  }

  async cut(): Promise<void> {
    this.#abort?.abort();
    this.#abort = undefined;
    await this.#reading;
  }

  async reaches(offset: number): Promise<void> {
    await eventually(() => this.offset >= offset, "the device is where the server is");
  }

  async #read(frames: AsyncIterable<{ readonly id: string; readonly frame: InboxFrame }>): Promise<void> {
    for await (const { id, frame } of frames) {
      this.kinds.push(frame.kind);
      if (frame.kind === "snapshot") [this.state, this.offset] = [frame.state, frame.offset];
      if (frame.kind === "events") this.#apply(frame);
      this.#position = id;
    }
  }

  #apply({ from, to, events }: Extract<InboxFrame, { kind: "events" }>): void {
    assert.equal(from, this.offset + 1);
    for (const { type, data } of events) this.state = applied(this.state, { type, data });
    this.offset = to;
  }
}

/** The state after an event, as a browser makes it. */
export function applied(state: unknown, { type, data }: { readonly type: string; readonly data: unknown }): InboxState {
  const apply = inbox.apply as unknown as Record<string, (state: unknown, data: unknown) => InboxState>;
  const next = apply[type]?.(state, data);
  assert(next);
  return next;
}
