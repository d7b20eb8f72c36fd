import { beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../support/recorder.ts";
import { type Peer, request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { opcode, wireFrame } from "./support/wire-frame.ts";
import { expectNoInside } from "./support/world.ts";

// What is tried here is what holds without it.
const world = useWorld({ limits: { maxMessagesPerSecond: 0 } });
const roomId = "long-history";

beforeAll(async () => {
  for (let post = 0; post < 60; post += 1) {
    await world.app.as("ann").rooms.post({ roomId, text: `${post} ${"a".repeat(3_900)}` });
  }
});

const limit = (id: number) => request(id, "query", "counter.limit");
const stop = (id: unknown) => `{"id":${JSON.stringify(id)},"method":"subscription.stop"}`;
const list = (length: number, make: (index: number) => string) =>
  `[${Array.from({ length }, (_, index) => make(index)).join()}]`;
const watch = (id: unknown, fields: object) => request(id, "subscription", "counter.watch", JSON.stringify(fields));
const codeOf = (text: string): string | undefined => JSON.parse(text).error?.json.data.code;

/** How much waits in this process for the only client that is not the witness, in bytes. */
function bufferedFor(): number {
  return Math.max(...[...world.app.handle.sockets].map(({ bufferedAmount }) => bufferedAmount));
}

/** Writes without an end, until the server reads no more of it. Returns how many bytes that were. */
async function writeUntilUnread(peer: Peer, bytes: Buffer, most: number): Promise<number> {
  let written = 0;
  while (peer.socket.writableLength < 1024 * 1024 && written < most) {
    peer.write(bytes);
    written += bytes.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return written;
}

describe("Malformed messages", () => {
  test("are answered 20 times in a row, and then end the connection with 4000", async () => {
    await using peer = await world.open();
    for (let round = 0; round < 3; round += 1) peer.say(...Array(19).fill("garbage"), limit(round));
    for (let round = 0; round < 3; round += 1) await peer.answer(round);
    peer.say(...Array(20).fill("garbage"));
    expect(await peer.closed()).toBe(4000);
    expect(peer.texts.items.filter((text) => text.includes("PARSE_ERROR"))).toHaveLength(77);
  });

  test("end a connection at once: a command that came after them has no effect", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    const add = (id: number) => request(id, "mutation", "counter.add", JSON.stringify({ counterId, by: 1 }));
    peer.say(add(1), ...Array(20).fill("garbage"), add(2));
    expect(await peer.closed()).toBe(4000);
    peer.say(add(3), watch(4, { counterId, presence: { typing: true }, clientId: "ghost" }));
    peer.socket.end();
    await peer.ended();
    await world.unharmed();
    expect(await world.sumOf(counterId)).toBe(1);
  });
});

describe("Calls", () => {
  test("may be 4,000 in one message, and each is answered once", async () => {
    await using peer = await world.open();
    const short = (id: number) => `{"id":${id},"method":"query","params":{"path":"a","input":{}}}`;
    peer.say(list(4_000, short));
    await peer.texts.count(4_000);
    expect(new Set(peer.texts.items.map((text) => JSON.parse(text).id)).size).toBe(4_000);
    expect(new Set(peer.texts.items.map(codeOf))).toEqual(new Set(["NOT_FOUND"]));
  });

  test("of 10,000 in one message are too large for one, and end the connection with 1009", async () => {
    await using peer = await world.open();
    peer.say(list(10_000, limit));
    expect(await peer.closed()).toBe(1009);
    expect(peer.texts.items).toEqual([]);
  });

  test("whose answers nobody reads wait for their turn, instead of in memory", async () => {
    await using peer = await world.open();
    const history = (id: number) => request(id, "query", "rooms.history", JSON.stringify({ roomId, limit: 50 }));
    peer.pause();
    peer.say(list(400, history));
    await eventually(() => bufferedFor() > 1024 * 1024, "the server has answered what it may");
    for (let turns = 0; turns < 200; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    // A hundred answers of 200 KB each that were under way when the first of them was too much.
    expect(bufferedFor()).toBeLessThan(100 * 250_000);
    peer.resume();
    await eventually(() => peer.texts.items.length === 400, "all were answered", 30_000);
    expect(peer.texts.items.map((text) => JSON.parse(text).id).toSorted((a, b) => a - b)).toEqual([
      ...Array(400).keys(),
    ]);
  }, 60_000);

  test("that wait are forgotten with their connection", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    const add = (id: number) => request(id, "mutation", "counter.add", JSON.stringify({ counterId, by: 1 }));
    peer.say(list(1_000, add));
    await peer.texts.count(1);
    peer.socket.resetAndDestroy();
    await world.unharmed();
    expect(await world.sumOf(counterId)).toBeLessThanOrEqual(1_000);
  });

  test("of 50,000 on one connection are all answered", async () => {
    await using peer = await world.open();
    for (let first = 0; first < 50_000; first += 1_000) peer.say(list(1_000, (index) => limit(first + index)));
    await eventually(() => peer.texts.items.length === 50_000, "all were answered", 30_000);
  }, 60_000);
});

describe("The text PING", () => {
  test("that comes without an end to one who reads no answer is read no more", async () => {
    await using peer = await world.open();
    peer.pause();
    const pings = Buffer.concat(Array.from({ length: 5_000 }, () => wireFrame(opcode.text, "PING")));
    const written = await writeUntilUnread(peer, pings, 200 * 1024 * 1024);
    expect(written).toBeLessThan(200 * 1024 * 1024);
    expect(bufferedFor()).toBeLessThan(2 * 1024 * 1024);
    peer.resume();
    await peer.texts.first((text) => text === "PONG");
  }, 30_000);
});

describe("Subscriptions", () => {
  test("are a thousand on one connection, each of its own topic, and then no more", async () => {
    await using peer = await world.open();
    peer.say(list(1_200, (id) => watch(id, { counterId: `one of many ${id}` })));
    await peer.until((text) => text.includes('"full"'), 1_000);
    const refused = peer.texts.items.filter((text) => codeOf(text) === "TOO_MANY_REQUESTS");
    expect(refused).toHaveLength(200);
    expectNoInside(refused.join());
  });

  test("that begin and stop again and again leave nothing, and the last of them goes on", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    const fields = { counterId, presence: { typing: true }, clientId: "restless" };
    for (let round = 0; round < 20; round += 1)
      peer.say(list(500, (index) => (index % 2 === 0 ? watch(1, fields) : stop(1))));
    peer.say(watch(2, { counterId }));
    await peer.texts.first((text) => text.startsWith('{"id":2,') && text.includes('"full":[]'));
    expect(peer.texts.items.filter((text) => text.startsWith('{"id":1,') && text.includes("error"))).toEqual([]);
  });

  test("that stop before they have begun never begin", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    peer.say(list(300, (index) => (index % 3 === 0 ? watch(index, { counterId }) : stop(index - (index % 3)))));
    await peer.until((text) => text.includes('"stopped"'), 100);
    await world.app.as("ann").counter.add({ counterId, by: 1 });
    await peer.goesOn();
    expect(peer.texts.items.filter((text) => text.includes('"events"'))).toEqual([]);
  });

  test("under one id are refused but for the first, however many come", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    for (let round = 0; round < 5; round += 1) peer.say(list(1_000, () => watch(1, { counterId })));
    await peer.until((text) => text.includes("Duplicate id 1"), 4_999);
    await world.app.as("ann").counter.add({ counterId, by: 5 });
    await peer.texts.first((text) => text.includes('"by":5'));
  });

  test("are stopped once, however often they are told", async () => {
    await using peer = await world.open();
    peer.say(watch(1, { counterId: "stopped" }));
    await peer.texts.first((text) => text.includes('"full"'));
    for (let round = 0; round < 5; round += 1) peer.say(list(4_000, (index) => stop(index % 3)));
    peer.say(limit(9));
    await peer.answer(9);
    expect(peer.texts.items.filter((text) => text.includes('"stopped"'))).toHaveLength(1);
  });

  test.each([
    ["ids", (index: number) => watch(`${index} ${"a".repeat(100_000)}`, { counterId: "kept" })],
    ["inputs", (index: number) => watch(index, { counterId: "kept", more: "a".repeat(100_000) })],
    ["ids in a list", (index: number) => `[${watch(`${index} ${"a".repeat(100_000)}`, { counterId: "kept" })}]`],
    [
      "inputs in a list",
      (index: number) => `[${limit(1_000 + index)},${watch(index, { counterId: "kept", more: "a".repeat(100_000) })}]`,
    ],
  ])("have no room for more than a megabyte of %s, which would be kept as long as they are", async (_what, make) => {
    await using peer = await world.open();
    for (let index = 0; index < 50; index += 1) peer.say(make(index));
    await peer.until((text) => codeOf(text) === "TOO_MANY_REQUESTS", 40);
    peer.say(stop(0), stop(`0 ${"a".repeat(100_000)}`));
    await peer.texts.first((text) => text.includes('"stopped"'));
    peer.say(make(50));
    await peer.texts.first((text) => text.includes('"started"') && /^\{"id":"?50\b/.test(text));
  });

  test("with presence are of 50 clients of a user and no more, and that user leaves with them", async () => {
    const counterId = "crowded";
    await using other = await world.open();
    other.say(watch(1, { counterId }));
    await other.texts.first((text) => text.includes('"full":[]'));
    {
      await using peer = await world.open();
      const present = (clientId: string) => ({ counterId, presence: { typing: true }, clientId });
      peer.say(list(200, (id) => watch(id, present(`client ${id}`))));
      await peer.until((text) => codeOf(text) === "TOO_MANY_REQUESTS", 150);
      await peer.until((text) => text.includes('"snapshot"'), 50);
      // Under the name of a client that is there already there is room, as for a tab that comes back.
      peer.say(watch(200, present("client 0")));
      await peer.texts.first((text) => text.startsWith('{"id":200,') && text.includes('"snapshot"'));
    }
    await other.texts.first((text) => text.includes('"left":["ann"]'));
    const longest = Math.max(...other.texts.items.map((text) => text.length));
    expect(longest).toBeLessThan(10_000);
  });
});
