import { type ContenderName, contenders } from "./dashboard/contenders.ts";
import { metricCount, stepMs, steps, updateMs } from "./dashboard/measured.ts";
import { alternate, median } from "./support/measure.ts";
import { figureOf, printRatios } from "./support/ratios.ts";
import { printJson } from "./support/report.ts";
import { pinning, Worker } from "./support/worker.ts";

/** The server's CPU, and what each of a thousand viewers is sent, for an update of a dashboard of 200 metrics. */
const viewerCount = 1_000;
const rounds = 3;

/** How many updates a round has: of snapshots for each viewer few, since one takes seconds. */
const updates: Readonly<Record<ContenderName, number>> = { each: 1, once: 2, shared: 20, shoal: 20 };

class Pair {
  /** Bytes for a viewer and an update, and how often was measured for an update, by round. */
  readonly bytes: number[] = [];
  readonly measured: number[] = [];
  readonly #name: ContenderName;
  readonly #server: Worker;
  readonly #viewers: Worker;

  private constructor(name: ContenderName, server: Worker, viewers: Worker) {
    this.#name = name;
    this.#server = server;
    this.#viewers = viewers;
  }

  static async start(name: ContenderName): Promise<Pair> {
    const server = new Worker(new URL("dashboard/server.ts", import.meta.url), [name], 0);
    const port = await server.ask<number>("port");
    const viewers = new Worker(new URL("dashboard/viewers.ts", import.meta.url), [name, String(port)], 1);
    await viewers.ask("open", viewerCount);
    return new Pair(name, server, viewers);
  }

  /** Microseconds of the server's CPU for an update. */
  async run(): Promise<number> {
    const count = updates[this.#name];
    await this.#server.ask("begin");
    await this.#viewers.ask("takeBytes");
    const before = await this.#server.ask<number>("cpu");
    const { update, measured } = await this.#server.ask<{ update: number; measured: number }>("publish", count);
    await this.#viewers.ask("reach", update);
    const cpu = (await this.#server.ask<number>("cpu")) - before;
    this.bytes.push((await this.#viewers.ask<number>("takeBytes")) / viewerCount / count);
    this.measured.push(measured / count);
    return cpu / count;
  }

  async end(): Promise<void> {
    await Promise.all([this.#server.end(), this.#viewers.end()]);
  }
}

const { each, once, shared, shoal } = contenders;
const pairs = new Map<ContenderName, Pair>();
try {
  for (const name of Object.keys(contenders) as ContenderName[]) pairs.set(name, await Pair.start(name));
  console.log(`${viewerCount} viewers, ${metricCount} metrics, ${1_000 / updateMs} updates a second, ${pinning}`);
  console.log(`The window has ${steps} steps of ${stepMs / 1_000} s and is full`);
  const cpu = await alternate(
    [...pairs].map(([name, pair]) => ({ name: contenders[name], run: () => pair.run() })),
    rounds,
  );
  const bytes = new Map([...pairs].map(([name, pair]) => [contenders[name], median(pair.bytes)]));
  const columns = [each, once, shared];
  printRatios("The server's CPU", "µs an update", cpu, columns);
  printRatios("What a viewer is sent", "bytes an update", bytes, columns);
  const measured = median(pairs.get("shoal")?.measured ?? []);
  console.log(`\nFor ${viewerCount} viewers Shoal's source was asked ${measured} times an update.`);
  const ratios = (figures: ReadonlyMap<string, number>, to: string) => figureOf(figures, shoal) / figureOf(figures, to);
  printJson({
    cpuVsEach: ratios(cpu, each),
    cpuVsOnce: ratios(cpu, once),
    cpuVsShared: ratios(cpu, shared),
    bytesVsSnapshot: ratios(bytes, once),
    bytesVsShared: ratios(bytes, shared),
    measuredPerUpdate: measured,
  });
} finally {
  await Promise.all([...pairs.values()].map((pair) => pair.end()));
}
