import type { AnyFrame } from "@shoal/contract";
import type { TrackedEnvelope } from "@trpc/server";
import type { Identity } from "../security/identity.ts";
import type { User } from "../user.ts";
import type { Caller } from "./access.ts";
import { FrameQueue, type FrameQueueOptions } from "./frame-queue.ts";
import type { Attachment, FrameSink } from "./frame-sink.ts";

/** The method of a {@link Watch} by which a transport takes frames as they come, without iterating. */
export const attach: unique symbol = Symbol.for("shoal.attach");

/** How a transport attaches to a {@link Watch}. */
export interface AttachOptions {
  /**
   * For how long the watch goes on after what its user signed in with has expired, in milliseconds: for a transport on which that can be
   * renewed, and which else ends the connection itself.
   * @default 0
   */
  readonly graceMs?: number;
}

/** What a {@link Watch} is made of. */
export interface WatchParts extends FrameQueueOptions {
  /** Which realtime it is of. */
  readonly realtime: object;
  readonly caller: Caller;
  readonly open: (sink: FrameSink, caller: Caller, graceMs: number) => Promise<Attachment>;
}

/**
 * What `watch` returns: an async iterable for tRPC's own handlers, and for Shoal's own a method to attach a sink.
 * Nothing happens before one of the two is used, and each use is a subscription of its own.
 */
export class Watch implements AsyncIterable<TrackedEnvelope<AnyFrame>> {
  readonly #parts: WatchParts;
  #caller: Caller;

  constructor(parts: WatchParts) {
    this.#parts = parts;
    this.#caller = parts.caller;
  }

  /** Which realtime it is of: the same for all of its watches. */
  get realtime(): object {
    return this.#parts.realtime;
  }

  /** Who watches. */
  get user(): User | null {
    return this.#caller.user;
  }

  [Symbol.asyncIterator](): AsyncIterator<TrackedEnvelope<AnyFrame>, undefined> {
    return new FrameQueue((sink) => this[attach](sink), this.#parts);
  }

  async [attach](sink: FrameSink, { graceMs = 0 }: AttachOptions = {}): Promise<Attachment> {
    const caller = this.#caller;
    const attachment = await this.#parts.open(sink, caller, graceMs);
    if (caller !== this.#caller) attachment.renew(this.#caller);
    return attachment;
  }

  /** Attaches from now on for the same user with another context, and until another instant. */
  renew({ user, ctx, expiresAt }: Identity): void {
    this.#caller = { ...this.#caller, user, ctx, expiresAt };
  }

  /** Makes what {@link attach} threw, or a sink was told, fit to leave the server. It needs nothing of the watch. */
  get toError(): (error: unknown) => Error {
    return this.#parts.toError;
  }
}
