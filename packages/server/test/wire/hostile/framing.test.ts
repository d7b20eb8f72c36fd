import { describe, expect, test } from "vitest";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { closeFrame, opcode, wireFrame } from "./support/wire-frame.ts";

const world = useWorld();

const { continuation, text, binary, close, ping } = opcode;
const asked = request(1, "query", "counter.limit");
const half = (from: number, to?: number) => Buffer.from(asked).subarray(from, to);
const tooLong = 256 * 1024 + 1;

/** What breaks RFC 6455, and the status code with which the connection is closed for it. */
const broken: readonly (readonly [what: string, code: number, sent: readonly Buffer[]])[] = [
  ["is not masked", 1002, [wireFrame(text, asked, { masked: false })]],
  ["has the first reserved bit, without compression", 1002, [wireFrame(text, asked, { reserved: 0x40 })]],
  ["has the second reserved bit", 1002, [wireFrame(text, asked, { reserved: 0x20 })]],
  ["has the third reserved bit", 1002, [wireFrame(text, asked, { reserved: 0x10 })]],
  ["has a reserved opcode for data", 1002, [wireFrame(3, asked)]],
  ["has a reserved opcode for control", 1002, [wireFrame(11)]],
  ["is a ping in fragments", 1002, [wireFrame(ping, "a", { fin: false })]],
  ["is a ping of 126 bytes", 1002, [wireFrame(ping, "a".repeat(126))]],
  ["goes on with what was not begun", 1002, [wireFrame(continuation, asked)]],
  [
    "begins in the midst of another message",
    1002,
    [wireFrame(text, half(0, 9), { fin: false }), wireFrame(text, asked)],
  ],
  [
    "claims more bytes than a number can count",
    1009,
    [wireFrame(text, "", { claims: { length: 2n ** 63n, bytes: 8 } })],
  ],
  [
    "claims one byte more than the server takes, and sends none",
    1009,
    [wireFrame(text, "", { claims: { length: BigInt(tooLong), bytes: 8 } })],
  ],
  [
    "is too large only together with the one before",
    1009,
    [wireFrame(text, " ".repeat(tooLong - 1), { fin: false }), wireFrame(continuation, "1")],
  ],
  [
    "is the 65th of its message",
    1008,
    [
      wireFrame(text, " ", { fin: false }),
      ...Array.from({ length: 64 }, () => wireFrame(continuation, " ", { fin: false })),
    ],
  ],
  ["is no UTF-8", 1007, [wireFrame(text, Buffer.from([0x22, 0xff, 0x22]))]],
  ["is UTF-8 cut off in a letter", 1007, [wireFrame(text, Buffer.from([0x22, 0xc3]))]],
  ["writes a slash with more bytes than it needs", 1007, [wireFrame(text, Buffer.from([0xc0, 0xaf]))]],
  ["writes half of a surrogate pair", 1007, [wireFrame(text, Buffer.from([0xed, 0xa0, 0x80]))]],
  ["writes a character beyond the last one", 1007, [wireFrame(text, Buffer.from([0xf4, 0x90, 0x80, 0x80]))]],
  [
    "goes on where a letter was cut, with another one",
    1007,
    [wireFrame(text, Buffer.from([0x22, 0xc3]), { fin: false }), wireFrame(continuation, Buffer.from([0x22]))],
  ],
  ["closes with half a status code", 1002, [wireFrame(close, Buffer.from([3]))]],
  ["closes with a status code that is never sent", 1002, [closeFrame(1005)]],
  ["closes with a status code of nobody", 1002, [closeFrame(999)]],
  ["closes with a status code beyond all", 1002, [closeFrame(5_000)]],
  ["closes for a reason that is no UTF-8", 1007, [closeFrame(1000, Buffer.from([0xff]))]],
  ["closes at too great length", 1002, [closeFrame(1000, "a".repeat(124))]],
  ["closes in fragments", 1002, [wireFrame(close, "", { fin: false })]],
];

