import { afterEach, describe, expect, test } from "vitest";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { request } from "./support/peer.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();
const known = Object.getOwnPropertyNames(Object.prototype);

afterEach(() => {
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(known);
  for (const kind of [{}, [], () => {}, "", new Map()]) expect(kind).not.toHaveProperty("polluted");
});

/** Words that every object knows. */
const words = ["__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "__defineGetter__"];
const counter = (more = "") => `{"counterId":"proto"${more}}`;

/** The code of the error with which a request is answered, or its result. */
async function answerOf(method: string, path: string, json: string): Promise<unknown> {
  await using peer = await world.open();
  peer.say(request(1, method, path, json));
  const [text = ""] = await peer.texts.count(1);
  expectNoInside(text);
  const { result, error } = JSON.parse(text);
  return error ? error.json.data.code : (result.data?.json ?? result.type);
}

describe("A path", () => {
  test.each(words)("that has %s in it is no procedure, wherever it stands and whatever is asked", async (word) => {
    await using peer = await world.open();
    const beside = ["", "counter.", "counter.watch.", "counter.add."].map((before) => `${before}${word}`);
    const paths = [...beside, `${word}.watch`, `${word}.${word}`, `counter.${word}.call`];
    const asked = paths.flatMap((path) => ["query", "mutation", "subscription"].map((method) => ({ method, path })));
    peer.say(...asked.map(({ method, path }, id) => request(id, method, path, counter(',"by":1'))));
    const texts = await peer.texts.count(asked.length);
    expect(texts.map((text) => JSON.parse(text).error?.json.data.code)).toEqual(asked.map(() => "NOT_FOUND"));
    for (const path of [word, ...paths.map((one) => `realtime.${one}`)]) {
      const [answer] = await askHttp(world.port, httpRequest(`GET /trpc/${path}`));
      expect(answer).toMatchObject({ status: 404, body: expect.stringContaining("NOT_FOUND") });
    }
  });
});

describe("What every object has", () => {
  const polluted = '{"polluted":true}';

  test.each([
    ["params", '{"__proto__":{"counterId":"proto"},"by":1}'],
    ["params by a constructor", '{"constructor":{"prototype":{"counterId":"proto"}},"by":1}'],
    ["the fields of a command", counter(',"__proto__":{"by":1}')],
    ["a commandId that is one of its own", counter(`,"by":1,"commandId":{"__proto__":"a"}`)],
  ])("brings in no %s", async (_what, json) => {
    expect(await answerOf("mutation", "counter.add", json)).toBe("BAD_REQUEST");
  });

  test.each([
    ["a name of its own", `"__proto__":${polluted}`],
    ["a constructor of its own", `"constructor":{"prototype":${polluted}}`],
    ["both, within one another", `"__proto__":{"constructor":{"prototype":${polluted}}}`],
    ["what makes an object a text", '"toString":1,"toJSON":{"a":1},"valueOf":2'],
    ["what makes it a promise", '"then":{"call":1}'],
    ["what makes it iterable", '"Symbol.iterator":1,"length":4294967295'],
  ])("is not changed by a field: %s", async (_what, fields) => {
    const outcome = await answerOf(
      "mutation",
      "counter.add",
      `{"counterId":"${crypto.randomUUID()}","by":1,${fields}}`,
    );
    expect(outcome).toEqual({ ok: true, offset: 1, result: { sum: 1 } });
  });

  test.each(words)("is a name for a topic like any other: %s", async (word) => {
    const json = JSON.stringify({ counterId: word, by: 2, commandId: word });
    const first = await answerOf("mutation", "counter.add", json);
    expect(first).toEqual({ ok: true, offset: 1, result: { sum: 2 } });
    expect(await answerOf("mutation", "counter.add", json)).toEqual(first);
  });

  test.each(words)("is no broadcast: %s", async (word) => {
    const json = counter(`,"name":"${word}","data":{"__proto__":${polluted}}`);
    expect(await answerOf("mutation", "counter.broadcast", json)).toBe("BAD_REQUEST");
  });

  test("does not get into what is broadcast", async () => {
    await using peer = await world.open();
    peer.say(request(1, "subscription", "counter.watch", counter()));
    await peer.texts.first((text) => text.includes('"full"'));
    const data = `{"emoji":"!","__proto__":${polluted},"constructor":${polluted}}`;
    peer.say(request(2, "mutation", "counter.broadcast", counter(`,"name":"cheer","data":${data}`)));
    const frame = await peer.texts.first((text) => text.includes('"broadcast"'));
    expect(JSON.parse(frame).result.data.json.data.data).toEqual({ emoji: "!" });
  });

  test.each(words)("is the name of a client like any other: %s", async (clientId) => {
    await using peer = await world.open();
    const state = `{"typing":true,"__proto__":${polluted},"constructor":${polluted}}`;
    peer.say(request(1, "subscription", "counter.watch", counter(`,"clientId":"${clientId}","presence":${state}`)));
    const frame = await peer.texts.first((text) => text.includes('"joined"'));
    expect(JSON.parse(frame).result.data.json.data.joined).toMatchObject([
      { id: "ann", clients: [{ state: { typing: true } }] },
    ]);
    expect(frame).not.toContain("polluted");
    peer.say(request(2, "mutation", "counter.presence", counter(`,"clientId":"${clientId}","state":{"typing":false}`)));
    expect(await peer.answer(2)).toContain('"result"');
  });

  test.each(words)("is no member unless it watches: %s", async (clientId) => {
    const json = counter(`,"clientId":"${clientId}","state":{"typing":true}`);
    expect(await answerOf("mutation", "counter.presence", json)).toBe("NOT_FOUND");
  });
});
