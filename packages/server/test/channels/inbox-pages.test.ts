import { DatabaseSync } from "node:sqlite";
import type { Sql } from "@shoal/server";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apart } from "../durability/apart.ts";
import { kinds, type Places } from "../durability/kinds.ts";
import { openAt, type StoreAt } from "../durability/store-at.ts";
import { varied } from "../support/nodes.ts";
import { createInbox, type InboxApp } from "./inbox-app.ts";

const ann = { userId: "ann" };
const much = 20_000;

/** Rows as of an old and busy inbox, and of one of somebody else: one in a hundred is unread, one in fifty is of another kind. */
function fill(numbers: string): string {
  const who = "CASE WHEN n % 2 = 0 THEN 'ann' ELSE 'ben' END";
  return `INSERT INTO notification_part (tenant, user_id, item_id, "offset", data, at)
      SELECT '', ${who}, 'n' || n, n + 10, '{}', n FROM ${numbers};
    INSERT INTO notification_key (tenant, user_id, key, item_id, "offset")
      SELECT '', ${who}, 'k' || n, 'n' || n, n + 10 FROM ${numbers};
    INSERT INTO notification_dispatch (tenant, user_id, item_id, via, "offset", due)
      SELECT '', ${who}, 'n' || n, 'email', n + 10, 4000000000000 + n FROM ${numbers};
    INSERT INTO notification (tenant, user_id, id, "order", kind, category, data, actors, count, place, at, seen_at, read_at, archived_at)
    SELECT '', ${who}, 'n' || n, n + 10, CASE WHEN n % 100 = 0 THEN 'alarm' ELSE 'mention' END,
      CASE WHEN n % 100 = 0 THEN 'security' ELSE 'talk' END, '{}', '[]', 1,
      CASE WHEN n % 10 = 4 THEN 3 WHEN n % 200 = 0 THEN 0 ELSE 1 END, n, n, CASE WHEN n % 200 = 0 THEN NULL ELSE n END,
      CASE WHEN n % 10 = 4 THEN n END
    FROM ${numbers}`;
}

/** What the plan of a statement says that reads a table from its beginning to its end. */
const wholeTable = /SCAN notification|Seq Scan/;

interface Statement {
  readonly text: string;
  readonly params: readonly unknown[];
}

/** Another program on the same database, as an application's own is. */
interface Beside extends AsyncDisposable {
  run(sql: string): Promise<void>;
  /** How the database goes about a statement, and how many rows of the inbox it looks at, where it tells. */
  explain(statement: Statement): Promise<{ readonly plan: string; readonly rows: number | undefined }>;
  readonly numbers: string;
}

