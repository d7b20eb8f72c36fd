import { afterEach, describe, expect, test } from "vitest";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

afterEach(() => {
  for (const kind of [{}, [], () => {}, ""]) expect(kind).not.toHaveProperty("polluted");
});

const input = (more: string) => `{"counterId":"${crypto.randomUUID()}","by":1,"more":${more}}`;

/** What is answered to an input with what superjson says about it: `ok`, or the code of the error. */
async function answerOf(json: string, meta: string): Promise<string> {
  await using peer = await world.open();
  peer.say(request(1, "mutation", "counter.add", json, meta));
  const [text = ""] = await peer.texts.count(1);
  expectNoInside(text);
  const { result, error } = JSON.parse(text);
  return result ? "ok" : error.json.data.code;
}

const values = (path: string, kind: string) => `{"v":1,"values":{"${path}":[${kind}]}}`;
const same = (equal: object) => JSON.stringify({ v: 1, referentialEqualities: equal });

/** An object in which each part stands twice, to a depth: a few hundred characters, and two to the power of the depth of values. */
function doubling(depth: number) {
  let json = "null";
  const equal: Record<string, readonly string[]> = {};
  for (let level = depth; level > 0; level -= 1) {
    json = `{"a":${json},"b":null}`;
    const path = ["more", ...Array.from({ length: level - 1 }, () => "a")].join(".");
    equal[`${path}.a`] = [`${path}.b`];
  }
  return { json: input(json), meta: same(equal) };
}

describe("What superjson says of an input", () => {
  test.each([
    ["a date", "1", '"Date"', "ok"],
    ["a date that is none", '"no day"', '"Date"', "ok"],
    ["undefined", "null", '"undefined"', "ok"],
    ["a number that is none", '"NaN"', '"number"', "ok"],
    ["a number without end", '"-Infinity"', '"number"', "ok"],
    ["a number with 100,000 digits", `"${"9".repeat(100_000)}"`, '"number"', "ok"],
    ["a big number of another kind", '"123"', '"bigint"', "BAD_REQUEST"],
    ["a big number of another kind, that is none", '"1.5"', '"bigint"', "PARSE_ERROR"],
    ["a set", "[1,1]", '"set"', "BAD_REQUEST"],
    ["a set of what cannot be listed", "5", '"set"', "PARSE_ERROR"],
    ["a map", "[[1,2]]", '"map"', "BAD_REQUEST"],
    ["a map of what has no keys", "[1]", '"map"', "PARSE_ERROR"],
    ["a regular expression", '"/(a+)+$/"', '"regexp"', "BAD_REQUEST"],
    ["a regular expression that is none", '"/(/"', '"regexp"', "PARSE_ERROR"],
    ["a URL", '"file:///etc/passwd"', '"URL"', "BAD_REQUEST"],
    ["a URL that is none", '"http://["', '"URL"', "PARSE_ERROR"],
    ["an error", '{"name":"Error","message":"a","stack":{"a":1}}', '"Error"', "BAD_REQUEST"],
    ["a list of bytes", "[1,2]", '["typed-array","Uint8Array"]', "BAD_REQUEST"],
    [
      "a list of 2,147,483,648 numbers, of which none is there",
      "2147483648",
      '["typed-array","Float64Array"]',
      "BAD_REQUEST",
    ],
    ["a list of numbers longer than any", "1e20", '["typed-array","Float64Array"]', "PARSE_ERROR"],
    ["a list of what every object knows", "[1]", '["typed-array","constructor"]', "ok"],
    ["of a class that is not registered", "{}", '["class","Connection"]', "PARSE_ERROR"],
    ["of a class that every object knows", "{}", '["class","constructor"]', "PARSE_ERROR"],
    ["a symbol that is not registered", '"a"', '["symbol","a"]', "PARSE_ERROR"],
    ["of a kind of one's own", "{}", '["custom","toString"]', "PARSE_ERROR"],
    ["of no kind", "1", '"nothing"', "PARSE_ERROR"],
    ["of a kind that every object knows", "1", '"constructor"', "PARSE_ERROR"],
    ["of a kind that is a number", "1", "5", "PARSE_ERROR"],
  ])("may be that it is %s", async (_what, value, kind, answer) => {
    expect(await answerOf(input(value), values("more", kind))).toBe(answer);
  });

  test.each([
    ["a prototype", "__proto__.polluted", "PARSE_ERROR"],
    ["a constructor", "constructor.prototype.polluted", "PARSE_ERROR"],
    ["a prototype further down", "more.__proto__.polluted", "PARSE_ERROR"],
    ["a prototype behind a backslash", "more.\\\\.__proto__", "ok"],
    ["nothing", "", "ok"],
    ["nothing that is there", "more.a.b.c.d", "ok"],
    ["the last place of a list that has but one", "list.4294967294", "BAD_REQUEST"],
    ["a place beyond all lists", "list.9007199254740993", "ok"],
    ["a place before a list", "list.-1", "ok"],
    ["a place 50,000 deep", Array(50_000).fill("a").join("."), "ok"],
  ])("may be of %s", async (_what, path, answer) => {
    const json = `{"counterId":"${crypto.randomUUID()}","by":1,"list":[1],"more":{}}`;
    expect(await answerOf(json, values(path, '"undefined"'))).toBe(answer);
  });

  test.each([
    ["no object", '"values"'],
    ["a list", "[]"],
    ["values that are a number", '{"v":1,"values":5}'],
    ["values that are a text", '{"v":1,"values":"Date"}'],
    ["a version before all", '{"v":-1,"values":{"by":["number"]}}'],
    ["a version that is none", '{"v":"__proto__"}'],
    ["equals that are a number", '{"v":1,"referentialEqualities":5}'],
    ["equals that are a list of lists", '{"v":1,"referentialEqualities":[[]]}'],
  ])("may itself be %s", async (_what, meta) => {
    expect(await answerOf(input("{}"), meta)).toMatch(/^(ok|PARSE_ERROR)$/);
  });
});

