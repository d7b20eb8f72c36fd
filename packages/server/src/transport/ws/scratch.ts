import type { Message } from "./message.ts";

/** Up to how many bytes of messages are put together into one buffer. */
export const joinedUpTo = 64 * 1024;

/**
 * The one place where what a socket is sent is put together: it is written over for the next socket, so that a thousand who
 * are each sent their own bytes cost no memory. A socket that has not sent them at once keeps the place, and there is another.
 */
export class Scratch {
  #place: Buffer | undefined;
  /** What stands in it: those who are sent the same in a row are sent the same bytes. */
  #messages: readonly Message[] = [];
  #bytes: Buffer | undefined;

  /** The frames of all messages, or `undefined` when there may not be enough room for them. */
  join(messages: readonly Message[]): Buffer | undefined {
    if (this.#bytes && isSame(messages, this.#messages)) return this.#bytes;
    let most = 0;
    for (const { mostBytes } of messages) most += mostBytes;
    if (most > joinedUpTo) return undefined;
    this.#place ??= Buffer.allocUnsafeSlow(joinedUpTo);
    let end = 0;
    for (const message of messages) end = message.writeFrame(this.#place, end);
    this.#messages = messages;
    this.#bytes = this.#place.subarray(0, end);
    return this.#bytes;
  }

  /** Leaves the place to the socket that was last sent from it. */
  leave(): void {
    this.#place = undefined;
    this.#bytes = undefined;
    this.#messages = [];
  }
}

function isSame(some: readonly Message[], others: readonly Message[]): boolean {
  if (some[0] !== others[0] || some.length !== others.length) return false;
  return some.every((message, index) => message === others[index]);
}
