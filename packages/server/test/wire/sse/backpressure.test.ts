import { Agent, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { eventually, Recorder, turn } from "../../support/recorder.ts";
import { framesOf, openStream, type Stream } from "./support/open-stream.ts";
import { serveStreams, startStreams, watchPath } from "./support/stream-app.ts";

const mark = 128 * 1024;
const text = "a".repeat(200_000);
const home = watchPath("home");

type App = Awaited<ReturnType<typeof startStreams>>;
type Options = Parameters<typeof startStreams>[0];

/** What each frame that a client got says of the note's count. */
function countsOf({ events }: Stream): readonly { kind: unknown; count: number }[] {
  return framesOf(events.items).flatMap(({ frame }) => {
    const { kind, state, to } = frame as { kind: unknown; state?: { count: number }; to?: number };
    const count = state?.count ?? to;
    return count === undefined ? [] : [{ kind, count }];
  });
}

/** Opens a stream that is live, and tells how many bytes wait for it on the server. */
async function open(app: App, agent?: Agent) {
  const stream = await openStream(`${app.url}${home}`, agent && { agent });
  await stream.events.count(3);
  const socket = app.sockets.items.at(-1);
  return { ...stream, buffered: () => socket?.writableLength ?? Number.NaN };
}

/** Puts so many notes, and tells the most that was buffered for a client meanwhile, in bytes. */
async function flood(app: App, client: { buffered(): number }, puts: number): Promise<number> {
  let most = 0;
  for (let put = 0; put < puts; put += 1) {
    await app.put("home", text);
    await turn();
    most = Math.max(most, client.buffered());
  }
  return most;
}

/** Something that stands between the handler and the client, and sees each text. */
function between(written: (res: ServerResponse, chunk: unknown) => void): Options {
  return {
    middleware(_req, res, next) {
      const write = res.write.bind(res);
      res.write = ((chunk: string) => {
        const taken = write(chunk);
        written(res, chunk);
        return taken;
      }) as typeof res.write;
      next();
    },
  };
}

describe.each<[string, Options]>([
  ["on its socket", {}],
  ["behind a middleware that writes", between(() => {})],
])("Who reads nothing while 50 MB are published %s", (_where, options) => {
  test("costs bounded memory, is nobody else's problem, and converges when they read again", async () => {
    await using app = await startStreams({ maxBufferedBytes: mark, queue: 8, ...options });
    const slow = await open(app);
    const quick = await open(app);
    slow.pause();
    const most = await flood(app, slow, 250);
    expect(most).toBeGreaterThan(mark);
    expect(most).toBeLessThan(mark + 2 * text.length);
    await quick.events.first((event) => event.includes('"to":250'));
    expect(countsOf(quick)).toHaveLength(251);

    slow.resume();
    await eventually(() => countsOf(slow).at(-1)?.count === 250, "the slow one caught up");
    const counts = countsOf(slow);
    expect(counts.length).toBeLessThan(150);
    expect(slow.events.items.some((event) => event.includes('"reason":"overflow"'))).toBe(true);
    for (const [index, { kind, count }] of counts.entries()) {
      if (kind === "events") expect(count).toBe((counts[index - 1]?.count ?? 0) + 1);
    }
    await app.put("home", text);
    await slow.events.first((event) => event.includes('"to":251'));
    for (const stream of [slow, quick]) stream.drop();
  }, 20_000);

  test("gets all that fits into its queue, in its order", async () => {
    await using app = await startStreams({ maxBufferedBytes: mark, queue: 20, queueBytes: 100_000_000, ...options });
    const slow = await open(app);
    slow.pause();
    let puts = 0;
    for (; slow.buffered() <= mark; puts += 1) await flood(app, slow, 1);
    await flood(app, slow, 20);
    slow.resume();
    await slow.events.first((event) => event.includes(`"to":${puts + 20}`));
    expect(countsOf(slow).map(({ count }) => count)).toEqual(Array.from({ length: puts + 21 }, (_, index) => index));
    slow.drop();
  });

  test("is cut off when it takes nothing for too long, and goes on from where it was", async () => {
    await using app = await startStreams({ maxBufferedBytes: mark, slowMs: 50, ...options });
    await using patient = await serveStreams(app);
    const slow = await open(app);
    slow.pause();
    await flood(app, slow, 75);
    await app.happened.first((what) => what === "realtime.note.watch aborted");
    slow.resume();
    await slow.ended.count(1);
    expect(slow.ended.items).toEqual(["cut"]);
    const last = framesOf(slow.events.items).at(-1);
    using again = await openStream(`${patient.url}${home}`, { headers: { "last-event-id": String(last?.id) } });
    await eventually(() => countsOf(again).at(-1)?.count === 75, "they caught up");
    expect(countsOf(again).every(({ kind }) => kind === "events")).toBe(true);
  });
});

test("Nothing is written behind the end of a response that somebody else ends while frames wait", async () => {
  const responses: ServerResponse[] = [];
  await using app = await startStreams({
    maxBufferedBytes: mark,
    middleware(_req, res, next) {
      responses.push(res);
      next();
    },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const slow = await open(app, agent);
  slow.pause();
  while (slow.buffered() <= mark) await flood(app, slow, 1);
  await flood(app, slow, 3);
  responses[0]?.end();
  slow.resume();
  await slow.ended.count(1);
  expect(slow.ended.items).toEqual(["whole"]);
  await app.happened.first((what) => what === "realtime.note.watch aborted");
  for (let turns = 0; turns < 10; turns += 1) await turn();
  using next = await openStream(`${app.url}/trpc/echo?input=1`, { agent });
  await next.ended.count(1);
  expect([next.response.statusCode, app.sockets.items.length]).toEqual([200, 1]);
  agent.destroy();
});

test("What waits for a client is told by its response where its socket is not written to", async () => {
  const peaks = new Recorder<number>();
  await using app = await startStreams({
    maxBufferedBytes: mark,
    ...between((res) => peaks.push(res.writableLength)),
  });
  const slow = await open(app);
  slow.pause();
  await flood(app, slow, 100);
  expect(Math.max(...peaks.items)).toBeGreaterThan(mark);
  expect(Math.max(...peaks.items)).toBeLessThan(mark + 2 * text.length);
  slow.drop();
});
