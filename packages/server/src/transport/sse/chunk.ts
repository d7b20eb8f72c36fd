import type { Outgoing } from "../outgoing.ts";

/** A text to send in a stream, and the chunk of HTTP/1.1 that carries it (RFC 9112, section 7.1). */
export class Chunk implements Outgoing {
  readonly shared: boolean;
  readonly parts: readonly [Buffer];
  /** Where the text begins. */
  readonly #start: number;

  /** @param shared - whether the same goes to several clients */
  constructor(text: string, shared: boolean) {
    const length = `${Buffer.byteLength(text).toString(16)}\r\n`;
    this.shared = shared;
    this.parts = [Buffer.from(`${length}${text}\r\n`)];
    this.#start = length.length;
  }

  get payload(): Buffer {
    return this.parts[0].subarray(this.#start, -2);
  }

  get size(): number {
    return this.parts[0].length;
  }

  get frameLength(): number {
    return this.parts[0].length;
  }

  writeFrame(target: Buffer, offset: number): number {
    target.set(this.parts[0], offset);
    return offset + this.parts[0].length;
  }
}
