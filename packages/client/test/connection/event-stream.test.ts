import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readEvents } from "../../src/connection/event-stream.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A stream into which a test writes, what was read of it, and how it ended. */
function open() {
  const read: string[] = [];
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let end: unknown;
  const body = new ReadableStream<Uint8Array>({
    start(given) {
      controller = given;
    },
  });
  const done = (async () => {
    for await (const { type } of readEvents(new Response(body))) read.push(type);
  })().catch((error: unknown) => {
    end = error;
  });
  return {
    read,
    done,
    end: () => end,
    async write(text: string) {
      controller?.enqueue(new TextEncoder().encode(text));
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

const connected = (options: object) => `event: connected\ndata: ${JSON.stringify(options)}\n\n`;
const ping = "event: ping\ndata: \n\n";

describe("A stream that falls silent", () => {
  test("is ended after the time that the server told", async () => {
    const stream = open();
    await stream.write(connected({ reconnectAfterInactivityMs: 3_000 }));
    await vi.advanceTimersByTimeAsync(2_900);
    await stream.write(ping);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(stream.end()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(100);
    expect(stream.end()).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(stream.read).toEqual(["connected", "ping"]);
  });

  test("is ended after twice the silence that the server broke by a ping", async () => {
    const stream = open();
    await stream.write(connected({}));
    await vi.advanceTimersByTimeAsync(25_000);
    await stream.write(ping);
    await vi.advanceTimersByTimeAsync(49_000);
    expect(stream.end()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(stream.end()).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("is not ended within ten seconds for it", async () => {
    const stream = open();
    await stream.write(connected({}) + ping);
    await vi.advanceTimersByTimeAsync(9_900);
    expect(stream.end()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(100);
    expect(stream.end()).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("goes on where the server neither told nor pings", async () => {
    const stream = open();
    await stream.write(connected({}));
    await vi.advanceTimersByTimeAsync(3_600_000);
    await stream.write("data: 1\n\n");
    expect(stream.end()).toBeUndefined();
    expect(stream.read).toEqual(["connected", "message"]);
  });
});
