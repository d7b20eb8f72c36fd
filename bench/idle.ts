import { alternate } from "./support/measure.ts";
import { figureOf, printRatios } from "./support/ratios.ts";
import { printJson } from "./support/report.ts";
import { pinning } from "./support/worker.ts";
import { type ContenderName, contenders } from "./wire/contenders.ts";
import { Pair } from "./wire/pair.ts";

/** What the server's resident memory grows by for each client that is subscribed and hears nothing. */
const clients = 2_000;
/** They come and go first, so that code and pools which are there once are not counted. */
const warmUp = 200;
const rounds = 3;
/**
 * The room of V8's young generation in the second table, in MiB. Left to itself, as in the first, it doubles by steps as objects
 * survive, up to 32, and stays so when it is empty.
 */
const youngMiB = 4;
const { shared, trpc, shoal } = contenders;

interface Measurement {
  readonly what: string;
  /** How many are there already. */
  readonly present: number;
  /** More flags of Node.js for the server. */
  readonly flags: readonly string[];
}

/** Measures in a process that is new: what one measurement has freed would hide the next one's growth. */
async function kibPerClient(name: ContenderName, { present, flags }: Measurement): Promise<number> {
  const pair = await Pair.start(name, flags);
  try {
    await pair.subscribe(warmUp);
    await pair.unsubscribe();
    // It collects garbage, in whose place the next ones would stand.
    await pair.rss();
    await pair.subscribe(present);
    const before = await pair.rss();
    await pair.subscribe(present + clients);
    const grown = (await pair.rss()) - before;
    await pair.publish({ ticks: 1, events: 1, gapMs: 0 });
    return grown / clients / 1_024;
  } finally {
    await pair.end();
  }
}

async function measure(measurement: Measurement) {
  const names = ["shared", "trpc", "shoal"] as const;
  const figures = await alternate(
    names.map((name) => ({ name: contenders[name], run: () => kibPerClient(name, measurement) })),
    rounds,
  );
  printRatios(`${measurement.what} (${pinning})`, "KiB a client", figures, [shared, trpc]);
  return figures;
}

const first = await measure({
  what: `${clients} idle subscribed clients, after ${warmUp} that came and went, after gc, V8 as it is`,
  present: 0,
  flags: [],
});
const further = await measure({
  what: `${clients} more beside as many, after gc, a young generation of ${youngMiB} MiB`,
  present: clients,
  flags: [`--max-semi-space-size=${youngMiB}`],
});
printJson({
  kibPerClient: figureOf(first, shoal),
  kibTrpc: figureOf(first, trpc),
  kibShared: figureOf(first, shared),
  kibPerFurtherClient: figureOf(further, shoal),
  kibTrpcFurther: figureOf(further, trpc),
  kibSharedFurther: figureOf(further, shared),
});
