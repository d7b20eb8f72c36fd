import { describe, expect, test } from "vitest";
import { framesOf, openStream, type StreamOptions } from "./support/open-stream.ts";
import { startStreams, watchPath } from "./support/stream-app.ts";

type Ask = (position: string) => { readonly path: string } & StreamOptions;

const home = watchPath("home");

describe("A watch over SSE goes on where it was, and misses nothing,", () => {
  test.each<[string, Ask]>([
    ["by the header that an EventSource sends", (id) => ({ path: home, headers: { "last-event-id": id } })],
    ["by `lastEventId` in the address", (id) => ({ path: `${home}&lastEventId=${id}` })],
    ["by `Last-Event-Id` in the address", (id) => ({ path: `${home}&Last-Event-Id=${id}` })],
    ["by its input", (id) => ({ path: watchPath("home", { lastEventId: id }) })],
    [
      "by a POST, where that is allowed",
      (id) => ({
        path: "/trpc/realtime.note.watch",
        method: "POST",
        headers: { "content-type": "application/json", "last-event-id": id },
        body: '{"noteId":"home"}',
      }),
    ],
  ])("%s", async (_what, ask) => {
    await using app = await startStreams({ allowMethodOverride: true });
    await app.put("home", "one");
    using first = await openStream(`${app.url}${home}`);
    await first.events.count(3);
    first.drop();
    const { id = "" } = framesOf(first.events.items).at(-1) ?? {};
    for (const text of ["two", "three"]) await app.put("home", text);
    const { path, ...options } = ask(id);
    using second = await openStream(`${app.url}${path}`, options);
    await app.put("home", "four");
    const frames = framesOf(await second.events.count(5)).map(({ frame }) => frame);
    expect(frames).toMatchObject([
      { kind: "resumed", replayed: 2 },
      { kind: "events", from: 2, to: 3, events: [{ data: { text: "two" } }, { data: { text: "three" } }] },
      { kind: "presence", full: [] },
      { kind: "events", from: 4, to: 4, events: [{ data: { text: "four" } }] },
    ]);
  });

  test("or from a snapshot, with the reason, when what it missed is kept no more", async () => {
    await using app = await startStreams();
    const position = "0000000000000000:3:all";
    using stream = await openStream(`${app.url}${home}`, { headers: { "last-event-id": position } });
    const [first] = framesOf(await stream.events.count(2));
    expect(first?.frame).toMatchObject({ kind: "snapshot", reason: "epoch" });
  });
});