/** What is unusual and allowed: the server answers what was asked. */
const allowed: readonly (readonly [what: string, sent: readonly Buffer[]])[] = [
  [
    "has its length in more bytes than it needs",
    [wireFrame(text, asked, { claims: { length: BigInt(asked.length), bytes: 8 } })],
  ],
  [
    "comes in two fragments, with a ping between",
    [wireFrame(text, half(0, 9), { fin: false }), wireFrame(ping), wireFrame(continuation, half(9))],
  ],
  [
    "comes after empty fragments",
    [wireFrame(text, "", { fin: false }), wireFrame(continuation, "", { fin: false }), wireFrame(continuation, asked)],
  ],
  ["comes after a pong that nobody waits for", [wireFrame(opcode.pong, "unasked"), wireFrame(text, asked)]],
  [
    "has a letter that is cut by fragments",
    [
      wireFrame(text, Buffer.from([...Buffer.from('{"é'.slice(0, 2)), 0xc3]), { fin: false }),
      wireFrame(continuation, Buffer.concat([Buffer.from([0xa9]), Buffer.from(`":1,${asked.slice(1)}`)])),
    ],
  ],
];

describe("A frame", () => {
  test.each(broken)("that %s closes its connection with %i", async (_what, code, sent) => {
    await using peer = await world.open();
    peer.write(...sent, wireFrame(text, asked));
    expect(await peer.closed()).toBe(code);
    expect(peer.texts.items).toEqual([]);
  });

  test.each(allowed)("that %s is taken", async (_what, sent) => {
    await using peer = await world.open();
    peer.write(...sent);
    expect(await peer.answer(1)).toContain('"json":1000');
    expect(peer.closes.items).toEqual([]);
  });

  test("is taken when each of its bytes comes by itself", async () => {
    await using peer = await world.open();
    for (const byte of wireFrame(text, asked)) peer.write(Buffer.from([byte]));
    expect(await peer.answer(1)).toContain('"json":1000');
  });

  test("is answered like 500 others that came in the same packet", async () => {
    await using peer = await world.open();
    peer.say(...Array.from({ length: 500 }, (_, index) => request(index, "query", "counter.limit")));
    await peer.texts.count(500);
    expect(new Set(peer.texts.items.map((one) => JSON.parse(one).id)).size).toBe(500);
  });

  test("of bytes is refused like a text that is no JSON, and the connection goes on", async () => {
    await using peer = await world.open();
    peer.write(wireFrame(binary, asked), wireFrame(text, asked));
    expect((await peer.texts.count(2))[0]).toContain("PARSE_ERROR");
    expect(await peer.answer(1)).toContain('"json":1000');
  });

  test("that closes is answered in kind, and nothing that comes after it is heard", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    peer.write(
      closeFrame(1000, "bye"),
      wireFrame(text, request(1, "mutation", "counter.add", `{"counterId":"${counterId}","by":1}`)),
    );
    expect(await peer.closed()).toBe(1000);
    await peer.ended();
    expect(await world.sumOf(counterId)).toBe(0);
  });
});

describe("Pings", () => {
  test("are each answered by their own bytes, 60 at a time", async () => {
    await using peer = await world.open();
    peer.write(...Array.from({ length: 60 }, (_, index) => wireFrame(ping, `${index}`)));
    const pongs = await peer.frames.count(60);
    expect(pongs.map(({ payload }) => payload.toString())).toEqual(
      Array.from({ length: 60 }, (_, index) => `${index}`),
    );
  });

  test("that come faster than they can be answered end the connection", async () => {
    await using peer = await world.open();
    peer.pause();
    for (let sent = 0; sent < 20_000; sent += 100)
      peer.write(...Array.from({ length: 100 }, () => wireFrame(ping, "a".repeat(125))));
    peer.resume();
    await peer.ended();
    expect(peer.closes.items).toEqual([]);
  });
});
