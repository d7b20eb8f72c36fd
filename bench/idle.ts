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
 * survive, up to 32, and stays so when it is empty: what a server has of it depends on its last step more than on its clients.
 */
const youngMiB = 4;
const { shared, trpc, shoal } = contenders;

const contender = (name: ContenderName, flags: readonly string[]) => ({
  name: contenders[name],
  run: () => kibPerClient(name, flags),
});

/** Measures in a process that is new: what one measurement has freed would hide the next one's growth. */
async function kibPerClient(name: ContenderName, flags: readonly string[]): Promise<number> {
  const pair = await Pair.start(name, flags);
  try {
    await pair.subscribe(warmUp);
    await pair.unsubscribe();
    const before = await pair.rss();
    await pair.subscribe(clients);
    const grown = (await pair.rss()) - before;
    await pair.publish({ ticks: 1, events: 1, gapMs: 0 });
    return grown / clients / 1_024;
  } finally {
    await pair.end();
  }
}

async function measure(what: string, ...flags: readonly string[]) {
  const names = ["shared", "trpc", "shoal"] as const;
  const figures = await alternate(
    names.map((name) => contender(name, flags)),
    rounds,
  );
  const title = `${clients} idle subscribed clients, after ${warmUp} that came and went, after gc, ${what} (${pinning})`;
  printRatios(title, "KiB a client", figures, [shared, trpc]);
  return figures;
}

const usual = await measure("V8 as it is");
const fixed = await measure(`a young generation of ${youngMiB} MiB`, `--max-semi-space-size=${youngMiB}`);
printJson({
  kibPerClient: figureOf(usual, shoal),
  kibTrpc: figureOf(usual, trpc),
  kibShared: figureOf(usual, shared),
  kibPerClientFixedYoung: figureOf(fixed, shoal),
  kibTrpcFixedYoung: figureOf(fixed, trpc),
  kibSharedFixedYoung: figureOf(fixed, shared),
});
