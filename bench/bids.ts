import { createPostgresStore } from "@shoal/server/postgres";
import { openDatabaseOn, startPostgres } from "../packages/server/test/support/postgres.ts";
import { bidder, serveLots } from "./bids/lots.ts";
import { openBidsBaseline } from "./bids/postgres-baseline.ts";
import type { Bidding, Lateness, Watching } from "./bids/watchers.ts";
import { alternate, type Contender, percentile, ratePerSecond } from "./support/measure.ts";
import { printJson, printTable } from "./support/report.ts";
import { pinning, Worker } from "./support/worker.ts";

/** Accepted bids a second on Postgres, each acknowledged after its commit, beside one transaction a bid in its best form. */
const load = { outstanding: 256, durationMs: 1_500 };
const rounds = 5;
const many = 500;
/** The baseline runs with as many connections as are best for it: few on one row, where each waits for the one before. */
const connections = { hot: 4, many: 32 };
const watching = { watchers: 1_000, count: 100, gapMs: 100 };

const server = await startPostgres();
const databases = new AsyncDisposableStack();

/** A database with nothing in it: the channels' own tables have one name each. */
async function newDatabase(): Promise<string> {
  return databases.use(await openDatabaseOn(server.url)).url;
}

function shoal(lots: number, lobby = false): Contender {
  return {
    name: lobby ? "Shoal's auctions, with the lobby" : "Shoal's auctions",
    run: async () => {
      const { realtime } = serveLots(createPostgresStore({ connectionString: await newDatabase() }), lobby);
      const send = await bidder(realtime, lots, load.outstanding);
      for (let turn = 0; turn < lots; turn += 1) await send();
      const rate = await ratePerSecond(load, send);
      await realtime.close();
      return rate;
    },
  };
}

function baseline(lots: number): Contender {
  return {
    name: "one transaction a bid",
    run: async () => {
      const pool = lots === 1 ? connections.hot : connections.many;
      const opened = await openBidsBaseline(server.url, lots, pool);
      const rate = await ratePerSecond(load, opened.send);
      await opened.close();
      return rate;
    },
  };
}

async function compare(title: string, lots: number): Promise<number> {
  const [theirs, ours] = [baseline(lots), shoal(lots)];
  const figures = await alternate([theirs, ours, shoal(lots, true)], rounds);
  const ratio = (figures.get(ours.name) ?? 0) / (figures.get(theirs.name) ?? 0);
  console.log(`\n${title}, ${load.outstanding} bidders waiting`);
  printTable(["", "accepted a second"], [...figures, ["ratio", ratio]]);
  return ratio;
}

/** From the moment a bid is sent until each watcher has it, over sockets. */
async function measureLateness(): Promise<Lateness> {
  const house = new Worker(new URL("bids/server.ts", import.meta.url), [await newDatabase()], 0);
  const crowd = new Worker(new URL("bids/watchers.ts", import.meta.url), [], 1);
  try {
    const [port, auctionId] = [await house.ask<number>("port"), await house.ask<string>("open")];
    const { watchers, ...bidding } = watching;
    await crowd.ask("watch", { port, auctionId, watchers } satisfies Watching);
    await crowd.ask("bid", { count: 20, gapMs: 20 } satisfies Bidding);
    return await crowd.ask<Lateness>("bid", bidding satisfies Bidding);
  } finally {
    await Promise.all([house.end(), crowd.end()]);
  }
}

try {
  const hotVsSingle = await compare("One lot", 1);
  const manyVsSingle = await compare(`${many} lots`, many);
  const { heard, answered } = await measureLateness();
  const rows = [
    ["the bidder has the answer", answered],
    ["a watcher has the bid", heard],
  ] as const;
  console.log(`\n${watching.watchers} watchers of one lot, ${1_000 / watching.gapMs} bids a second, ${pinning}`);
  printTable(
    ["until", "ms, p50", "ms, p99"],
    rows.map(([name, values]) => [name, percentile(values, 50), percentile(values, 99)]),
  );
  const watched = { watchersP50Ms: percentile(heard, 50), watchersP99Ms: percentile(heard, 99) };
  printJson({ hotVsSingle, manyVsSingle, ...watched });
} finally {
  await databases.disposeAsync();
  await server[Symbol.asyncDispose]();
}
