import { createHTTPHandler as theirs } from "@trpc/server/adapters/standalone";
import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { openStream } from "./support/open-stream.ts";
import { createStreams, type StreamsConfig, serveStreams, watchPath } from "./support/stream-app.ts";

const awkward = 'a line\r\n\r\nevent: return\ndata: "\u2028\u0000é🐟';

describe("A watch over SSE", () => {
  test.each<[string, StreamsConfig]>([
    ["without a transformer", {}],
    ["with superjson", { transformer: superjson }],
    ["with what the router tells clients", { sse: { client: { reconnectAfterInactivityMs: 60_000 } } }],
  ])("arrives byte for byte as by tRPC's handler, %s", async (_what, config) => {
    await using app = createStreams(config);
    await using pushing = await serveStreams(app);
    await using pulling = await serveStreams(app, theirs);
    const input = config.transformer ? { json: { noteId: "home" } } : { noteId: "home" };
    const path = `/trpc/realtime.note.watch?input=${encodeURIComponent(JSON.stringify(input))}`;
    using pushed = await openStream(`${pushing.url}${path}`);
    using pulled = await openStream(`${pulling.url}${path}`);
    for (const { events } of [pushed, pulled]) await events.count(3);
    for (const text of ["one", awkward]) await app.put("home", text);
    await app.cheer("home", "🐟");
    for (const { events } of [pushed, pulled]) await events.count(6);
    await app.realtime.close();
    for (const { ended } of [pushed, pulled]) await ended.count(1);
    expect(pushed.events.items).toEqual(pulled.events.items);
    expect(pushed.events.items).toHaveLength(7);
    expect(pushed.ended.items).toEqual(["whole"]);
    expect(headersOf(pushed)).toEqual(headersOf(pulled));
    expect(pushing.faults.items).toEqual(pulling.faults.items);
    expect(pushing.faults.items).toHaveLength(1);
  });

  test("cannot be broken by what its state, its params and its events hold", async () => {
    await using app = createStreams();
    await using server = await serveStreams(app);
    await app.put(awkward, awkward);
    using stream = await openStream(`${server.url}${watchPath(awkward)}`);
    await stream.events.count(3);
    await app.put(awkward, awkward);
    const [connected, snapshot = "", presence, put = "", ...more] = await stream.events.count(4);
    expect([connected, presence?.split("\n")[0], more]).toEqual([
      "event: connected\ndata: {}",
      'data: {"kind":"presence","full":[]}',
      [],
    ]);
    for (const [event, last] of [
      [snapshot, ({ state }: { state: { last: string } }) => state.last],
      [put, ({ events }: { events: [{ data: { text: string } }] }) => events[0].data.text],
    ] as const) {
      const [data, id, ...lines] = event.split("\n");
      expect(lines).toEqual([]);
      expect(id).toMatch(/^id: [\w-]{16}:[12]:all$/);
      expect((last as (frame: unknown) => string)(JSON.parse(String(data).slice("data: ".length)))).toBe(awkward);
    }
  });
});

function headersOf({ response }: Awaited<ReturnType<typeof openStream>>) {
  const { date: _date, ...headers } = response.headers;
  return [response.statusCode, headers];
}
