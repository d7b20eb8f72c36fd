import { describe, expect, test } from "vitest";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

const asked = request(7, "query", "counter.limit");
const envelope = (fields: string) => `{${fields}}`;
const params = '"params":{"path":"realtime.counter.limit","input":{"json":null}}';

const malformed: readonly (readonly [what: string, said: string])[] = [
  ["is empty", ""],
  ["is a blank", " "],
  ["is no JSON", "hello"],
  ["is not whole", '{"id":1,'],
  ["is a number", "5"],
  ["is null", "null"],
  ["is true", "true"],
  ["is a text", '"hello"'],
  ["begins with a BOM", `\ufeff${asked}`],
  ["ends with a NUL", `${asked}\0`],
  ["has a NUL within a text", asked.replace("limit", "li\0mit")],
  ["is JavaScript and no JSON", "{id:1,method:'query'}"],
  ["has a comment", `/* */${asked}`],
  ["has a comma too many", asked.replace("}}}", "}},}")],
  ["says NaN", '{"id":NaN,"method":"query"}'],
  ["is two messages", `${asked}${asked}`],
  ["is a list with what is no message", `[${asked},5]`],
  ["is a list of lists", `[[${asked}]]`],
  ["is a list of what it must not be", "[1,null,[]]"],
  ["is an object without anything", "{}"],
  ["has no method", envelope(`"id":1,${params}`)],
  ["has no params", envelope('"id":1,"method":"query"')],
  ["has a method that does not exist", envelope(`"id":1,"method":"delete",${params}`)],
  ["has a method that every object knows", envelope(`"id":1,"method":"constructor",${params}`)],
  ["has a method by a prototype", envelope(`"id":1,"__proto__":{"method":"query"},${params}`)],
  ["has a list of methods", envelope(`"id":1,"method":["query"],${params}`)],
  ["has a list of params", envelope('"id":1,"method":"query","params":["realtime.counter.limit"]')],
  ["has no path", envelope('"id":1,"method":"query","params":{"input":{"json":null}}')],
  ["has a path that is an object", envelope('"id":1,"method":"query","params":{"path":{"a":1}}')],
  [
    "has a path by a prototype",
    envelope('"id":1,"method":"query","params":{"__proto__":{"path":"realtime.counter.limit"}}'),
  ],
  ["has an id that is an object", envelope(`"id":{},"method":"query",${params}`)],
  ["has an id that is a list", envelope(`"id":[1],"method":"query",${params}`)],
  ["has an id that is true", envelope(`"id":true,"method":"query",${params}`)],
  ["is of another JSON-RPC", envelope(`"id":1,"jsonrpc":"1.0","method":"query",${params}`)],
  [
    "has an input that the transformer does not know",
    envelope('"id":1,"method":"query","params":{"path":"a","input":null}'),
  ],
  [
    "has a lastEventId that is a number",
    envelope('"id":1,"method":"subscription","params":{"path":"a","input":{"json":null},"lastEventId":5}'),
  ],
  ["is of the server", '{"id":1,"result":{"type":"data","data":{"json":1}}}'],
  ["tells the server to connect anew", '{"id":null,"method":"reconnect"}'],
];

const ids: readonly (readonly [what: string, answered: string, id: string])[] = [
  ["zero", "0", "0"],
  ["negative", "-1", "-1"],
  ["a negative zero", "0", "-0"],
  ["a fraction", "0.1", "0.1"],
  ["beyond what is counted exactly", "9007199254740992", "9007199254740993"],
  ["as large as numbers get", "1e+308", "1e308"],
  ["beyond all numbers", "null", "1e400"],
  ["an empty text", '""', '""'],
  ["a text of a number", '"1"', '"1"'],
  ["what every object knows", '"__proto__"', '"__proto__"'],
  ["half of a surrogate pair", '"\\ud800"', '"\\ud800"'],
  ["a NUL", '"\\u0000"', '"\\u0000"'],
  ["what ends a line in JavaScript", '"\u2028"', '"\\u2028"'],
  ["what would end a text", '"\\",\\"error\\":\\""', '"\\",\\"error\\":\\""'],
];

