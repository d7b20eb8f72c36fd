import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/recorder.ts";
import { askHttp, httpRequest } from "./support/ask-http.ts";
import { dial } from "./support/dial.ts";
import { openStream } from "./support/open-stream.ts";
import { useWorld } from "./support/use-world.ts";
import { expectNoInside } from "./support/world.ts";

const world = useWorld();

const address = (channel: string, fields: object) =>
  `/trpc/realtime.${channel}.watch?input=${encodeURIComponent(JSON.stringify({ json: fields }))}`;
const home = address("counter", { counterId: "home" });

/** What would be lines of SSE of their own, if they got there as they are. */
const injections = [
  "\n\nevent: return\ndata: \n\n",
  "\r\revent: serialized-error\rdata: {}\r\r",
  "\r\n\r\nid: stolen\r\ndata: {}\r\n\r\n",
  "\nretry: 1\n",
  "\n:comment\n",
  "data: {}\n\n",
  "\u2028data: {}\u2029",
  "\0\n\ndata: {}\n\n",
  "</script><script>",
];

/** Each line is of SSE, and none of those that were to be smuggled in. */
function expectNoInjection(lines: readonly string[]): void {
  for (const line of lines) expect(line).toMatch(/^(event|data|id): |^:? ?$/);
  expect(lines).not.toContain("id: stolen");
  expect(lines.join()).not.toMatch(/event: (return|serialized-error)(?=,data: (\{\})?,)/);
}

describe("A stream", () => {
  test.each(injections)("has %j in one line of its own frame", async (text) => {
    const roomId = crypto.randomUUID();
    await using stream = await openStream(world.port, address("rooms", { roomId }));
    await stream.until('"full"');
    await world.app.as("ann").rooms.post({ roomId, text: `a${text}b` });
    await stream.until('"events"');
    await stream.until('b"');
    expectNoInjection(stream.lines);
    const events = stream.lines.filter((line) => line.includes('"events"'));
    expect(events).toHaveLength(1);
    expect(JSON.parse(events[0]?.slice("data: ".length) ?? "").json.events[0].data.text).toBe(`a${text}b`);
  });

  test.each(injections)("is refused from the place %j, and says so in one line", async (text) => {
    await using stream = await openStream(world.port, `${home}&lastEventId=${encodeURIComponent(text)}`);
    await stream.until('"code":"BAD_REQUEST"');
    expect(stream.text).not.toContain('"kind"');
    expect(stream.lines).not.toContain("id: stolen");
    expect(stream.lines.filter((line) => line.includes("BAD_REQUEST"))).toHaveLength(1);
    expectNoInside(stream.text);
  });

  test.each(injections)("of a topic of the name %j tells it in no id", async (counterId) => {
    await using stream = await openStream(world.port, address("counter", { counterId }));
    await stream.until("id: ");
    expectNoInjection(stream.lines);
    for (const line of stream.lines) if (line.startsWith("id: ")) expect(line).toMatch(/^id: [\w-]+:0:all$/);
  });

  test.each(["POST", "PUT"])("is not opened by %s", async (method) => {
    const headers = { "content-type": "application/json" };
    const body = '{"json":{"counterId":"home"}}';
    await using stream = await openStream(world.port, "/trpc/realtime.counter.watch", { method, headers, body });
    await stream.until("METHOD_NOT_SUPPORTED");
    expect(stream.text).not.toContain('"kind"');
  });

  test("shows nothing to nobody", async () => {
    await using stream = await openStream(world.port, home, { headers: { authorization: "" } });
    await stream.until('"code":"UNAUTHORIZED"');
    expect(stream.text).not.toContain('"kind"');
  });

  test("of several watches in one request is refused", async () => {
    const input = encodeURIComponent('{"0":{"json":{"counterId":"a"}},"1":{"json":{"counterId":"b"}}}');
    const line = `GET /trpc/realtime.counter.watch,realtime.counter.watch?batch=1&input=${input}`;
    expect(await askHttp(world.port, httpRequest(line))).toMatchObject([
      { status: 400, body: expect.stringContaining("BAD_REQUEST") },
    ]);
  });

  test.each(["application/json", "*/*;q=0", "\u00ff", "text/html, text/event-stream;q=0.1", ""])(
    "is one, though the client takes %j",
    async (accept) => {
      await using stream = await openStream(world.port, home, { headers: { accept } });
      await stream.until('"snapshot"');
      expect(stream.type).toMatch(/^text\/event-stream/);
    },
  );

  test("is not what a query is answered with, though the client takes nothing else", async () => {
    await using stream = await openStream(world.port, "/trpc/realtime.counter.limit");
    await stream.until("1000");
    expect(stream.type).toBe("application/json");
  });

  test("holds back what is asked after it on its connection", async () => {
    await using socket = await dial(world.port);
    socket.write(`${httpRequest(`GET ${home}`)}${httpRequest("GET /trpc/realtime.counter.limit")}`);
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
    });
    await eventually(() => text.includes('"full"'), "the stream began");
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test("that begins and breaks off, 200 times, leaves nothing", async () => {
    for (let round = 0; round < 10; round += 1) {
      const streams = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          const presence = { presence: { typing: true }, clientId: `stream ${index}` };
          return openStream(
            world.port,
            address("counter", { counterId: "restless", ...(index % 2 === 0 && presence) }),
          );
        }),
      );
      for (const [index, stream] of streams.entries()) if (index % 3 > 0) await stream.until('"snapshot"');
      await Promise.all(streams.map((stream) => stream[Symbol.asyncDispose]()));
    }
    await using last = await openStream(world.port, address("counter", { counterId: "restless" }));
    await last.until('"full":[]');
  }, 30_000);

  test("ends when its client closes its own half of the connection", async () => {
    await using socket = await dial(world.port);
    socket.write(httpRequest(`GET ${home}`));
    await once(socket, "data");
    socket.end();
    socket.resume();
    await eventually(() => socket.readableEnded || socket.closed, "the server ended the stream");
  });
});
