import { describe, expect, test } from "vitest";
import { startAskedProcess } from "../../support/asked-process.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { eventually } from "../../support/recorder.ts";
import { hang, type WallName } from "./support/walls.ts";
import type { Hanging } from "./support/walls-server.ts";

const bytes = 50_000;
const posters = 1_000;
const places = 8;

/** What waits in the socket, with the tick that brings it over the mark, and in the queue, there as events and as their text. */
const cap = 1024 * 1024 + 4 * bytes + 2 * 1024 * 1024;
/** What the server's own work leaves in its memory, be there a slow reader or not. */
const slack = 2 * 1024 * 1024;

/** One who watches a wall, and trusts no frame: each must follow the one before it. */
async function watch(port: number, wall: WallName) {
  const socket = await openRawSocket({ webSocketUrl: `ws://127.0.0.1:${port}/trpc` });
  let state: Parameters<typeof hang>[0] = { posters: {} };
  let offset = -1;
  let read = 0;
  const seen = { snapshots: 0, events: 0 };
  const readOn = (): void => {
    for (const text of socket.texts.items.slice(read)) {
      const frame = JSON.parse(text).result?.data?.data;
      if (frame?.kind === "snapshot") {
        ({ state, offset } = frame);
        seen.snapshots += 1;
      } else if (frame?.kind === "events") {
        expect(frame.from).toBe(offset + 1);
        for (const { data } of frame.events) state = hang(state, data);
        offset = frame.to;
        seen.events += frame.events.length;
      } else expect(text).toContain('"started"');
    }
    read = socket.texts.items.length;
  };
  socket.send(`{"id":1,"method":"subscription","params":{"path":"realtime.${wall}.watch","input":{}}}`);
  await socket.texts.first((text) => text.includes('"snapshot"'));
  return {
    ...socket,
    seen,
    get state() {
      return state;
    },
    async reach(wanted: number): Promise<void> {
      const isThere = (): boolean => {
        readOn();
        return offset >= wanted;
      };
      await eventually(isThere, `offset ${wanted} is reached`, 30_000);
    },
  };
}

describe.each<WallName>(["wall", "conflatingWall"])("Who stops reading while 50 MB go to a %s", (wall) => {
  test("costs no more than may wait for one client, holds up nobody, and converges when they read again", async () => {
    await using server = startAskedProcess(new URL("./support/walls-server.ts", import.meta.url));
    const port = await server.ask<number>("start");
    const hangUp = (from: number, to: number) =>
      server.ask("hang", { wall, from, to, bytes, places } satisfies Hanging);
    await using quick = await watch(port, wall);
    await using slow = await watch(port, wall);
    for (let hung = 0; hung < 100; hung += 10) {
      await hangUp(hung + 1, hung + 10);
      for (const one of [quick, slow]) await one.reach(hung + 10);
    }
    const before = await server.ask<number>("held");

    slow.pause();
    // No more at a time than a socket takes, so that the quick one is quick on any machine.
    for (let hung = 100; hung < 100 + posters; hung += 10) {
      await hangUp(hung + 1, hung + 10);
      await quick.reach(hung + 10);
    }
    expect(quick.seen).toEqual({ snapshots: 1, events: 100 + posters });
    expect((await server.ask<number>("held")) - before).toBeLessThan(cap + slack);

    slow.resume();
    await slow.reach(100 + posters);
    expect(slow.state).toEqual(quick.state);
    expect(slow.state).toEqual(await server.ask("state", wall));
    expect(slow.seen.events).toBeLessThan(posters);
    // Conflated, what they missed fits into the queue. Else they start anew, whenever the socket took what it had.
    if (wall === "conflatingWall") expect(slow.seen.snapshots).toBe(1);
    else expect(slow.seen.snapshots).toBeGreaterThan(1);

    await hangUp(101 + posters, 110 + posters);
    for (const one of [quick, slow]) await one.reach(110 + posters);
    expect(slow.state).toEqual(quick.state);
    expect(slow.closed.items).toEqual([]);
  }, 90_000);
});
