import { describe, expect, test } from "vitest";
import { eventually, turn } from "../../support/recorder.ts";
import { type Blobs, openBlobs, startBlobs } from "./support/blob-app.ts";

const mark = 128 * 1024;
const text = "a".repeat(200_000);
/** Room for as many as a test lets wait. */
const queueBytes = 1_000 * text.length;

/** What each frame that a client got says of the blob's count, by the id it asked under. */
function countsOf(texts: readonly string[], id: number): readonly { kind: string; count: number }[] {
  return texts.flatMap((one) => {
    const { id: of, result } = JSON.parse(one);
    const frame = result?.data?.data;
    if (of !== id || !frame) return [];
    return [{ kind: frame.kind, count: frame.kind === "snapshot" ? frame.state.count : frame.to }];
  });
}

/** Puts so many blobs, and tells the most that was buffered for a client meanwhile, in bytes. */
async function flood(app: Blobs, client: { readonly bufferedAmount: number }, puts: number, ids: readonly string[]) {
  let most = 0;
  for (let put = 0; put < puts; put += 1) {
    for (const blobId of ids) await app.put(blobId, text);
    await turn();
    most = Math.max(most, client.bufferedAmount);
  }
  return most;
}

describe("Who reads nothing while 50 MB are published", () => {
  test("costs bounded memory, is nobody else's problem, and converges when they read again", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queue: 8 });
    await using slow = await openBlobs(app);
    await using quick = await openBlobs(app);
    for (const client of [slow, quick]) client.watch(1, "home");
    for (const client of [slow, quick]) await client.texts.count(2);
    slow.pause();
    const most = await flood(app, slow.onServer, 250, ["home"]);
    expect(most).toBeGreaterThan(mark);
    expect(most).toBeLessThan(mark + 2 * text.length);
    await quick.texts.first((one) => one.includes('"to":250'));
    expect(countsOf(quick.texts.items, 1)).toHaveLength(251);

    slow.resume();
    await eventually(() => countsOf(slow.texts.items.slice(-1), 1)[0]?.count === 250, "the slow one caught up");
    const counts = countsOf(slow.texts.items, 1);
    expect(counts.length).toBeLessThan(150);
    for (const [index, { kind, count }] of counts.entries()) {
      if (kind === "events") expect(count).toBe((counts[index - 1]?.count ?? 0) + 1);
    }
    await app.put("home", text);
    await slow.texts.first((one) => one.includes('"to":251'));
  }, 20_000);

  test("gets what it was sent, byte by byte, though others were sent something else meanwhile", async () => {
    await using app = await startBlobs({ queue: 1_000, queueBytes });
    const clients = [];
    for (let id = 1; id <= 6; id += 1) clients.push(await openBlobs(app));
    for (const [index, client] of clients.entries()) client.watch(10 ** index, "home");
    for (const { texts } of clients) await texts.count(2);
    const slow = clients.filter((_client, index) => index % 2 === 0);
    for (const client of slow) client.pause();
    const puts = Array.from({ length: 600 }, (_, put) => `${put} `.repeat(4_000));
    for (const put of puts) await app.put("home", put);
    expect(app.peak.bytes).toBeGreaterThan(0);
    for (const client of slow) client.resume();
    for (const [index, { texts }] of clients.entries()) {
      const events = (await texts.count(2 + puts.length)).slice(2).map((one) => JSON.parse(one));
      expect(events.every(({ id }) => id === 10 ** index)).toBe(true);
      expect(events.map(({ result }) => result.data.data.events[0].data.text)).toEqual(puts);
    }
  }, 20_000);

  test("gets all that fits into its queue, in its order", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queue: 20, queueBytes });
    await using slow = await openBlobs(app);
    slow.watch(1, "home");
    await slow.texts.count(2);
    slow.pause();
    let puts = 0;
    for (; !slow.onServer.isPaused; puts += 1) await flood(app, slow.onServer, 1, ["home"]);
    await flood(app, slow.onServer, 20, ["home"]);
    slow.resume();
    await slow.texts.first((one) => one.includes(`"to":${puts + 20}`));
    const counts = countsOf(slow.texts.items, 1).map(({ count }) => count);
    expect(counts).toEqual(Array.from({ length: puts + 21 }, (_, index) => index));
    expect(app.peak.bytes).toBeLessThan(mark + 2 * text.length);
  });

  test("gets all that fits into its queue by its bytes, in all that it watches, again and again", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queueBytes: 10.5 * text.length });
    await using slow = await openBlobs(app);
    for (const [index, blobId] of ["a", "b"].entries()) slow.watch(index + 1, blobId);
    await slow.texts.count(4);
    let puts = 0;
    const isThere = (): boolean => [1, 2].every((id) => countsOf(slow.texts.items, id).at(-1)?.count === puts);
    const flooded = async (times: number): Promise<void> => {
      slow.pause();
      for (; !slow.onServer.isPaused; puts += 1) await flood(app, slow.onServer, 1, ["a", "b"]);
      await flood(app, slow.onServer, times, ["a", "b"]);
      puts += times;
      slow.resume();
      await eventually(isThere, "both caught up");
    };
    const snapshots = (): number =>
      [1, 2].flatMap((id) => countsOf(slow.texts.items, id)).filter(({ kind }) => kind === "snapshot").length;
    // Each topic finds half of the room: five frames beside the one that brought the socket over its mark.
    for (let round = 0; round < 3; round += 1) await flooded(4);
    expect(snapshots()).toBe(2);
    await flooded(20);
    expect(snapshots()).toBeGreaterThan(2);
    const after = snapshots();
    await flooded(4);
    expect(snapshots()).toBe(after);
    expect(app.peak.bytes).toBeLessThan(mark + 3 * text.length);
  });

  test("is resynchronised topic by topic, with no more than one large state on its way", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queue: 1 });
    await using slow = await openBlobs(app);
    const ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    for (const [index, blobId] of ids.entries()) slow.watch(index + 1, blobId);
    await slow.texts.count(2 * ids.length);
    slow.pause();
    await flood(app, slow.onServer, 25, ids);
    slow.resume();
    const isThere = (_: string, index: number) => countsOf(slow.texts.items, index + 1).at(-1)?.count === 25;
    await eventually(() => ids.every(isThere), "every topic caught up");
    expect(app.peak.bytes).toBeGreaterThan(mark);
    expect(app.peak.bytes).toBeLessThan(mark + 2 * text.length);
    for (const index of ids.keys()) {
      expect(countsOf(slow.texts.items, index + 1).filter(({ kind }) => kind === "snapshot")).toHaveLength(2);
    }
  });

  test("is not read from either, and what it asked meanwhile is answered when it reads again", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark });
    await using slow = await openBlobs(app);
    slow.watch(1, "home");
    await slow.texts.count(2);
    slow.pause();
    await flood(app, slow.onServer, 75, ["home"]);
    expect(slow.onServer.isPaused).toBe(true);
    slow.watch(2, "other");
    slow.resume();
    await slow.texts.first((one) => one.startsWith('{"id":2,'));
    expect(slow.onServer.isPaused).toBe(false);
  });

  test("is closed with 4008 when it takes nothing for too long", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, slowMs: 50 });
    await using slow = await openBlobs(app);
    slow.watch(1, "home");
    await slow.texts.count(2);
    slow.pause();
    await flood(app, slow.onServer, 75, ["home"]);
    await eventually(() => slow.onServer.readyState === slow.onServer.CLOSING, "the server closes");
    slow.resume();
    await slow.closed.count(1);
    expect(slow.closed.items).toEqual([4008]);
  });
});

