import type { Outgoing } from "../outgoing.ts";

/** From how many bytes on a text that many messages end with is written from its own buffer, instead of copied for each. */
const sharedFrom = 16 * 1024;

/** What messages to many subscribers end with, turned into bytes once. */
export class Rest {
  readonly size: number;
  #text: string | undefined;
  #bytes: Buffer | undefined;

  constructor(text: string) {
    this.size = text.length;
    this.#text = text;
  }

  get text(): string {
    return this.#text ?? this.bytes.toString();
  }

  /** From now on the bytes are kept, and the text is not. */
  get bytes(): Buffer {
    this.#bytes ??= Buffer.from(this.#text ?? "");
    this.#text = undefined;
    return this.#bytes;
  }
}

/** One WebSocket message to send: as the payload for `ws`, and as the bytes of a whole frame for the socket itself. */
export class Message implements Outgoing {
  /** Whether the same message goes to several sockets. */
  readonly shared: boolean;
  readonly #start: string | Uint8Array;
  readonly #rest: Rest | undefined;
  #startLength = -1;
  #parts: readonly Buffer[] | undefined;

  constructor(start: string | Uint8Array, shared = false, rest?: Rest) {
    this.#start = start;
    this.shared = shared;
    this.#rest = rest;
  }

  /** About how many bytes it has; exactly, when its text is ASCII. */
  get size(): number {
    return this.#start.length + (this.#rest ? this.#rest.size : 0);
  }

  get payload(): string | Uint8Array {
    return this.#rest ? `${this.#start}${this.#rest.text}` : this.#start;
  }

  /** How many bytes its frame has. */
  get frameLength(): number {
    const length = this.#payloadLength;
    return headerLength(length) + length;
  }

  /** The frame, to be written in this order and with nothing in between. */
  get parts(): readonly Buffer[] {
    this.#parts ??= this.#toParts();
    return this.#parts;
  }

  /** Writes the frame, and returns where it ends. */
  writeFrame(target: Buffer, offset: number): number {
    const end = this.#writeStart(target, offset);
    if (!this.#rest) return end;
    target.set(this.#rest.bytes, end);
    return end + this.#rest.bytes.length;
  }

  get #payloadLength(): number {
    const start = this.#start;
    if (this.#startLength < 0) this.#startLength = typeof start === "string" ? Buffer.byteLength(start) : start.length;
    return this.#startLength + (this.#rest ? this.#rest.bytes.length : 0);
  }

  #toParts(): readonly Buffer[] {
    const { frameLength } = this;
    if (this.#rest && this.#rest.bytes.length >= sharedFrom) {
      const start = Buffer.allocUnsafe(frameLength - this.#rest.bytes.length);
      this.#writeStart(start, 0);
      return [start, this.#rest.bytes];
    }
    const frame = Buffer.allocUnsafe(frameLength);
    this.writeFrame(frame, 0);
    return [frame];
  }

  #writeStart(target: Buffer, offset: number): number {
    const start = this.#start;
    const isText = typeof start === "string";
    const at = writeHeader(target, offset, isText ? 0x81 : 0x82, this.#payloadLength);
    if (isText) target.write(start, at);
    else target.set(start, at);
    return at + this.#startLength;
  }
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

/** The header of a final, unmasked frame (RFC 6455, section 5.2). Returns where it ends. */
function writeHeader(target: Buffer, offset: number, first: number, length: number): number {
  target[offset] = first;
  if (length < 126) {
    target[offset + 1] = length;
  } else if (length < 65_536) {
    target[offset + 1] = 126;
    target.writeUInt16BE(length, offset + 2);
  } else {
    target[offset + 1] = 127;
    target.writeUInt32BE(Math.floor(length / 2 ** 32), offset + 2);
    target.writeUInt32BE(length % 2 ** 32, offset + 6);
  }
  return offset + headerLength(length);
}
