import type { AnyFrame } from "@shoal/contract";
import type { TrackedEnvelope } from "@trpc/server";
import { FrameQueue, type FrameQueueOptions } from "./frame-queue.ts";
import type { Attachment, FrameSink } from "./frame-sink.ts";

/** The method of a {@link Watch} by which a transport takes frames as they come, without iterating. */
export const attach: unique symbol = Symbol.for("shoal.attach");

/**
 * What `watch` returns: an async iterable for tRPC's own handlers, and for Shoal's own a method to attach a sink.
 * Nothing happens before one of the two is used, and each use is a subscription of its own.
 */
export class Watch implements AsyncIterable<TrackedEnvelope<AnyFrame>> {
  readonly #open: (sink: FrameSink) => Promise<Attachment>;
  readonly #options: FrameQueueOptions;

  constructor(open: (sink: FrameSink) => Promise<Attachment>, options: FrameQueueOptions) {
    this.#open = open;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncIterator<TrackedEnvelope<AnyFrame>, undefined> {
    return new FrameQueue(this.#open, this.#options);
  }

  [attach](sink: FrameSink): Promise<Attachment> {
    return this.#open(sink);
  }

  /** Makes what {@link attach} threw, or a sink was told, fit to leave the server. It needs nothing of the watch. */
  get toError(): (error: unknown) => Error {
    return this.#options.toError;
  }
}