describe("An input in which superjson makes two places one", () => {
  test("is taken when it is small", async () => {
    const { json, meta } = doubling(8);
    expect(await answerOf(json, meta)).toBe("ok");
  });

  test.each([20, 40, 200])("again and again, %i deep, is refused before anybody looks at all of it", async (depth) => {
    const { json, meta } = doubling(depth);
    expect(await answerOf(json, meta)).toBe("BAD_REQUEST");
  });

  test("again and again is refused to a query and to a watch, too, and over HTTP", async () => {
    const { json, meta } = doubling(40);
    await using peer = await world.open();
    peer.say(request(1, "query", "counter.sum", json, meta), request(2, "subscription", "counter.watch", json, meta));
    for (const id of [1, 2]) expect(await peer.answer(id)).toContain("BAD_REQUEST");
    const body = `{"json":${json},"meta":${meta}}`;
    const headers = ["Content-Type: application/json", `Content-Length: ${body.length}`];
    const [answer] = await askHttp(world.port, httpRequest("POST /trpc/realtime.counter.add", headers, body));
    expect(answer).toMatchObject({ status: 400, body: expect.stringContaining("plain JSON") });
  });

  test.each([
    ["itself", same({ more: ["more.a"] }), "BAD_REQUEST"],
    ["the whole", '{"v":1,"referentialEqualities":[["more"]]}', "BAD_REQUEST"],
    ["a part of its own part", same({ "more.a": ["more.a.b"] }), "BAD_REQUEST"],
    ["what every object knows", same({ more: ["__proto__.polluted"] }), "PARSE_ERROR"],
    ["what it takes from every object", same({ "constructor.prototype": ["more"] }), "PARSE_ERROR"],
    ["nothing", same({ nothing: ["more"] }), "ok"],
  ])("may hold %s, or not", async (_what, meta, answer) => {
    expect(await answerOf(input('{"a":{"b":{}}}'), meta)).toBe(answer);
  });
});