async function beside(at: StoreAt): Promise<Beside> {
  if ("sqlite" in at) {
    const database = new DatabaseSync(at.sqlite);
    return {
      numbers: `(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ${much}) SELECT n FROM n)`,
      run: async (sql) => database.exec(sql),
      explain: async ({ text, params }) => {
        const lines = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...(params as never[]));
        return { plan: lines.map(({ detail }) => detail).join("\n"), rows: undefined };
      },
      [Symbol.asyncDispose]: async () => database.close(),
    };
  }
  const client = new Client({ connectionString: at.postgres });
  await client.connect();
  return {
    numbers: `generate_series(1, ${much}) n`,
    run: async (sql) => void (await client.query(sql)),
    explain: async ({ text, params }) => {
      const { rows } = await client.query(`EXPLAIN (${/^select/.test(text) ? "ANALYZE, " : ""}FORMAT JSON) ${text}`, [
        ...params,
      ]);
      const [{ Plan: plan }] = rows[0]["QUERY PLAN"];
      return { plan: JSON.stringify(plan), rows: scanned(plan) };
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

interface PlanNode {
  readonly "Relation Name"?: string;
  readonly "Actual Rows": number;
  readonly "Actual Loops": number;
  readonly "Rows Removed by Filter"?: number;
  readonly Plans?: readonly PlanNode[];
}

function scanned(node: PlanNode): number {
  const own = (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
  const below = (node.Plans ?? []).reduce((sum, one) => sum + scanned(one), 0);
  return (node["Relation Name"] ? own : 0) + below;
}

/** An inbox that tells which statements it reads its tables by. */
function recorded(at: StoreAt) {
  const statements: Statement[] = [];
  const store = openAt(at);
  const record = (sql: Sql): Sql => ({
    dialect: sql.dialect,
    query(text, params) {
      if (/"notification/.test(text)) statements.push({ text, params });
      return sql.query(text, params);
    },
  });
  const app = createInbox({
    store: varied(store, {
      sql: record(lazy(() => store.sql)),
      transaction: (requests, decide, options) =>
        store.transaction(requests, (locked) => decide({ ...locked, sql: record(locked.sql) }), {
          ...options,
          ...(options?.project && { project: (sql: Sql) => options.project?.(record(sql)) ?? Promise.resolve() }),
        }),
    }),
  });
  return { app, statements };
}

function lazy(get: () => Sql): Sql {
  return {
    get dialect() {
      return get().dialect;
    },
    query: (text, params) => get().query(text, params),
  };
}

const since = 1;
const filters: readonly Omit<Parameters<ReturnType<InboxApp["as"]>["list"]>[0], "userId">[] = [
  { since },
  { since, cursor: 500 },
  { since, unread: true },
  { since, archived: true },
  { since, archived: true, unread: true },
  { since, kind: "alarm", unread: true },
  { since, kind: "invite" },
  { since, category: "security" },
  { since, category: "general" },
  { since, category: "security", kind: "alarm", unread: true, cursor: 20_000 },
  { since: 5_000, until: 5_100 },
  { since: 5_000, until: 5_001, category: "security" },
  { since: 5_000, until: 5_100, cursor: 20_000 },
  { since: 5_000, until: 25_000, cursor: 6_000 },
  { since: much + 10_000 },
];

for (const { name, here, prepare } of kinds) {
  describe.skipIf(!here)(`On ${name},`, () => {
    let places: Places;
    beforeAll(async () => {
      places = await prepare();
    }, 60_000);
    afterAll(() => places[Symbol.asyncDispose]());

    /** An inbox that is full of what was there before, and what else there is to ask about it. */
    async function openLarge() {
      const at = await apart(places.next());
      const { app, statements } = recorded(at);
      await app.notify("ann", "like", { post: "first" }, { key: "first" });
      const database = await beside(at);
      await database.run(fill(database.numbers));
      await database.run("ANALYZE");
      const close = async () => {
        await database[Symbol.asyncDispose]();
        await app[Symbol.asyncDispose]();
      };
      return { app, statements, database, [Symbol.asyncDispose]: close };
    }

    test("a page of a large inbox is one statement, and looks at no more rows than it shows, whatever the filter", async () => {
      await using large = await openLarge();
      const { app, statements, database } = large;
      for (const filter of filters) {
        statements.length = 0;
        const { items } = await app.as("ann").list({ ...ann, ...filter, limit: 20 });
        expect(statements).toHaveLength(1);
        const { plan, rows } = await database.explain(statements[0] as Statement);
        const index = filter.kind || filter.category ? /notification_(kind|category)/ : /notification_place/;
        expect({ filter, plan }).toEqual({ filter, plan: expect.stringMatching(index) });
        expect({ filter, plan }).toEqual({ filter, plan: expect.not.stringMatching(wholeTable) });
        // From each of two places as many as are shown and one more, and the two ends of the time.
        const most = 2 * 21 + items.length + 3;
        expect({ filter, plan, few: (rows ?? 0) <= most }).toEqual({ filter, plan, few: true });
      }
    }, 60_000);

    test("a command looks into a large inbox by its indexes alone", async () => {
      await using large = await openLarge();
      const { app, statements, database } = large;
      const me = app.as("ann");
      const ids = ["n2", "n4", "n6"];
      const marked = await me.markUnread({ ...ann, ids });
      await me.archive({ ...ann, ids });
      await me.undo({ ...ann, offset: marked.ok ? marked.offset : 0 });
      await me.remove({ ...ann, ids });
      await app.notify("ann", "like", { post: "first" }, { key: "second" });
      await app.hand("ann").send.retract({ key: "first" });
      await app.notify("ann", "invite", { to: "tea" });
      await app.hand("ann").send.wake();
      expect(statements.length).toBeGreaterThan(20);
      for (const statement of statements) {
        const { plan } = await database.explain(statement);
        expect({ statement, plan }).toEqual({ statement, plan: expect.not.stringMatching(wholeTable) });
      }
    }, 60_000);
  });
}
