import { expect, test } from "vitest";
import { startAskedProcess } from "../../support/asked-process.ts";
import { openRawSocket } from "../../support/raw-socket.ts";
import { eventually } from "../../support/recorder.ts";
import { churn, visits } from "./churn.ts";
import type { Holdings, Standing } from "./server.ts";

/** They come first, for what is made once and kept. */
const forerunners = 1_000;
const visitors = 10_000;

/** 150 bytes for each visitor, which is less than what any connection, subscription or member has. */
const slackBytes = 1_500_000;

/** The server has a few timers of its own, and the last socket may be let go late. */
const slackObjects = 10;

/** All that may be left is of the witness, who watches a topic to which half of the visitors come. */
const witnessed = { connections: 1, subscriptions: 1, streams: 0, topics: 1 };

test(`After ${visitors} clients who came and went in ${Object.keys(visits).length} ways, a server holds what it held before`, async () => {
  await using server = startAskedProcess(new URL("./server.ts", import.meta.url));
  const port = await server.ask<number>("start");
  await using witness = await openRawSocket({ webSocketUrl: `ws://127.0.0.1:${port}/trpc` }, "witness");
  witness.ask(1, "subscription", "realtime.counter.watch", '{"counterId":"shared"}');
  await witness.texts.first((text) => text.includes('"full":[]'));
  const standing = await server.ask<Standing>("standing");
  /** What is held when all who came have gone, as far as that comes to be. */
  const holdings = async () => {
    const isSo = async () => JSON.stringify(await server.ask("standing")) === JSON.stringify(standing);
    await eventually(isSo, "all connections are gone", 20_000);
    let held = await server.ask<Holdings>("holdings");
    const isWitnessed = async () => {
      if (Object.entries(witnessed).every(([kind, count]) => held.objects[kind as keyof typeof witnessed] === count))
        return true;
      held = await server.ask<Holdings>("holdings");
      return false;
    };
    await eventually(isWitnessed, "nothing of them is held", 20_000).catch(() => {});
    return held;
  };

  await churn(port, forerunners);
  const before = await holdings();
  await churn(port, visitors);
  const after = await holdings();
  expect(after.objects).toMatchObject(witnessed);
  for (const kind of ["sockets", "timers"] as const)
    expect(after.objects[kind]).toBeLessThan(before.objects[kind] + slackObjects);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(slackBytes);

  witness.ask(2, "subscription", "realtime.counter.watch", '{"counterId":"shared"}');
  expect(await witness.texts.first((text) => /^\{"id":2,.*"full"/.test(text))).toContain('"full":[]');
}, 120_000);
