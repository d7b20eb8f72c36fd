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
 * The room of V8's young generation, in MiB. Left to itself it doubles by steps as objects survive, up to 32, and stays so when it is
 * empty: at so few clients it would be most of the figure, for whoever has just passed a step.
 */
const youngMiB = 4;
const { shared, trpc, shoal } = contenders;

const contender = (name: ContenderName) => ({ name: contenders[name], run: () => kibPerClient(name) });

/** Measures in a process that is new: what one measurement has freed would hide the next one's growth. */
async function kibPerClient(name: ContenderName): Promise<number> {
  const pair = await Pair.start(name, [`--max-semi-space-size=${youngMiB}`]);
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

const figures = await alternate([contender("shared"), contender("trpc"), contender("shoal")], rounds);
const settings = `after ${warmUp} that came and went, after gc, a young generation of ${youngMiB} MiB`;
const title = `${clients} idle subscribed clients, ${settings} (${pinning})`;
printRatios(title, "KiB a client", figures, [shared, trpc]);
printJson({
  kibPerClient: figureOf(figures, shoal),
  kibTrpc: figureOf(figures, trpc),
  kibShared: figureOf(figures, shared),
});
