import type { AnyFrame, SnapshotReason } from "@shoal/contract";
import type { TrackedEnvelope } from "@trpc/server";
import type { WireMeters } from "../observe/wire-meters.ts";
import type { Attachment, FrameSink } from "./frame-sink.ts";
import { Room } from "./room.ts";
import type { SharedFrame } from "./shared-frame.ts";
import { WaitingFrames } from "./waiting-frames.ts";

type Pulled = IteratorResult<TrackedEnvelope<AnyFrame>, undefined>;

/** How many bytes wait for who pulls, as JSON: as many as Shoal's transports hold for a client unless they are told otherwise. */
const queueBytes = 1024 * 1024;

const done: Pulled = { done: true, value: undefined };

interface Waiting {
  resolve(pulled: Pulled): void;
  reject(error: unknown): void;
}

export interface FrameQueueOptions {
  /** How many frames wait for an iterator that does not pull, before it is resynchronised. */
  readonly queue: number;
  /** Ends the subscription. An iterator that waits inside a generator cannot be ended in any other way. */
  readonly signal: AbortSignal | undefined;
  /** Where it is counted what is pulled, if it goes to a client. */
  readonly wire?: WireMeters | undefined;
  /** Makes an error fit to leave the server. */
  readonly toError: (error: unknown) => Error;
  /** Hears of an iteration that begins, to end it with an error when the server stops. @returns what is called when it is over */
  readonly follow?: ((subscription: Pick<FrameSink, "fail">) => () => void) | undefined;
}

/**
 * The frames of one subscriber for who pulls them. It holds a bounded number, of bounded bytes, beside an opening, which it takes whole: a
 * reader that falls further behind loses them all and goes on from a snapshot, made when it pulls again. A frame that was
 * merged counts by its events.
 */
export class FrameQueue implements FrameSink, AsyncIterator<TrackedEnvelope<AnyFrame>, undefined> {
  readonly #open: (sink: FrameSink) => Promise<Attachment>;
  readonly #options: FrameQueueOptions;
  #attachment: Promise<Attachment> | undefined;
  #attached: Attachment | undefined;
  readonly #frames: WaitingFrames;
  #waiting: Waiting | undefined;
  #opening = true;
  #ended: { readonly error?: unknown } | undefined;
  #unfollow: (() => void) | undefined;

  constructor(open: (sink: FrameSink) => Promise<Attachment>, options: FrameQueueOptions) {
    this.#open = open;
    this.#options = options;
    this.#frames = new WaitingFrames(options.queue, new Room(queueBytes));
    options.signal?.addEventListener("abort", () => this.return(), { once: true });
  }

  get waits(): boolean {
    return !this.#frames.isIdle;
  }

  push(frame: SharedFrame): void {
    if (this.#ended) return;
    if (!this.#waiting) {
      this.#hold(frame);
      return;
    }
    const { resolve } = this.#waiting;
    this.#waiting = undefined;
    resolve(this.#handOver(frame));
  }

  retract(isStale: (frame: AnyFrame) => boolean, reason: SnapshotReason): void {
    this.#frames.retract(isStale, reason);
  }

  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#frames.clear();
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#detach();
  }

  /** What cannot be merged with what waits ends this subscription, and no other. */
  #hold(frame: SharedFrame): void {
    try {
      this.#frames.push(frame, this.#opening);
    } catch (error) {
      this.fail(error);
    }
  }

  async next(): Promise<Pulled> {
    try {
      return await this.#pull();
    } catch (error) {
      // Who iterates by `for await` does not return an iterator that threw.
      await this.return();
      throw this.#options.toError(error);
    }
  }

  async #pull(): Promise<Pulled> {
    if (this.#options.signal?.aborted) return done;
    this.#attachment ??= this.#attach();
    await this.#attachment;
    const dropped = this.#ended ? undefined : this.#frames.takeDropped();
    if (dropped) {
      this.#opening = true;
      this.#attached?.resync(dropped);
      this.#opening = false;
    }
    const frame = this.#frames.shift();
    if (frame) return this.#handOver(frame);
    if (this.#ended && "error" in this.#ended) throw this.#ended.error;
    if (this.#ended) return done;
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async return(): Promise<Pulled> {
    this.#ended ??= {};
    this.#frames.clear();
    this.#waiting?.resolve(done);
    this.#waiting = undefined;
    this.#detach();
    this.#unfollow?.();
    return done;
  }

  #handOver({ tracked }: SharedFrame): Pulled {
    const { wire } = this.#options;
    if (wire) wire.frames += 1;
    return { done: false, value: tracked };
  }

  #detach(): void {
    const attached = this.#attached;
    this.#attached = undefined;
    attached?.detach();
  }

  async #attach(): Promise<Attachment> {
    this.#unfollow = this.#options.follow?.(this);
    const attachment = await this.#open(this);
    this.#attached = attachment;
    this.#opening = false;
    if (this.#ended) this.#detach();
    return attachment;
  }
}
