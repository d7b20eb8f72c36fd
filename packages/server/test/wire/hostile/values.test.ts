import { describe, expect, test } from "vitest";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

const lists = (depth: number) => `${"[".repeat(depth)}1${"]".repeat(depth)}`;
const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** What a command answers: `ok`, or the code of its error. */
async function answerOf(path: string, json: string, meta?: string): Promise<string> {
  await using peer = await world.open();
  peer.say(request(1, "mutation", path, json, meta));
  const [text = ""] = await peer.texts.count(1);
  expectNoInside(text);
  const { result, error } = JSON.parse(text);
  return result ? (result.data.json?.ok === false ? result.data.json.reason : "ok") : error.json.data.code;
}

const add = (fields: string) => answerOf("counter.add", `{"counterId":"${crypto.randomUUID()}",${fields}}`);

describe("A value that nobody looks at", () => {
  test.each([
    ["lists, 900 deep", lists(900), "ok"],
    ["objects, 900 deep", objects(900), "ok"],
    ["lists, 1,100 deep", lists(1_100), "BAD_REQUEST"],
    ["objects, 1,100 deep", objects(1_100), "BAD_REQUEST"],
    ["lists, 5,000 deep", lists(5_000), "BAD_REQUEST"],
    ["120,000 numbers", `[${"1,".repeat(119_999)}1]`, "ok"],
    ["as many numbers as fit into a message", `[${"1,".repeat(130_900)}1]`, "ok"],
    ["20,000 names", `{${Array.from({ length: 20_000 }, (_, name) => `"${name}":1`).join()}}`, "ok"],
    ["a name of 200,000 characters", `{"${"a".repeat(200_000)}":1}`, "ok"],
    ["a text of 200,000 characters", `"${"a".repeat(200_000)}"`, "ok"],
  ])("may be %s, or not", async (_what, value, answer) => {
    expect(await add(`"by":1,"more":${value}`)).toBe(answer);
  });

  test("of 100,000 lists within one another, not all of them closed, is no JSON", async () => {
    await using peer = await world.open();
    peer.say("[".repeat(100_000), request(1, "query", "counter.limit"));
    expect((await peer.texts.count(2))[0]).toContain("PARSE_ERROR");
  });

  test("of 100,000 lists within one another is refused", async () => {
    await using peer = await world.open();
    peer.say(lists(100_000), request(1, "query", "counter.limit"));
    expect((await peer.texts.count(2))[0]).toContain("PARSE_ERROR");
  });
});

describe("A value that is looked at", () => {
  test.each([
    ["a list that is 100 deep", "mischief.deep", `{"place":"open","json":${lists(100)}}`, "ok"],
    [
      "a list that is deeper than anybody may go",
      "mischief.deep",
      `{"place":"open","json":${lists(2_000)}}`,
      "BAD_REQUEST",
    ],
    ["a topic that is a list", "counter.add", `{"counterId":${lists(10)},"by":1}`, "BAD_REQUEST"],
    [
      "a topic that is deeper than anybody may go",
      "counter.add",
      `{"counterId":${lists(2_000)},"by":1}`,
      "BAD_REQUEST",
    ],
    ["a commandId that is a list", "counter.add", `{"counterId":"a","by":1,"commandId":${lists(10)}}`, "BAD_REQUEST"],
  ])("may be %s, or not", async (_what, path, json, answer) => {
    expect(await answerOf(path, json)).toBe(answer);
  });
});

describe("A number", () => {
  test.each([
    ["0", "ok"],
    ["-0", "ok"],
    ["1E0", "ok"],
    ["1.0", "ok"],
    ["1000", "ok"],
    ["1001", "TOO_LARGE"],
    ["9007199254740991", "TOO_LARGE"],
    ["9007199254740992", "BAD_REQUEST"],
    ["9007199254740993", "BAD_REQUEST"],
    ["-9007199254740993", "BAD_REQUEST"],
    ["1e400", "BAD_REQUEST"],
    ["-1e400", "BAD_REQUEST"],
    ["1e-400", "ok"],
    ["0.1", "BAD_REQUEST"],
    ["1e308", "BAD_REQUEST"],
    ['"1"', "BAD_REQUEST"],
    ["[1]", "BAD_REQUEST"],
    ["true", "BAD_REQUEST"],
    ["null", "BAD_REQUEST"],
    ['{"valueOf":1}', "BAD_REQUEST"],
  ])("that is written %s is answered with %s", async (number, answer) => {
    expect(await add(`"by":${number}`)).toBe(answer);
  });

  test.each([
    ["a 1 and 1,000 zeros", `1${"0".repeat(1_000)}`, "BAD_REQUEST"],
    ["a point, 100,000 zeros and a 1", `0.${"0".repeat(100_000)}1`, "ok"],
    ["a minus, 100,000 nines and an exponent", `-${"9".repeat(100_000)}e-100000`, "ok"],
  ])("that is %s is read like any other", async (_what, number, answer) => {
    expect(await add(`"by":${number}`)).toBe(answer);
  });

  test.each(["01", "+1", ".5", "1.", "0x1", "Infinity", "NaN", "1_000", "1n"])(
    "that is written %s is no JSON, and neither is the message",
    async (number) => {
      await using peer = await world.open();
      peer.say(
        request(1, "mutation", "counter.add", `{"counterId":"a","by":${number}}`),
        request(2, "query", "counter.limit"),
      );
      await peer.answer(2);
      expect(peer.texts.items[0]).toContain("PARSE_ERROR");
    },
  );
});

describe("A text", () => {
  /** Everything that has meant something else to somebody on the way. */
  const odd = [
    "\0",
    "\ud800",
    "\udc00",
    "\ufeff",
    "\u2028",
    "\u2029",
    "\r\n\r\n",
    "\u202e",
    "\x1b[31m",
    "</script>",
    "%00",
    "🐟",
  ];

  test.each(odd)("of %j arrives as it was sent, and as nothing else", async (text) => {
    const roomId = crypto.randomUUID();
    await using peer = await world.open();
    peer.say(request(1, "subscription", "rooms.watch", JSON.stringify({ roomId })));
    await peer.texts.first((one) => one.includes('"full"'));
    peer.say(request(2, "mutation", "rooms.post", JSON.stringify({ roomId, text: `a${text}b` })));
    const event = await peer.texts.first((one) => one.includes('"events"'));
    expect(JSON.parse(event).result.data.json.data.events[0].data.text).toBe(`a${text}b`);
  });

  test.each(odd)("of %j names a topic of its own", async (text) => {
    const counterId = `${crypto.randomUUID()}${text}`;
    expect(await answerOf("counter.add", JSON.stringify({ counterId, by: 1 }))).toBe("ok");
    expect(await world.sumOf(counterId)).toBe(1);
    expect(await world.sumOf(counterId.slice(0, 36))).toBe(0);
  });

  test.each(["\0", "\ud800", "\udc00", "", "a".repeat(129)])("of %j is no commandId and no clientId", async (id) => {
    expect(await add(`"by":1,"commandId":${JSON.stringify(id)}`)).toBe("BAD_REQUEST");
    const presence = JSON.stringify({ counterId: "a", clientId: id, state: { typing: true } });
    expect(await answerOf("counter.presence", presence)).toBe("BAD_REQUEST");
  });
});
