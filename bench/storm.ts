import { alternate } from "./support/measure.ts";
import { figureOf, printRatios } from "./support/ratios.ts";
import { printJson } from "./support/report.ts";
import { pinning } from "./support/worker.ts";
import { contenders } from "./wire/contenders.ts";
import { Pair } from "./wire/pair.ts";

/** The server's CPU when all clients lose their connections at once, miss some events and come back for them. */
const clients = 2_000;
const missed = 10;
const rounds = 7;
const { shared, shoal } = contenders;
const names = ["shared", "trpc", "shoal"] as const;

const pairs: Pair[] = [];
try {
  const running = [];
  for (const name of names) {
    const pair = await Pair.start(name);
    pairs.push(pair);
    await pair.subscribe(clients);
    await pair.publish({ ticks: 1, events: 1, gapMs: 0 });
    const run = async () => (await pair.cpuOf(() => pair.storm(missed))) / clients;
    running.push({ name: contenders[name], run });
  }
  const figures = await alternate(running, rounds);
  const title = `${clients} clients are dropped and come back at once, ${missed} events missed by each (${pinning})`;
  printRatios(title, "µs of CPU a client", figures, [shared]);
  printJson({ cpuVsShared: figureOf(figures, shoal) / figureOf(figures, shared) });
} finally {
  await Promise.all(pairs.map((pair) => pair.end()));
}
