import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSqliteStore } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { startPostgres } from "../packages/server/test/support/postgres.ts";
import { measureArrivals } from "./notify/arrivals.ts";
import { measurePages } from "./notify/pages.ts";
import { measureSends } from "./notify/sends.ts";
import { printJson } from "./support/report.ts";

/** Notifications: what a send costs, how soon it is there, and what a page of an inbox costs. */
const folder = await mkdtemp(join(tmpdir(), "shoal-bench-"));
const server = await startPostgres();
let made = 0;
const newFile = () => join(folder, `${made++}.db`);

try {
  const sqlite = await measureSends("Sends, SQLite", () => createSqliteStore({ path: newFile() }));
  const postgres = await measureSends("Sends, Postgres", () => createPostgresStore({ connectionString: server.url }));
  const arrivals = await measureArrivals(createSqliteStore({ path: newFile() }));
  const pages = await measurePages(newFile);
  console.log("");
  printJson({
    sqliteCpuRatio: sqlite.cpuRatio,
    sqliteRatio: sqlite.rateRatio,
    sqliteManyPerSecond: sqlite.rate,
    postgresCpuRatio: postgres.cpuRatio,
    postgresRatio: postgres.rateRatio,
    postgresManyPerSecond: postgres.rate,
    arrivalP99Ms: arrivals.alone,
    arrivalBesideManyP99Ms: arrivals.beside,
    pageQueries: pages.queries,
    pageAt100000: pages.ratio,
  });
} finally {
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
}
