import { defineChannel } from "@shoal/contract";
import { createMemoryStore, initRealtime, serve } from "@shoal/server";
import { initTRPC } from "@trpc/server";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createClient } from "../src/client.ts";
import { better, type Sample, sampleOf, timeAt, uncertaintyOf } from "../src/clock.ts";
import { type RawServer, type RawSocket, startRawServer } from "./connection/support/raw-server.ts";
import { counter } from "./support/counter.ts";
import { until } from "./support/until.ts";
import { watched } from "./support/watched.ts";

const hour = 3_600_000;

function connect(server: RawServer) {
  const client = createClient({ url: server.url, channels: [counter], transport: "websocket" });
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.close() });
}

/** The questions for the time that have come, of which each is answered once. */
function questions(socket: RawSocket) {
  return socket.asked.filter(({ params }) => params?.path === "realtime.connection.time");
}

/** Answers every question for the time. */
function tellTime(socket: RawSocket, now: () => number): void {
  let answered = 0;
  socket.texts.subscribe(() => {
    for (const { id } of questions(socket).slice(answered)) {
      answered += 1;
      socket.answer(id, { now: now() });
    }
  });
}

describe("The server's time", () => {
  test("is never farther off than the client says, whatever the network does and however the clocks drift apart", () => {
    const question = fc.record({ pause: fc.nat(600_000), there: fc.nat(3_000), back: fc.nat(3_000) });
    const drift = fc.double({ min: -45e-6, max: 45e-6, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(question, { minLength: 1 }),
        drift,
        fc.integer(),
        fc.nat(900_000),
        (questions, rate, offset, later) => {
          const serverAt = (now: number) => offset + now * (1 + rate);
          let now = 0;
          let sample: Sample = { server: 0, now: 0, wall: 0, within: Number.POSITIVE_INFINITY };
          const check = () => {
            const off = Math.abs(timeAt(sample, now) - serverAt(now));
            expect(off).toBeLessThanOrEqual(uncertaintyOf(sample, now, now) + 1e-6);
          };
          for (const { pause, there, back } of questions) {
            now += pause;
            check();
            const told = serverAt(now + there);
            sample = better(sample, sampleOf(told, now, now + there + back, now + there + back), now, now);
            now += there + back;
            check();
          }
          now += later;
          check();
        },
      ),
    );
  });

  test("goes by the question with the least round trip", () => {
    const slow = sampleOf(1_000, 0, 400, 400);
    const fast = sampleOf(1_000, 500, 540, 540);
    expect(better(slow, fast, 540, 540)).toBe(fast);
    expect(better(fast, slow, 540, 540)).toBe(fast);
    // A better one does not stay so for ever.
    expect(better(fast, sampleOf(1_000, hour, hour + 100, hour + 100), 2 * hour, 2 * hour)).not.toBe(fast);
  });

  test("is uncertain by as much as this machine's clocks disagree, as after sleep", () => {
    const sample = sampleOf(1_000, 0, 40, 40);
    expect(uncertaintyOf(sample, 40, 40)).toBeCloseTo(20, 1);
    expect(uncertaintyOf(sample, 40, 40 + hour)).toBeGreaterThanOrEqual(hour);
  });

  test("is this machine's until the server has told it, and nobody knows how far that is off", async () => {
    await using server = await startRawServer();
    await using client = connect(server);
    expect(Math.abs(client.clock.now() - Date.now())).toBeLessThan(1_000);
    expect(client.clock.uncertainty).toBe(Number.POSITIVE_INFINITY);
  });

  test("is asked for several times when the connection opens, and not again when it opens once more", async () => {
    await using server = await startRawServer();
    await using client = connect(server);
    let heard = 0;
    client.clock.subscribe(() => {
      heard += 1;
    });
    client.connection.retry();
    const first = await server.socket(1);
    tellTime(first, () => Date.now() + hour);
    await until(first.texts, () => questions(first).length === 4);
    await first.heard();
    const off = Math.abs(client.clock.now() - (Date.now() + hour));
    expect(off).toBeLessThanOrEqual(client.clock.uncertainty + 1);
    expect(client.clock.uncertainty).toBeLessThan(hour / 2);
    expect(heard).toBeGreaterThan(0);
    first.close();
    const second = await server.socket(2);
    await until(client.connection, ({ status }) => status === "open");
    await second.heard();
    expect(questions(second)).toEqual([]);
  });

  test("is what predictions are made by, where the server's clock is another than this machine's", async () => {
    const stamps = defineChannel(
      "stamps",
      {
        params: z.object({}),
        state: z.object({ at: z.number() }),
        events: { stamped: z.object({ at: z.number() }) },
        commands: { stamp: {} },
      },
      {
        initial: () => ({ at: 0 }),
        apply: { stamped: (_state, { at }) => ({ at }) },
        optimistic: { stamp: (_input, { now }) => [{ type: "stamped", data: { at: now } }] },
      },
    );
    const t = initTRPC.create();
    const { serveChannel, createRealtime } = initRealtime({ t, user: () => null });
    const served = serveChannel(stamps, {
      authorize: () => true,
      commands: { stamp: ({ now, emit }) => emit("stamped", { at: now }) },
    });
    const logger = { info() {}, warn() {}, error() {} };
    const store = createMemoryStore({ now: () => Date.now() + hour });
    const realtime = createRealtime({ channels: [served], store, logger });
    const handle = await serve({ router: t.router({ realtime: realtime.router }), port: 0, createContext: () => ({}) });
    const client = createClient({ url: `${handle.url}/trpc`, channels: [stamps] });
    const topic = await watched(client.stamps({}));
    await expect.poll(() => client.clock.uncertainty).toBeLessThan(hour / 4);
    const sent = topic.send.stamp();
    expect(topic.current.state?.at).toBeGreaterThan(Date.now() + hour / 2);
    await sent;
    await client.close();
    await realtime.close();
    await handle.close();
  });

  test("is not pressed out of a server that does not tell it", async () => {
    await using server = await startRawServer();
    await using client = connect(server);
    client.connection.retry();
    const socket = await server.socket(1);
    const { id } = await socket.hears(({ params }) => params?.path === "realtime.connection.time");
    socket.send({ id, error: { message: "no", code: -32004, data: { code: "NOT_FOUND" } } });
    await socket.heard();
    expect(questions(socket)).toHaveLength(1);
    expect(client.clock.uncertainty).toBe(Number.POSITIVE_INFINITY);
  });
});
