import { TRPCError } from "@trpc/server";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "../../../support/collect-garbage.ts";
import { openRawSocket } from "../../../support/raw-socket.ts";
import { eventually } from "../../../support/recorder.ts";
import { ask, handlers, refused, stop } from "../support/both-handlers.ts";
import { type PlainOptions, startPlain } from "../support/plain-app.ts";

describe.each(handlers)("%s", (_name, apply) => {
  const start = (options?: PlainOptions) => startPlain(apply, options);

  describe("on a subscription", () => {
    test("sends what an async iterable yields, with the ids of what is tracked, until its end", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "count", "given", { jsonrpc: "2.0" }));
      expect(await socket.texts.count(6)).toEqual([
        '{"id":1,"jsonrpc":"2.0","result":{"type":"started"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":"given"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":{"id":"a:1","data":{"count":1}},"id":"a:1"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data","data":{"id":"a:2"},"id":"a:2"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"data"}}',
        '{"id":1,"jsonrpc":"2.0","result":{"type":"stopped"}}',
      ]);
      expect(app.happened.items).toEqual(["count ended"]);
    });

    test.each([
      ["of an object", '{"a":1}', '{"a":1,"lastEventId":"a:1"}'],
      ["that is absent", undefined, '{"lastEventId":"a:1"}'],
      ["that is null", "null", '{"lastEventId":"a:1"}'],
      ["that is a text", '"a"', '"a"'],
      ["that is a list", "[1]", "[1]"],
    ])("puts the last id into an input %s", async (_what, input, given) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      const field = input === undefined ? "" : `,"input":${input}`;
      socket.send(`{"id":1,"method":"subscription","params":{"path":"count","lastEventId":"a:1"${field}}}`);
      expect((await socket.texts.count(2))[1]).toBe(`{"id":1,"result":{"type":"data","data":${given}}}`);
    });

    test("ends an async iterable when it is told to stop, and the id is free again", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      for (const round of [1, 2]) {
        socket.send(ask(1, "subscription", "forever"));
        await socket.texts.count(3 * round - 1);
        socket.send(stop(1));
        await socket.texts.count(3 * round);
      }
      const once = ["started", "first", "stopped"].map((word) => expect.stringContaining(word));
      expect(socket.texts.items).toEqual([...once, ...once]);
      expect(app.happened.items).toEqual([
        ...["forever aborted", "forever ended"],
        ...["forever aborted", "forever ended"],
      ]);
      expect(app.faults.items).toEqual([]);
    });

    test("passes over a stop of what does not run", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(stop(5));
      socket.send(ask(1, "query", "name"));
      expect(await socket.texts.count(1)).toEqual(['{"id":1,"result":{"type":"data","data":"ann"}}']);
    });

    test("ends when the connection does", async () => {
      await using app = await start();
      const socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "forever"));
      socket.send(ask(2, "subscription", "observed"));
      await socket.texts.count(4);
      await socket[Symbol.asyncDispose]();
      await app.happened.count(3);
      expect([...app.happened.items].sort()).toEqual(["forever aborted", "forever ended", "observed ended"]);
    });

    test("holds nothing of what it sent while it waits for more", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "relayed"));
      await socket.texts.count(1);
      const sent = [1, 2].map((n) => {
        const value = { n };
        app.relay(value);
        return new WeakRef(value);
      });
      await socket.texts.count(3);
      await eventually(() => {
        collectGarbage();
        return sent.every((value) => value.deref() === undefined);
      }, "what was sent is forgotten");
    });

    test("tells the error that an async iterable ends with", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "breaking"));
      const texts = await socket.texts.count(4);
      expect(texts.map((text) => JSON.parse(text))).toEqual([
        { id: 1, result: { type: "started" } },
        { id: 1, result: { type: "data", data: 1 } },
        refused(1, "No more.", "FORBIDDEN", "breaking"),
        { id: 1, result: { type: "stopped" } },
      ]);
      expect(app.faults.items).toMatchObject([{ code: "FORBIDDEN", type: "subscription", path: "breaking" }]);
    });

    test.each([
      ["throws", "refusing", "FORBIDDEN", "Not at all."],
      ["returns no iterable", "single", "INTERNAL_SERVER_ERROR", expect.stringMatching(/did not return an observable/)],
    ])("never starts when the procedure %s", async (_what, path, code, message) => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", path));
      socket.send(ask(2, "query", "name"));
      const texts = await socket.texts.count(2);
      const errors = texts.map((text) => JSON.parse(text)).filter(({ id }) => id === 1);
      expect(errors).toEqual([refused(1, message, code, path)]);
    });

    test("refuses an id that is taken, and the first goes on", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      await socket.texts.count(2);
      socket.send(ask(1, "subscription", "forever"));
      const [, , text = ""] = await socket.texts.count(3);
      expect(JSON.parse(text)).toEqual(refused(1, "Duplicate id 1", "BAD_REQUEST", "forever"));
      app.emitters.items[0]?.next("more");
      expect((await socket.texts.count(4))[3]).toBe('{"id":1,"result":{"type":"data","data":"more"}}');
    });

    test("sends what an observable emits, until it completes", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      const [emitter] = await app.emitters.count(1);
      emitter?.next({ a: 1 });
      await socket.texts.count(3);
      emitter?.complete();
      expect(await socket.texts.count(4)).toEqual([
        '{"id":1,"result":{"type":"started"}}',
        '{"id":1,"result":{"type":"data","data":"at once"}}',
        '{"id":1,"result":{"type":"data","data":{"a":1}}}',
        '{"id":1,"result":{"type":"stopped"}}',
      ]);
      expect(app.happened.items).toEqual(["observed ended"]);
    });

    test("tells the error that an observable ends with", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      const [emitter] = await app.emitters.count(1);
      emitter?.error(new TRPCError({ code: "FORBIDDEN", message: "No more." }));
      const texts = await socket.texts.count(4);
      expect(JSON.parse(texts[2] ?? "")).toEqual(refused(1, "No more.", "FORBIDDEN", "observed"));
      expect(texts[3]).toBe('{"id":1,"result":{"type":"stopped"}}');
    });

    test("ends an observable when it is told to stop", async () => {
      await using app = await start();
      await using socket = await openRawSocket(app);
      socket.send(ask(1, "subscription", "observed"));
      await socket.texts.count(2);
      socket.send(stop(1));
      expect((await socket.texts.count(3))[2]).toBe('{"id":1,"result":{"type":"stopped"}}');
      expect(app.happened.items).toEqual(["observed ended"]);
    });
  });
});
