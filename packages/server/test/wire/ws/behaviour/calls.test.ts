import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { openRawSocket } from "../../../support/raw-socket.ts";
import { ask, handlers, refused } from "../support/both-handlers.ts";
import { type PlainOptions, startPlain } from "../support/plain-app.ts";

describe.each(handlers)("%s", (_name, apply) => {
  const start = (options?: PlainOptions) => startPlain(apply, options);

  describe("on a query or a mutation", () => {
    test.each([
      ["a text", ask(1, "query", "echo", "hello"), '{"id":1,"result":{"type":"data","data":"hello"}}'],
      ["an object", ask(2, "query", "echo", { a: ["é"] }), '{"id":2,"result":{"type":"data","data":{"a":["é"]}}}'],
      ["null", ask(3, "query", "echo", null), '{"id":3,"result":{"type":"data","data":null}}'],
      ["nothing", ask(4, "mutation", "nothing"), '{"id":4,"result":{"type":"data"}}'],
      ["under a text", ask('"a', "query", "name"), '{"id":"\\"a","result":{"type":"data","data":"ann"}}'],
      ["under no whole number", ask(0.5, "query", "name"), '{"id":0.5,"result":{"type":"data","data":"ann"}}'],
      [
        "with the version of JSON-RPC",
        ask(5, "query", "name", undefined, { jsonrpc: "2.0" }),
        '{"id":5,"jsonrpc":"2.0","result":{"type":"data","data":"ann"}}',
      ],
    ])("answers %s", async (_what, question, answer) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(question);
      expect(await socket.texts.count(1)).toEqual([answer]);
    });

    test("answers each of several in one message", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(`[${[1, 2, 3].map((id) => ask(id, "query", "echo", id)).join()}]`);
      expect(await socket.texts.count(3)).toEqual(
        [1, 2, 3].map((id) => `{"id":${id},"result":{"type":"data","data":${id}}}`),
      );
    });

    test("uses the transformer of the router", async () => {
      await using app = await start({ transformer: superjson });
      await using socket = await openRawSocket(app);
      const input = '{"json":"1970-01-01T00:00:00.000Z","meta":{"values":["Date"],"v":1}}';
      socket.send(`{"id":1,"method":"query","params":{"path":"echo","input":${input}}}`);
      expect(await socket.texts.count(1)).toEqual([`{"id":1,"result":{"type":"data","data":${input}}}`]);
    });

    test("answers by the error format of the router, and tells onError", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "mutation", "fail", { by: 1 }));
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(1, "Not twice.", "CONFLICT", "fail"));
      const ctx = { name: "ann" };
      expect(app.faults.items).toEqual([{ code: "CONFLICT", type: "mutation", path: "fail", input: { by: 1 }, ctx }]);
    });

    test.each([
      ["a procedure that does not exist", ask(1, "query", "no.such"), "NOT_FOUND", /no.such/],
      ["a procedure of another type", ask(1, "mutation", "echo"), "NOT_FOUND", /"mutation"-procedure/],
      ["one that returns an iterable", ask(1, "query", "list"), "UNSUPPORTED_MEDIA_TYPE", /async iterable/],
      ["one whose answer is no JSON", ask(1, "query", "unencodable"), "INTERNAL_SERVER_ERROR", /BigInt/],
    ])("refuses %s", async (_what, question, code, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(question);
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(1, expect.stringMatching(message), code, expect.any(String)));
    });
  });

  describe("on a malformed message", () => {
    test.each([
      ["no JSON", "hello"],
      ["not all of it well formed", `[${ask(1, "query", "name")},5]`],
      ["of bytes", Buffer.from(ask(1, "query", "name"))],
    ])("answers an error without an id when it is %s, and goes on", async (_what, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(message);
      socket.send(ask(2, "query", "name"));
      const [text = "", next] = await socket.texts.count(2);
      expect(JSON.parse(text)).toEqual(refused(null, expect.any(String), "PARSE_ERROR"));
      expect(next).toBe('{"id":2,"result":{"type":"data","data":"ann"}}');
    });

    test("requires an id", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(null, "query", "name"));
      const [text = ""] = await socket.texts.count(1);
      expect(JSON.parse(text)).toEqual(refused(null, "`id` is required", "PARSE_ERROR"));
      expect(app.faults.items).toMatchObject([{ code: "PARSE_ERROR", type: "unknown", path: undefined }]);
    });
  });
});