describe("An async iterable", () => {
  test("is pulled no further while the client does not read", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark });
    await using slow = await openBlobs(app);
    slow.pause();
    slow.subscribe(1, "endless");
    await eventually(() => slow.onServer.isPaused, "the socket takes no more");
    for (let turns = 0; turns < 5; turns += 1) await turn();
    const { count } = app.pulled;
    for (let turns = 0; turns < 100; turns += 1) await turn();
    expect(app.pulled.count).toBe(count);
    expect(slow.onServer.bufferedAmount).toBeLessThan(mark + 2 * text.length);
    slow.resume();
    await eventually(() => app.pulled.count > count + 100, "it is pulled on");
  });
});

describe("An observable", () => {
  test("that emits more than waits for a client closes it with 4008", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queue: 4 });
    await using slow = await openBlobs(app);
    slow.subscribe(1, "observed");
    const [emit] = await app.emits.count(1);
    slow.pause();
    for (let emitted = 0; emitted < 1_000 && slow.onServer.readyState === slow.onServer.OPEN; emitted += 1) {
      emit?.(text);
      await turn();
    }
    expect(slow.onServer.readyState).toBe(slow.onServer.CLOSING);
    expect(slow.onServer.bufferedAmount).toBeLessThan(mark + 2 * text.length);
    slow.resume();
    await slow.closed.count(1);
    expect(slow.closed.items).toEqual([4008]);
  });

  test("reaches a client that was slow for a moment whole and in order", async () => {
    await using app = await startBlobs({ maxBufferedBytes: mark, queue: 1_000, queueBytes });
    await using slow = await openBlobs(app);
    slow.subscribe(1, "observed");
    const [emit] = await app.emits.count(1);
    slow.pause();
    for (let emitted = 0; emitted < 75; emitted += 1) {
      emit?.(`${emitted} ${text}`);
      await turn();
    }
    expect(slow.onServer.isPaused).toBe(true);
    slow.resume();
    await slow.texts.count(76);
    const order = slow.texts.items.slice(1).map((one) => Number(/"data":"(\d+) /.exec(one)?.[1]));
    expect(order).toEqual(Array.from({ length: 75 }, (_, index) => index));
  });
});
