import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { Recorder, turn } from "../../support/recorder.ts";
import { framesOf, openStream } from "./support/open-stream.ts";
import { startStreams, watchPath } from "./support/stream-app.ts";

const home = watchPath("home");

/** What is written to a socket from now on. */
function spy(socket: Socket | undefined): readonly Buffer[] {
  if (!socket) throw new Error("There is no connection.");
  const written: Buffer[] = [];
  const write = socket.write.bind(socket);
  socket.write = ((chunk: Buffer, ...rest: []) => {
    written.push(chunk);
    return write(chunk, ...rest);
  }) as typeof socket.write;
  return written;
}

describe("A watch over SSE", () => {
  test("is encoded once for all who see the same, and leaves in one write for a tick", async () => {
    await using app = await startStreams();
    const paths = [home, home, watchPath("work"), home];
    const streams: Awaited<ReturnType<typeof openStream>>[] = [];
    for (const path of paths) {
      const stream = await openStream(`${app.url}${path}`);
      await stream.events.count(3);
      streams.push(stream);
    }
    const written = app.sockets.items.map(spy);
    await Promise.all([app.cheer("home", "🐟"), app.cheer("work", "🐟"), app.cheer("home", "🦀")]);
    await turn();
    expect(written.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    const [[first], [second], [elsewhere], [fourth]] = written as [Buffer[], Buffer[], Buffer[], Buffer[]];
    expect(second).toBe(first);
    expect(fourth).toBe(first);
    expect(elsewhere).not.toBe(first);
    for (const [index, stream] of streams.entries()) {
      const count = paths[index] === home ? 5 : 4;
      const frames = framesOf(await stream.events.count(count)).slice(2);
      const cheers = frames.map(({ frame }) => (frame.data as { emoji: string }).emoji);
      expect(cheers).toEqual(paths[index] === home ? ["🐟", "🦀"] : ["🐟"]);
      stream.drop();
    }
  });

  test("begins with its head, and then gets its whole opening in one write", async () => {
    await using app = await startStreams();
    const written: (readonly Buffer[])[] = [];
    app.server.on("connection", (socket: Socket) => written.push(spy(socket)));
    using stream = await openStream(`${app.url}${home}`);
    await stream.events.count(3);
    const [head, connected, opening, ...more] = written[0] ?? [];
    expect(String(head)).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(String(connected)).toBe("1c\r\nevent: connected\ndata: {}\n\n\n\r\n");
    expect(String(opening)).toMatch(/"kind":"snapshot".*"kind":"presence"/s);
    expect(more).toEqual([]);
  });

  test("of which one frame cannot be encoded ends, with nothing that had not left by then, and no other does", async () => {
    const unfit = new Recorder<unknown>();
    await using app = await startStreams({
      transformer: {
        input: { serialize: (value) => value, deserialize: (value) => value },
        output: {
          serialize(value) {
            if (JSON.stringify(value).includes("unfit")) throw new Error("Not fit to be sent.");
            return value;
          },
          deserialize: (value) => value,
        },
      },
      onError: ({ error }) => unfit.push(error.code),
    });
    using broken = await openStream(`${app.url}${home}`);
    using other = await openStream(`${app.url}${watchPath("work")}`);
    for (const { events } of [broken, other]) await events.count(3);
    await Promise.all([app.cheer("home", "🐟"), app.cheer("home", "unfit")]);
    await broken.ended.count(1);
    expect(broken.events.items.slice(3)).toEqual([
      expect.stringMatching(/^event: serialized-error\ndata: .*INTERNAL_SERVER_ERROR/),
    ]);
    expect(broken.events.items.join()).not.toContain("Not fit");
    expect(unfit.items).toEqual(["INTERNAL_SERVER_ERROR"]);
    await app.put("work", "fine");
    await other.events.first((event) => event.includes("fine"));
  });
});
