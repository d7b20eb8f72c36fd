import type { AnyFrame, ShoalError } from "@shoal/contract";
import type { TrackedEnvelope } from "@trpc/server";
import type { Attachment, FrameSink } from "./frame-sink.ts";
import type { SharedFrame } from "./shared-frame.ts";

type Pulled = IteratorResult<TrackedEnvelope<AnyFrame>, undefined>;

const done: Pulled = { done: true, value: undefined };

interface Waiting {
  resolve(pulled: Pulled): void;
  reject(error: ShoalError): void;
}

/**
 * The frames of one subscriber for who pulls them. It holds a bounded number: a reader that falls further behind loses
 * them all and goes on from a snapshot, made when it pulls again.
 */
export class FrameQueue implements FrameSink, AsyncIterator<TrackedEnvelope<AnyFrame>, undefined> {
  readonly #open: (sink: FrameSink) => Promise<Attachment>;
  readonly #most: number;
  #attachment: Promise<Attachment> | undefined;
  #attached: Attachment | undefined;
  #frames: SharedFrame[] = [];
  #waiting: Waiting | undefined;
  #overflowed = false;
  #ended: { readonly error?: ShoalError } | undefined;

  constructor(open: (sink: FrameSink) => Promise<Attachment>, most: number) {
    this.#open = open;
    this.#most = most;
  }

  push(frame: SharedFrame): void {
    if (this.#ended || this.#overflowed) return;
    if (this.#waiting) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve({ done: false, value: frame.tracked });
    } else if (this.#frames.length < this.#most) {
      this.#frames.push(frame);
    } else {
      this.#frames = [];
      this.#overflowed = true;
    }
  }

  fail(error: ShoalError): void {
    if (this.#ended) return;
    this.#ended = { error };
    this.#frames = [];
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  async next(): Promise<Pulled> {
    this.#attachment ??= this.#attach();
    await this.#attachment;
    if (this.#overflowed && !this.#ended) {
      this.#overflowed = false;
      this.#attached?.resync();
    }
    const frame = this.#frames.shift();
    if (frame) return { done: false, value: frame.tracked };
    if (this.#ended?.error) throw this.#ended.error;
    if (this.#ended) return done;
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  async return(): Promise<Pulled> {
    this.#ended ??= {};
    this.#frames = [];
    this.#waiting?.resolve(done);
    this.#waiting = undefined;
    this.#attached?.detach();
    return done;
  }

  async #attach(): Promise<Attachment> {
    const attachment = await this.#open(this);
    this.#attached = attachment;
    if (this.#ended) attachment.detach();
    return attachment;
  }
}
