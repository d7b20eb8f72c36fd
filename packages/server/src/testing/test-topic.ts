import { type AnyFrame, type Channel, type ChannelTypes, type Frame, type Member, ShoalError } from "@shoal/contract";
import type { Attachment, FrameSink } from "../channel/frame-sink.ts";
import type { SharedFrame } from "../channel/shared-frame.ts";
import type { TopicHandle } from "../channel/topic-handle.ts";
import { attach, type Watch } from "../channel/watch.ts";

/** Opens a watch from a position, or from the beginning. */
export type OpenWatch = (lastEventId: string | undefined) => Promise<Watch>;

/**
 * A topic as one client of a test holds it: a replica that follows every frame by the rules of a real client, and fails the test when a
 * frame breaks them.
 */
export class TestTopic<T extends ChannelTypes> implements FrameSink {
  /** Commands, state and history in the name of this client's user. */
  readonly send: TopicHandle<T>["send"];
  readonly #channel: Channel<T>;
  readonly #openWatch: OpenWatch;
  readonly #frames: Frame<T>[] = [];
  #attachment: Attachment | undefined;
  #position: string | undefined;
  #offset = 0;
  #state: T["state"] | undefined;
  #members = new Map<string, Member<T["presence"]>>();
  #broken: Error | undefined;

  constructor(channel: Channel<T>, handle: TopicHandle<T>, openWatch: OpenWatch) {
    this.send = handle.send;
    this.#channel = channel;
    this.#openWatch = openWatch;
  }

  /** The state as this client sees it; undefined before the first snapshot. */
  get state(): T["state"] | undefined {
    this.#check();
    return this.#state;
  }

  get offset(): number {
    this.#check();
    return this.#offset;
  }

  /** Every frame that arrived, in order. */
  get frames(): readonly Frame<T>[] {
    this.#check();
    return this.#frames;
  }

  get members(): readonly Member<T["presence"]>[] {
    this.#check();
    return [...this.#members.values()];
  }

  /** Watches, from where it was. When it is fulfilled, everything that was missed has arrived. */
  async watch(): Promise<void> {
    if (this.#attachment) return;
    const watch = await this.#openWatch(this.#position);
    this.#attachment = await watch[attach](this);
  }

  /** Ends the watch, as a lost connection does. What arrived is kept. */
  cut(): void {
    this.#attachment?.detach();
    this.#attachment = undefined;
  }

  push({ id, frame }: SharedFrame): void {
    try {
      this.#follow(frame);
      this.#position = id;
      this.#frames.push(frame as Frame<T>);
    } catch (error) {
      this.#broken ??= error as Error;
    }
  }

  fail(error: ShoalError): void {
    this.#broken ??= error;
  }

  /** What went wrong while frames arrived is told where the test next looks. */
  #check(): void {
    if (this.#broken) throw this.#broken;
  }

  #follow(frame: AnyFrame): void {
    switch (frame.kind) {
      case "snapshot":
        this.#state = frame.state;
        this.#offset = frame.offset;
        break;
      case "events":
        this.#apply(frame);
        break;
      case "presence":
        this.#setMembers(frame);
        break;
      case "resumed":
      case "broadcast":
        break;
    }
  }

  #apply({ from, to, events }: Extract<AnyFrame, { kind: "events" }>): void {
    if (from !== this.#offset + 1) {
      throw new ShoalError("INTERNAL_SERVER_ERROR", `After offset ${this.#offset} came events from ${from}.`);
    }
    const apply = this.#channel.apply as Record<string, (state: unknown, data: unknown) => unknown>;
    for (const { type, data } of events) this.#state = apply[type]?.(this.#state, data);
    this.#offset = to;
  }

  #setMembers({ full, joined = [], updated = [], left = [] }: Extract<AnyFrame, { kind: "presence" }>): void {
    if (full) this.#members.clear();
    for (const member of [...(full ?? []), ...joined, ...updated]) {
      this.#members.set(member.id, member as Member<T["presence"]>);
    }
    for (const id of left) this.#members.delete(id);
  }
}
