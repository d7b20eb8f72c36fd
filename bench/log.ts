import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { createSqliteStore, type Store } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { startPostgres } from "../packages/server/test/support/postgres.ts";
import { sender, serveCounter } from "./log/counter.ts";
import { fill } from "./log/fill.ts";
import { openPostgresBaseline } from "./log/postgres-baseline.ts";
import { openSqliteBaseline } from "./log/sqlite-baseline.ts";
import { alternate, type Contender, median, ratePerSecond } from "./support/measure.ts";
import { printJson, printTable } from "./support/report.ts";

/** Accepted commands a second, each acknowledged after its commit, beside one transaction a command in its best form. */
const load = { outstanding: 256, durationMs: 1_500 };
const rounds = 5;
const many = 200;
/** The baseline runs with as many connections as are best for it: few on one row, where each waits for the one before. */
const connections = { hot: 4, many: 32 };

const folder = await mkdtemp(join(tmpdir(), "shoal-bench-"));
const server = await startPostgres();
/** The event loop's delay, p99 of each run, by contender. */
const delays = new Map<string, number[]>();
let made = 0;

const newFile = () => join(folder, `${made++}.db`);
const newSchema = () => `shoal_${made++}`;
const sqlite = (path = newFile()): Store => createSqliteStore({ path });
const postgres = (schema = newSchema()): Store => createPostgresStore({ connectionString: server.url, schema });

function shoal(name: string, store: () => Store, topics: number, durable = true): Contender {
  return {
    name,
    run: async () => {
      const realtime = serveCounter(store(), durable);
      const send = sender(realtime, topics);
      for (let turn = 0; turn < topics; turn += 1) await send(turn);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const rate = await ratePerSecond(load, send);
      delay.disable();
      delays.set(name, [...(delays.get(name) ?? []), delay.percentile(99) / 1e6]);
      await realtime.close();
      return rate;
    },
  };
}

function sqliteBaseline(topics: number): Contender {
  return {
    name: "one transaction a command",
    run: async () => {
      const baseline = openSqliteBaseline(newFile(), topics);
      const rate = await ratePerSecond(load, baseline.send);
      baseline.close();
      return rate;
    },
  };
}

function postgresBaseline(topics: number): Contender {
  return {
    name: "one transaction a command",
    run: async () => {
      const pool = topics === 1 ? connections.hot : connections.many;
      const baseline = await openPostgresBaseline(server.url, topics, pool);
      const rate = await ratePerSecond(load, baseline.send);
      await baseline.close();
      return rate;
    },
  };
}

async function compare(title: string, baseline: Contender, ours: Contender): Promise<number> {
  const figures = await alternate([baseline, ours], rounds);
  const ratio = (figures.get(ours.name) ?? 0) / (figures.get(baseline.name) ?? 0);
  console.log(`\n${title}`);
  printTable(["", "accepted a second"], [...figures, ["ratio", ratio]]);
  return ratio;
}

async function atMillion(name: string, short: () => Store, long: () => Store): Promise<number> {
  await fill(short(), many, 1_000);
  await fill(long(), many, 1_000_000);
  return await compare(
    `${name}, ${many} topics, the log's length`,
    shoal("a thousand events", short, many),
    shoal("a million events", long, many),
  );
}

try {
  const sqliteHot = await compare("SQLite, one topic", sqliteBaseline(1), shoal("SQLite, one topic", sqlite, 1));
  const sqliteMany = await compare(
    `SQLite, ${many} topics`,
    sqliteBaseline(many),
    shoal("SQLite, many topics", sqlite, many),
  );
  const postgresHot = await compare(
    "Postgres, one topic",
    postgresBaseline(1),
    shoal("Postgres, one topic", postgres, 1),
  );
  const postgresMany = await compare(
    `Postgres, ${many} topics`,
    postgresBaseline(many),
    shoal("Postgres, many topics", postgres, many),
  );
  const perLoad = [...delays].map(([name, runs]) => [name, median(runs)] as const);
  const loopDelayP99Ms = Math.max(...perLoad.map(([, ms]) => ms));
  const postgresVolatile = await compare(
    `Postgres, ${many} topics, durable and not`,
    shoal("durable", postgres, many),
    shoal("not durable", postgres, many, false),
  );
  const [shortFile, longFile, shortSchema, longSchema] = [newFile(), newFile(), newSchema(), newSchema()];
  const sqliteAtMillion = await atMillion(
    "SQLite",
    () => sqlite(shortFile),
    () => sqlite(longFile),
  );
  const postgresAtMillion = await atMillion(
    "Postgres",
    () => postgres(shortSchema),
    () => postgres(longSchema),
  );
  const figures = { postgresHot, postgresMany, postgresVolatile, sqliteHot, sqliteMany, loopDelayP99Ms };
  console.log("");
  printTable(["event loop's delay, p99, median of the runs", "ms"], perLoad);
  printJson({ ...figures, atMillion: Math.min(sqliteAtMillion, postgresAtMillion) });
} finally {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
}
