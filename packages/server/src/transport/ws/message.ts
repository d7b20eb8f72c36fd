/** From how many bytes on what many messages end with is written from its own buffer, instead of copied for each. */
const sharedFrom = 16 * 1024;

/** Up to how many characters a text is written faster from here than by the runtime. */
const shortText = 48;

const longestHeader = 10;

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
export class Message {
  readonly #start: string | Uint8Array;
  readonly #rest: Rest | undefined;

  constructor(start: string | Uint8Array, rest?: Rest) {
    this.#start = start;
    this.#rest = rest;
  }

  /** Whether it begins with exactly this, and ends with what others end with, too. */
  isRestAfter(start: string): boolean {
    return this.#rest !== undefined && this.#start === start;
  }

  /** About how many bytes it has; exactly, when its text is ASCII. */
  get size(): number {
    return this.#start.length + (this.#rest ? this.#rest.size : 0);
  }

  get payload(): string | Uint8Array {
    return this.#rest ? `${this.#start}${this.#rest.text}` : this.#start;
  }

  /** How many bytes its frame has at most. A character has up to three. */
  get mostBytes(): number {
    const { length } = this.#start;
    const start = typeof this.#start === "string" ? 3 * length : length;
    return longestHeader + start + (this.#rest ? this.#rest.bytes.length : 0);
  }

  /** How many bytes its frame has. */
  get frameLength(): number {
    const start = typeof this.#start === "string" ? Buffer.byteLength(this.#start) : this.#start.length;
    const length = start + (this.#rest ? this.#rest.bytes.length : 0);
    return headerLength(length) + length;
  }

  /** The frame, to be written in this order and with nothing in between. */
  get parts(): readonly Buffer[] {
    const { frameLength } = this;
    const isLarge = this.#rest !== undefined && this.#rest.bytes.length >= sharedFrom;
    const own = Buffer.allocUnsafe(isLarge ? frameLength - this.#rest.bytes.length : frameLength);
    if (isLarge) this.#writeStart(own, 0);
    else this.writeFrame(own, 0);
    return isLarge ? [own, this.#rest.bytes] : [own];
  }

  /** Writes the frame, and returns where it ends. */
  writeFrame(target: Buffer, offset: number): number {
    const end = this.#writeStart(target, offset);
    const rest = this.#rest;
    if (!rest) return end;
    target.set(rest.bytes, end);
    return end + rest.bytes.length;
  }

  /** The header goes before what it counts, so its own length is taken as for ASCII, and mended where it was not. */
  #writeStart(target: Buffer, offset: number): number {
    const start = this.#start;
    const isText = typeof start === "string";
    const rest = this.#rest ? this.#rest.bytes.length : 0;
    const at = offset + headerLength(start.length + rest);
    const end = isText ? writeText(target, at, start) : writeBytes(target, at, start);
    const length = end - at + rest;
    const from = offset + headerLength(length);
    if (from !== at) target.copyWithin(from, at, end);
    writeHeader(target, offset, isText ? 0x81 : 0x82, length);
    return end + from - at;
  }
}

function writeBytes(target: Buffer, at: number, bytes: Uint8Array): number {
  target.set(bytes, at);
  return at + bytes.length;
}

function writeText(target: Buffer, at: number, text: string): number {
  if (text.length > shortText) return at + target.write(text, at);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return at + target.write(text, at);
    target[at + index] = code;
  }
  return at + text.length;
}

function headerLength(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : longestHeader;
}

/** The header of a final, unmasked frame (RFC 6455, section 5.2). */
function writeHeader(target: Buffer, offset: number, first: number, length: number): void {
  target[offset] = first;
  if (length < 126) {
    target[offset + 1] = length;
  } else if (length < 65_536) {
    target[offset + 1] = 126;
    target[offset + 2] = length >> 8;
    target[offset + 3] = length & 0xff;
  } else {
    target[offset + 1] = 127;
    target.writeUInt32BE(Math.floor(length / 2 ** 32), offset + 2);
    target.writeUInt32BE(length % 2 ** 32, offset + 6);
  }
}