describe("A message", () => {
  test.each(malformed)(
    "that %s is answered by a PARSE_ERROR without an id, and its connection goes on",
    async (_what, said) => {
      await using peer = await world.open();
      peer.say(said, asked);
      expect(await peer.answer(7)).toContain('"json":1000');
      expect(peer.texts.items).toHaveLength(2);
      const [text = ""] = peer.texts.items;
      expect(JSON.parse(text)).toMatchObject({ id: null, error: { json: { data: { code: "PARSE_ERROR" } } } });
      expectNoInside(text);
    },
  );

  test("without an id is refused, since nobody could tell whose answer it was", async () => {
    await using peer = await world.open();
    peer.say(envelope(`"method":"query",${params}`), envelope(`"id":null,"method":"query",${params}`), asked);
    await peer.answer(7);
    const refused = { id: null, error: { json: { data: { code: "PARSE_ERROR" } } } };
    expect(peer.texts.items.slice(0, 2).map((text) => JSON.parse(text))).toMatchObject([refused, refused]);
  });

  test("that is an empty list asks for nothing", async () => {
    await using peer = await world.open();
    peer.say("[]", asked);
    expect(await peer.texts.count(1)).toEqual([expect.stringContaining('"id":7')]);
  });

  test("that says the same field twice means the last one", async () => {
    await using peer = await world.open();
    peer.say(asked.replace('"method"', '"method":"mutation","method"'));
    expect(await peer.answer(7)).toContain('"json":1000');
  });

  test("may have fields that nobody knows", async () => {
    await using peer = await world.open();
    peer.say(asked.replace('"method"', '"context":{"user":{"id":"ben"}},"user":{"id":"ben"},"method"'));
    expect(await peer.answer(7)).toContain('"json":1000');
  });
});

describe("An id", () => {
  test.each(ids)("that is %s is answered under %s", async (_what, answered, id) => {
    await using peer = await world.open();
    peer.say(asked.replace("7", id));
    const [text] = await peer.texts.count(1);
    expect(text).toBe(`{"id":${answered},"result":{"type":"data","data":{"json":1000}}}`);
  });

  test("of a subscription may be any of them too, and ends it", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    const began = ids.filter(([, answered]) => answered !== "null");
    for (const [, , id] of began) {
      peer.say(request(7, "subscription", "counter.watch", `{"counterId":"${counterId}"}`).replace("7", id));
    }
    await peer.texts.until((texts) => texts.filter((text) => text.includes('"full"')).length === began.length - 1);
    // A zero and a negative zero are one id.
    expect(peer.texts.items.filter((text) => text.includes("Duplicate id 0"))).toHaveLength(1);
    for (const [, , id] of began) peer.say(`{"id":${id},"method":"subscription.stop"}`);
    await peer.texts.until((texts) => texts.filter((text) => text.includes('"stopped"')).length === began.length - 1);
  });

  test("that is taken is refused to a second subscription, and the first goes on", async () => {
    await using peer = await world.open();
    const counterId = crypto.randomUUID();
    const watch = request(1, "subscription", "counter.watch", `{"counterId":"${counterId}"}`);
    peer.say(watch, watch);
    await peer.texts.first((text) => text.includes("Duplicate id 1"));
    await peer.texts.first((text) => text.includes('"full"'));
    await world.app.as("ann").counter.add({ counterId, by: 5 });
    await peer.texts.first((text) => text.includes('"by":5'));
  });

  test("of what does not run is stopped without a word", async () => {
    await using peer = await world.open();
    for (const id of ['"__proto__"', "99", "-1", "1e400", '""']) peer.say(`{"id":${id},"method":"subscription.stop"}`);
    peer.say(asked);
    expect(await peer.texts.count(1)).toEqual([expect.stringContaining('"id":7')]);
  });
});
