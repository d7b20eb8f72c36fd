import { DatabaseSync } from "node:sqlite";
import { createSqliteStore, type Store } from "@shoal/server";
import { alternate, type Contender } from "../support/measure.ts";
import { figureOf, printRatios } from "../support/ratios.ts";
import { reader, serveInboxes } from "./served.ts";

const sizes = { small: 100, large: 100_000 };
const pages = 500;
const rounds = 5;

/** What a page of `list` costs in inboxes of two sizes, from the newest item and from the middle, and how many queries it takes. */
export async function measurePages(newFile: () => string) {
  const names: string[] = [];
  const contenders: Contender[] = [];
  const closing: (() => Promise<void>)[] = [];
  let most = 0;
  for (const size of [sizes.small, sizes.large]) {
    const path = newFile();
    await fill(path, size);
    const { store, queries } = counting(createSqliteStore({ path }));
    const inboxes = serveInboxes(store);
    await inboxes.realtime.open();
    closing.push(() => inboxes.realtime.close());
    for (const [where, input] of [
      ["newest", { limit: 50 }],
      ["middle", { limit: 50, cursor: size / 2 }],
    ] as const) {
      const name = `${size.toLocaleString("en-US")} items, ${where}`;
      names.push(name);
      const run = async () => {
        queries.count = 0;
        const cpu = process.cpuUsage();
        for (let turn = 0; turn < pages; turn += 1) await insistOnPage(inboxes.list(input), Math.min(50, size / 2 - 1));
        const { user, system } = process.cpuUsage(cpu);
        most = Math.max(most, queries.count / pages);
        return (user + system) / pages;
      };
      contenders.push({ name, run });
    }
  }
  const cpu = await alternate(contenders, rounds);
  for (const close of closing) await close();
  const [newestSmall = "", middleSmall = "", newestLarge = "", middleLarge = ""] = names;
  printRatios(`A page of 50 items, ${most} queries each, SQLite`, "µs of CPU a page", cpu, [newestSmall]);
  const ratio = (large: string, small: string) => figureOf(cpu, large) / figureOf(cpu, small);
  return { queries: most, ratio: Math.max(ratio(newestLarge, newestSmall), ratio(middleLarge, middleSmall)) };
}

/** An inbox as it is when so many were sent, of which only the rows are written, since only they are read by `list`. */
async function fill(path: string, size: number): Promise<void> {
  const inboxes = serveInboxes(createSqliteStore({ path }));
  await inboxes.send(reader);
  await inboxes.realtime.close();
  const database = new DatabaseSync(path);
  const columns = database.prepare("SELECT name FROM pragma_table_info('notification')").all();
  const names = columns.map(({ name }) => `"${String(name)}"`);
  const values = names.map((name) => (name === '"id"' ? "id || i" : name === '"order"' ? `i` : name));
  database.exec(
    `INSERT INTO notification (${names}) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${size})
     SELECT ${values} FROM notification, n`,
  );
  database.close();
}

function counting(store: Store) {
  const queries = { count: 0 };
  const { sql } = store;
  const counted = {
    dialect: sql.dialect,
    query: (text: string, params: readonly unknown[]) => {
      queries.count += 1;
      return sql.query(text, params);
    },
  };
  Object.defineProperty(store, "sql", { value: counted });
  return { store, queries };
}

async function insistOnPage(page: Promise<{ readonly items: readonly unknown[] }>, least: number): Promise<void> {
  const { items } = await page;
  if (items.length < least) throw new Error(`A page has ${items.length} items instead of ${least}`);
}
