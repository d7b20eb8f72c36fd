import type { Outgoing } from "./outgoing.ts";

/** Up to how many bytes a batch is copied into one buffer; a larger one is handed to the socket in its parts. */
const joinedUpTo = 64 * 1024;

/**
 * What one socket is to be sent in this tick: a message, after those of the batch before it. Sockets that are sent the same
 * messages in the same order come to the same batch, so that its bytes are put together once for all of them.
 */
export class Batch {
  /** About how many bytes all of it has. */
  readonly size: number;
  /** How many messages it has. */
  readonly count: number;
  readonly #before: Batch | undefined;
  readonly #message: Outgoing | undefined;
  /** The batch that follows with a shared message: the last one asked for, and all of them once there are two. */
  #lastMessage: Outgoing | undefined;
  #lastNext: Batch | undefined;
  #nexts: Map<Outgoing, Batch> | undefined;
  #buffers: readonly Buffer[] | undefined;

  /** Without arguments: the empty batch, with which each socket begins. */
  constructor(before?: Batch, message?: Outgoing) {
    this.#before = before;
    this.#message = message;
    this.count = before ? before.count + 1 : 0;
    this.size = before && message ? before.size + message.size : 0;
  }

  and(message: Outgoing): Batch {
    if (!message.shared) return new Batch(this, message);
    if (message === this.#lastMessage && this.#lastNext) return this.#lastNext;
    const next = this.#nexts?.get(message) ?? new Batch(this, message);
    if (this.#lastMessage && this.#lastNext) {
      this.#nexts ??= new Map([[this.#lastMessage, this.#lastNext]]);
      this.#nexts.set(message, next);
    }
    this.#lastMessage = message;
    this.#lastNext = next;
    return next;
  }

  /** The messages in their order. */
  get messages(): readonly Outgoing[] {
    const messages: Outgoing[] = [];
    for (let batch: Batch | undefined = this; batch; batch = batch.#before) {
      if (batch.#message) messages.push(batch.#message);
    }
    return messages.reverse();
  }

  /** The frames of all messages, to be written in this order and with nothing in between. */
  get buffers(): readonly Buffer[] {
    this.#buffers ??= this.#join();
    return this.#buffers;
  }

  #join(): readonly Buffer[] {
    const { messages } = this;
    if (messages.length === 1 || this.size > joinedUpTo) return messages.flatMap(({ parts }) => parts);
    let length = 0;
    for (const message of messages) length += message.frameLength;
    const buffer = Buffer.allocUnsafe(length);
    let end = 0;
    for (const message of messages) end = message.writeFrame(buffer, end);
    return [buffer];
  }
}
