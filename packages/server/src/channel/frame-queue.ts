import type { AnyFrame, ShoalError, SnapshotReason } from "@shoal/contract";
import type { TrackedEnvelope } from "@trpc/server";
import type { Attachment, FrameSink } from "./frame-sink.ts";
import type { SharedFrame } from "./shared-frame.ts";

type Pulled = IteratorResult<TrackedEnvelope<AnyFrame>, undefined>;

const done: Pulled = { done: true, value: undefined };

interface Waiting {
  resolve(pulled: Pulled): void;
  reject(error: ShoalError): void;
}

export interface FrameQueueOptions {
  /** How many frames wait for an iterator that does not pull, before it is resynchronised. */
  readonly queue: number;
  /** Ends the subscription. An iterator that waits inside a generator cannot be ended in any other way. */
  readonly signal: AbortSignal | undefined;
  /** Makes an error fit to leave the server. */
  readonly toError: (error: unknown) => Error;
}

/**
 * The frames of one subscriber for who pulls them. It holds a bounded number beside an opening, which it takes whole: a
 * reader that falls further behind loses them all and goes on from a snapshot, made when it pulls again. A frame that was
 * merged counts by its events.
 */
export class FrameQueue implements FrameSink, AsyncIterator<TrackedEnvelope<AnyFrame>, undefined> {
  readonly #open: (sink: FrameSink) => Promise<Attachment>;
  readonly #options: FrameQueueOptions;
  #attachment: Promise<Attachment> | undefined;
  #attached: Attachment | undefined;
  #frames: SharedFrame[] = [];
  #waiting: Waiting | undefined;
  #opening = true;
  /** Why it dropped what waited, until it is resynchronised. */
  #dropped: SnapshotReason | undefined;
  #ended: { readonly error?: ShoalError } | undefined;

  constructor(open: (sink: FrameSink) => Promise<Attachment>, options: FrameQueueOptions) {
    this.#open = open;
    this.#options = options;
    options.signal?.addEventListener("abort", () => this.return(), { once: true });
  }

  push(frame: SharedFrame): void {
    if (this.#ended || this.#dropped) return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: frame.tracked });
    } else if (this.#opening) {
      this.#frames.push(frame);
    } else if (!this.#merge(frame) && !this.#append(frame)) {
      this.#drop("overflow");
    }
  }

  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    if (this.#ended) return;
    // Who has yet to be resynchronised hears of another epoch, whatever it dropped its frames for.
    const renewed = this.#dropped !== undefined && reason === "epoch";
    if (renewed || this.#frames.some(({ frame }) => isStale(frame))) this.#drop(reason);
  }

  fail(error: ShoalError): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#frames = [];
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  async next(): Promise<Pulled> {
    try {
      return await this.#pull();
    } catch (error) {
      throw this.#options.toError(error);
    }
  }

  async #pull(): Promise<Pulled> {
    if (this.#options.signal?.aborted) return done;
    this.#attachment ??= this.#attach();
    await this.#attachment;
    if (this.#dropped && !this.#ended) {
      const reason = this.#dropped;
      this.#dropped = undefined;
      this.#opening = true;
      this.#attached?.resync(reason);
      this.#opening = false;
    }
    const frame = this.#frames.shift();
    if (frame) return { done: false, value: frame.tracked };
    if (this.#ended?.error) throw this.#ended.error;
    if (this.#ended) return done;
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #drop(reason: SnapshotReason): void {
    this.#frames = [];
    this.#dropped = reason;
  }

  async return(): Promise<Pulled> {
    this.#ended ??= {};
    this.#frames = [];
    this.#waiting?.resolve(done);
    this.#waiting = undefined;
    this.#attached?.detach();
    return done;
  }

  /** What waits and may be conflated waits as one frame, as long as there is room for all of its events. */
  #merge(frame: SharedFrame): boolean {
    const last = this.#frames.at(-1);
    const merged = last?.merge(frame);
    if (!last || !merged || merged.weight - last.weight > this.#room()) return false;
    this.#frames[this.#frames.length - 1] = merged;
    return true;
  }

  #append(frame: SharedFrame): boolean {
    if (frame.weight > this.#room()) return false;
    this.#frames.push(frame);
    return true;
  }

  #room(): number {
    return this.#options.queue - this.#frames.reduce((sum, { weight }) => sum + weight, 0);
  }

  async #attach(): Promise<Attachment> {
    const attachment = await this.#open(this);
    this.#attached = attachment;
    this.#opening = false;
    if (this.#ended) attachment.detach();
    return attachment;
  }
}
