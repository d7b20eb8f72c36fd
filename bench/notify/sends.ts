import type { Store } from "@shoal/server";
import { alternate, type Contender, median } from "../support/measure.ts";
import { figureOf } from "../support/ratios.ts";
import { printTable } from "../support/report.ts";
import { type Inboxes, numbered, reader, serveInboxes } from "./served.ts";

const many = 10_000;
/** Of those who are sent one by one only so many are, since it takes so long. */
const few = 500;
const rounds = 3;

/** How notifications are sent, and how many. */
const ways: Readonly<Record<string, { readonly count: number; readonly run: (inboxes: Inboxes) => Promise<unknown> }>> =
  {
    "to one user, one by one": { count: few, run: (inboxes) => oneByOne(inboxes, Array<string>(few).fill(reader)) },
    "to 10,000 users, one by one": { count: few, run: (inboxes) => oneByOne(inboxes, numbered(few)) },
    "to 10,000 users, sendMany": { count: many, run: (inboxes) => inboxes.sendMany(numbered(many)) },
  };

/** How many sends a second, and the server's CPU for each, in every way. */
export async function measureSends(title: string, store: () => Store) {
  const inboxes = serveInboxes(store());
  await inboxes.realtime.open();
  const rates = new Map<string, number[]>();
  const contenders = Object.entries(ways).map(([name, { count, run }]): Contender => {
    return {
      name,
      async run() {
        const cpu = process.cpuUsage();
        const start = performance.now();
        await run(inboxes);
        const seconds = (performance.now() - start) / 1_000;
        const { user, system } = process.cpuUsage(cpu);
        rates.set(name, [...(rates.get(name) ?? []), count / seconds]);
        return (user + system) / count;
      },
    };
  });
  const cpu = await alternate(contenders, rounds);
  await inboxes.realtime.close();
  const figures = [...cpu].map(([name, micros]) => ({ name, micros, rate: median(rates.get(name)?.slice(1) ?? []) }));
  console.log(`\n${title}`);
  printTable(
    ["sends", "µs of CPU a send", "a second"],
    figures.map(({ name, micros, rate }) => [name, micros, rate]),
  );
  const rateOf = new Map(figures.map(({ name, rate }) => [name, rate]));
  const [, single = "", bulk = ""] = Object.keys(ways);
  return {
    cpuRatio: figureOf(cpu, single) / figureOf(cpu, bulk),
    rateRatio: figureOf(rateOf, bulk) / figureOf(rateOf, single),
    rate: figureOf(rateOf, bulk),
  };
}

async function oneByOne({ send }: Inboxes, userIds: readonly string[]): Promise<void> {
  for (const userId of userIds) await send(userId);
}
