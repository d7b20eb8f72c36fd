import { describe, expect, test } from "vitest";
import { openRawSocket } from "../../../support/raw-socket.ts";
import { ask, handlers } from "../support/both-handlers.ts";
import { type PlainOptions, startPlain } from "../support/plain-app.ts";

describe.each(handlers)("%s", (_name, apply) => {
  const start = (options?: PlainOptions) => startPlain(apply, options);

  test("uses an encoder of the application, for texts and for bytes", async () => {
    const encoder = {
      encode: (data: unknown) => new TextEncoder().encode(`!${JSON.stringify(data)}`),
      decode: (data: string | ArrayBuffer | Uint8Array) =>
        JSON.parse((typeof data === "string" ? data : new TextDecoder().decode(data)).slice(1)),
    };
    await using app = await start({ experimental_encoder: encoder });
    await using socket = await openRawSocket(app);
    socket.send(Buffer.from(`!${ask(1, "subscription", "count", "given")}`));
    await socket.texts.count(6);
    socket.send(`!${ask(2, "query", "name")}`);
    await socket.texts.count(7);
    app.applied.broadcastReconnectNotification();
    const texts = await socket.texts.count(8);
    expect(texts.map((text) => JSON.parse(text.slice(1)))).toEqual([
      { id: 1, result: { type: "started" } },
      { id: 1, result: { type: "data", data: "given" } },
      { id: 1, result: { type: "data", data: { id: "a:1", data: { count: 1 } }, id: "a:1" } },
      { id: 1, result: { type: "data", data: { id: "a:2" }, id: "a:2" } },
      { id: 1, result: { type: "data" } },
      { id: 1, result: { type: "stopped" } },
      { id: 2, result: { type: "data", data: "ann" } },
      { id: null, method: "reconnect" },
    ]);
  });
});
