import { alternate } from "./support/measure.ts";
import { figureOf, printRatios } from "./support/ratios.ts";
import { printJson } from "./support/report.ts";
import { pinning } from "./support/worker.ts";
import { contenders } from "./wire/contenders.ts";
import { type Calling, Pair } from "./wire/pair.ts";

/** The server's CPU for one mutation, with many of them under way on one socket. */
const calling: Calling = { calls: 50_000, outstanding: 32 };
const rounds = 7;
const { trpc, shoal } = contenders;

const pairs = { trpc: await Pair.start("trpc"), shoal: await Pair.start("shoal") };
try {
  const contender = (name: string, pair: Pair) => ({
    name,
    run: async () => (await pair.cpuOf(() => pair.call(calling))) / calling.calls,
  });
  const figures = await alternate([contender(trpc, pairs.trpc), contender(shoal, pairs.shoal)], rounds);
  const title = `A mutation, ${calling.outstanding} under way on one socket (${pinning})`;
  printRatios(title, "µs of CPU a call", figures, [trpc]);
  printJson({ pipelinedVsTrpc: figureOf(figures, trpc) / figureOf(figures, shoal) });
} finally {
  await Promise.all([pairs.trpc.end(), pairs.shoal.end()]);
}
