import { defineChannel } from "@shoal/contract";
import { serveChannel, system } from "@shoal/server";
import { expect, test } from "vitest";
import * as z from "zod";
import { startApp } from "../../support/app.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { Recorder } from "../../support/recorder.ts";

const bytes = 200_000;
const places = 8;
/** More than a socket and its connection take when nobody reads. */
const posters = 150;

const wall = defineChannel(
  "wall",
  {
    params: z.object({}),
    state: z.object({ posters: z.record(z.string(), z.int()) }),
    events: { hung: z.object({ place: z.string(), n: z.int(), text: z.string() }) },
    commands: { hang: { input: z.object({ place: z.string(), n: z.int(), text: z.string() }) } },
  },
  {
    initial: () => ({ posters: {} }),
    apply: { hung: ({ posters }, { place, n }) => ({ posters: { ...posters, [place]: n } }) },
  },
);

interface Seen {
  readonly from: number;
  readonly to: number;
}

/** One who watches the wall at its own pace, and trusts no frame: each must follow the one before it. */
async function watch(webSocketUrl: string) {
  const socket = await openRawSocket({ webSocketUrl }, "ann");
  const frames = new Recorder<Seen>();
  let posters: Record<string, number> = {};
  let [read, offset, snapshots] = [0, -1, 0];
  const look = (): void => {
    for (const text of socket.texts.items.slice(read)) {
      const frame = JSON.parse(text).result?.data?.json?.data;
      if (frame?.kind === "snapshot") {
        snapshots += 1;
        offset = frame.offset;
        posters = frame.state.posters;
      } else if (frame?.kind === "events") {
        expect(frame.from).toBe(offset + 1);
        for (const { data } of frame.events) posters = { ...posters, [data.place]: data.n };
        offset = frame.to;
        frames.push({ from: frame.from, to: frame.to });
      }
    }
    read = socket.texts.items.length;
  };
  socket.ask(1, "subscription", "realtime.wall.watch", "{}");
  await socket.texts.first((text) => text.includes('"snapshot"'));
  return {
    ...socket,
    frames,
    get posters() {
      return posters;
    },
    get snapshots() {
      return snapshots;
    },
    async reach(wanted: number): Promise<void> {
      await socket.texts.until(() => {
        look();
        return offset >= wanted;
      });
    },
  };
}

test("Who stops reading is told less often, and in the end everything; who reads again, as often as before", async () => {
  const merged = new Recorder<number>();
  const walls = serveChannel(wall, {
    audiences: ["live", "hardlyEver"],
    // Who falls from the one to the other is told nothing in this test, unless it comes back.
    pace: { live: 1, hardlyEver: 86_400_000 },
    conflate: ({ data }) => data.place,
    merge(_earlier, later) {
      merged.push(later.data.n);
      return later;
    },
    commands: { hang: ({ input, emit }) => emit("hung", input) },
  });
  await using app = await startApp({ more: [walls] });
  const { send } = app.realtime.topic(wall, {}).as(system);
  const hang = (n: number) => send.hang({ place: `${n % places}`, n, text: `${n} `.padEnd(bytes, "x") });
  await using quick = await watch(app.webSocketUrl);
  await using slow = await watch(app.webSocketUrl);
  await hang(1);
  for (const one of [quick, slow]) await one.reach(1);

  slow.pause();
  for (let n = 2; n <= posters; n += 1) {
    await hang(n);
    await quick.reach(n);
  }
  // Nothing is merged for who is told nothing: of what waits there is one frame, from before it fell.
  expect(merged.items).toEqual([]);

  slow.resume();
  await slow.reach(posters);
  expect(slow.posters).toEqual(quick.posters);
  expect([quick.snapshots, slow.snapshots]).toEqual([1, 1]);
  const last = slow.frames.items.at(-1);
  expect(last?.to).toBe(posters);
  expect(posters - (last?.from ?? 0)).toBeGreaterThan(places);
  expect(merged.items.length).toBeGreaterThan(0);
  expect(slow.frames.items.slice(0, -1).every(({ from, to }) => from === to)).toBe(true);

  for (let n = posters + 1; n <= posters + 3; n += 1) {
    await hang(n);
    for (const one of [quick, slow]) await one.reach(n);
  }
  expect(slow.frames.items.slice(-3)).toEqual([1, 2, 3].map((n) => ({ from: posters + n, to: posters + n })));
}, 30_000);
