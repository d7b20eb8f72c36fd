import { Reader } from "./slow-reader/reader.ts";
import type { Delays } from "./slow-reader/readers.ts";
import type { Pace, Published } from "./slow-reader/server.ts";
import { posterBytes } from "./slow-reader/wall.ts";
import { median } from "./support/measure.ts";
import { printJson, printTable } from "./support/report.ts";
import { pinning, Worker } from "./support/worker.ts";

/** 50 MB a second to each reader of one topic, beside one who does not read, and without. */
const pace: Pace = { events: 10, tickMs: 10, ticks: 300 };
const quickReaders = 4;
const rounds = 3;
const mib = 1_024 * 1_024;

/** What may wait for one client: in its socket, with the tick that brings it over the mark, and in its queue as events and as text. */
const capMib = 1 + (2 * pace.events * posterBytes) / mib + 2;

interface Round extends Delays {
  readonly rss: number;
  readonly mbPerSecond: number;
}

async function measure(kind: "each" | "conflated") {
  const server = new Worker(new URL("slow-reader/server.ts", import.meta.url), [kind], 0);
  const port = await server.ask<number>("port");
  const readers = new Worker(new URL("slow-reader/readers.ts", import.meta.url), [String(port)], 1);
  let before = 0;

  /** The server's memory is measured while the slow reader still stands. */
  const round = async (): Promise<Round> => {
    const { offset, seconds } = await server.ask<Published>("publish", pace);
    const delays = await readers.ask<Delays>("take", offset);
    const rss = await server.ask<number>("rss");
    const snapshots = delays.snapshots - before;
    before = delays.snapshots;
    return { ...delays, snapshots, rss, mbPerSecond: (pace.ticks * pace.events * posterBytes) / seconds / 1e6 };
  };

  const roundBesideSlow = async (): Promise<Round> => {
    const slow = await Reader.open(port);
    slow.pause();
    const measured = await round();
    slow.resume();
    const { offset } = await server.ask<Published>("publish", { ...pace, ticks: 1 });
    await slow.reach(offset);
    await readers.ask("take", offset);
    slow.drop();
    return measured;
  };

  try {
    await readers.ask("open", quickReaders);
    await round();
    const without: Round[] = [];
    const beside: Round[] = [];
    for (let turn = 0; turn < rounds; turn += 1) {
      without.push(await round());
      beside.push(await roundBesideSlow());
    }
    const of = (all: readonly Round[], figure: (one: Round) => number) => median(all.map(figure));
    const grown = of(beside, ({ rss }) => rss) - of(without, ({ rss }) => rss);
    const row = (name: string, all: readonly Round[], rssGrown: number | string) => [
      name,
      of(all, ({ mbPerSecond }) => mbPerSecond),
      of(all, ({ p50 }) => p50),
      of(all, ({ p99 }) => p99),
      all.reduce((sum, { snapshots }) => sum + snapshots, 0),
      rssGrown,
    ];
    const title = kind === "each" ? "Each event is sent" : "What waits is conflated";
    console.log(`\n${title}`);
    printTable(
      ["", "MB a second", "p50 ms", "p99 ms", "snapshots", "RSS grown, MiB"],
      [row("nobody slow", without, ""), row("beside a slow reader", beside, grown / mib)],
    );
    const p99 = of(without, (one) => one.p99);
    const p99Slow = of(beside, (one) => one.p99);
    return { p99, p99Slow, grownMib: grown / mib };
  } finally {
    await Promise.all([server.end(), readers.end()]);
  }
}

console.log(`${quickReaders} quick readers, events of ${posterBytes / 1_000} KB, ${pace.events} a tick (${pinning})`);
console.log(`A slow reader may cost ${capMib.toFixed(1)} MiB; when it reads again, it converges.`);
const each = await measure("each");
const conflated = await measure("conflated");
printJson({
  p99Ms: each.p99,
  p99BesideSlowMs: each.p99Slow,
  rssGrownMib: each.grownMib,
  conflatedP99Ms: conflated.p99,
  conflatedP99BesideSlowMs: conflated.p99Slow,
  conflatedRssGrownMib: conflated.grownMib,
  capMib,
});
