/** The opcodes of RFC 6455. */
export const opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface FrameOptions {
  /** @default true */
  readonly fin?: boolean;
  /** The three reserved bits, as they stand in the first byte. @default 0 */
  readonly reserved?: number;
  /** @default true, as a client must */
  readonly masked?: boolean;
  /** What the frame says of its length, in as many bytes. @default as many as the payload has, in as few */
  readonly claims?: { readonly length: bigint; readonly bytes: 0 | 2 | 8 };
}

/** A frame of a WebSocket client, as well or badly formed as it is told to be. */
export function wireFrame(code: number, payload: string | Buffer = "", options: FrameOptions = {}): Buffer {
  const { fin = true, reserved = 0, masked = true } = options;
  const bytes = Buffer.from(payload as string);
  const { length, bytes: lengthBytes } = options.claims ?? claimsOf(bytes.length);
  const head = Buffer.alloc(2 + lengthBytes);
  head[0] = (fin ? 0x80 : 0) | reserved | code;
  head[1] = (masked ? 0x80 : 0) | { 0: Number(length), 2: 126, 8: 127 }[lengthBytes];
  if (lengthBytes === 2) head.writeUInt16BE(Number(length), 2);
  if (lengthBytes === 8) head.writeBigUInt64BE(length, 2);
  return masked
    ? Buffer.concat([head, mask, bytes.map((byte, at) => byte ^ (mask[at % 4] ?? 0))])
    : Buffer.concat([head, bytes]);
}

/** A close frame with a status code and a reason. */
export function closeFrame(code: number, reason: string | Buffer = ""): Buffer {
  const status = Buffer.alloc(2);
  status.writeUInt16BE(code);
  return wireFrame(opcode.close, Buffer.concat([status, Buffer.from(reason as string)]));
}

const mask = Buffer.from([0x12, 0x34, 0x56, 0x78]);

function claimsOf(length: number): NonNullable<FrameOptions["claims"]> {
  if (length < 126) return { length: BigInt(length), bytes: 0 };
  return { length: BigInt(length), bytes: length < 65_536 ? 2 : 8 };
}

export interface ReceivedFrame {
  readonly code: number;
  readonly payload: Buffer;
}

/** Takes whole, unmasked frames from the beginning of what a server sent. Returns them and the rest. */
export function takeFrames(received: Buffer): { readonly frames: readonly ReceivedFrame[]; readonly rest: Buffer } {
  const frames: ReceivedFrame[] = [];
  let rest = received;
  for (;;) {
    const short = rest.length < 2 ? 0 : (rest[1] ?? 0) & 0x7f;
    const head = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < head) return { frames, rest };
    const long = () => (short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2)));
    const length = short < 126 ? short : long();
    if (rest.length < head + length) return { frames, rest };
    frames.push({ code: (rest[0] ?? 0) & 0x0f, payload: rest.subarray(head, head + length) });
    rest = rest.subarray(head + length);
  }
}
