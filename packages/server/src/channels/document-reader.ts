import * as decoding from "lib0/decoding";

/** Why bytes are no Yjs update that a document takes. */
export class MalformedUpdate extends Error {}

/** What one struct of a Yjs document is called by. */
export interface Id {
  readonly client: number;
  readonly clock: number;
}

/** Yjs makes ids of clients of 32 bits. */
const greatestClient = 2 ** 32 - 1;

/** Beyond it no text is held by anything, and what Yjs counts with stays a whole number. */
export const greatestClock = 2 ** 31 - 1;

/** How deep values may be in each other. */
const deepest = 64;

/**
 * Reads what Yjs writes. Nothing is read beyond the end, and nothing is made by a length that is only claimed.
 *
 * Each method throws a {@link MalformedUpdate} where something else is there.
 */
export class UpdateReader {
  readonly #decoder: decoding.Decoder;

  constructor(update: Uint8Array) {
    this.#decoder = decoding.createDecoder(update);
  }

  get left(): number {
    return this.#decoder.arr.length - this.#decoder.pos;
  }

  byte(): number {
    if (this.left < 1) throw ended();
    return decoding.readUint8(this.#decoder);
  }

  number(): number {
    try {
      return decoding.readVarUint(this.#decoder);
    } catch {
      throw new MalformedUpdate("a number is cut off or too large");
    }
  }

  /** How many things follow, of which each takes at least so many bytes. */
  count(bytesEach: number): number {
    const count = this.number();
    if (count * bytesEach > this.left) throw new MalformedUpdate("it claims more than there is");
    return count;
  }

  client(): number {
    const client = this.number();
    if (client > greatestClient) throw new MalformedUpdate("the id of a client is too large");
    return client;
  }

  clock(): number {
    const clock = this.number();
    if (clock > greatestClock) throw new MalformedUpdate("a clock is too large");
    return clock;
  }

  /** How much a struct counts for. One that counts for nothing would stand where the next one stands. */
  length(): number {
    const length = this.clock();
    if (length === 0) throw new MalformedUpdate("a struct is empty");
    return length;
  }

  id(): Id {
    const client = this.client();
    return { client, clock: this.clock() };
  }

  text(): string {
    try {
      return utf8.decode(this.#bytes());
    } catch {
      throw new MalformedUpdate("a text is none");
    }
  }

  binary(): void {
    this.#bytes();
  }

  /** @param besides - a text that stands for a value and is no JSON */
  json(besides?: string): void {
    const text = this.text();
    if (text === besides) return;
    try {
      refuseDepth(JSON.parse(text), deepest);
    } catch (error) {
      throw error instanceof MalformedUpdate ? error : new MalformedUpdate("a value is no JSON");
    }
  }

  /** A value as lib0 writes any. */
  any(depth = deepest): void {
    if (depth === 0) throw tooDeep();
    const kind = this.byte();
    switch (kind) {
      case 127: // undefined
      case 126: // null
      case 121: // false
      case 120: // true
        return;
      case 125:
        this.#integer();
        return;
      case 124:
        this.#skip(4);
        return;
      case 123:
      case 122:
        this.#skip(8);
        return;
      case 119:
        this.text();
        return;
      case 118:
        for (let left = this.count(2); left > 0; left -= 1) {
          if (this.text() === "__proto__") throw new MalformedUpdate("a value has no such key");
          this.any(depth - 1);
        }
        return;
      case 117:
        for (let left = this.count(1); left > 0; left -= 1) this.any(depth - 1);
        return;
      case 116:
        this.binary();
        return;
      default:
        throw new MalformedUpdate("a value is of no known kind");
    }
  }

  #bytes(): Uint8Array {
    return decoding.readUint8Array(this.#decoder, this.count(1));
  }

  #skip(bytes: number): void {
    if (this.left < bytes) throw ended();
    this.#decoder.pos += bytes;
  }

  #integer(): void {
    try {
      decoding.readVarInt(this.#decoder);
    } catch {
      throw new MalformedUpdate("a number is cut off or too large");
    }
  }
}

/** As lib0 reads a text, so that what is taken here is taken there. */
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function refuseDepth(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null) return;
  if (depth === 0) throw tooDeep();
  for (const part of Object.values(value)) refuseDepth(part, depth - 1);
}

function tooDeep(): MalformedUpdate {
  return new MalformedUpdate(`values are in each other more than ${deepest} deep`);
}

function ended(): MalformedUpdate {
  return new MalformedUpdate("it ends too early");
}
