import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import type { Store } from "@shoal/server";
import { Client } from "pg";
import type { StoreAt } from "../durability/store-at.ts";
import { eventually } from "../support/recorder.ts";

/** Waits until all effects were run: they may carry on what was redacted until then. */
export async function effectsRun(store: Store): Promise<void> {
  await eventually(async () => (await store.look(null)).effects.length === 0, "all effects were run");
}

/** The tables of a store in which a text is found, whoever made them. */
export async function tablesWith(at: StoreAt, text: string): Promise<readonly string[]> {
  return "sqlite" in at ? sqliteTablesWith(at.sqlite, text) : await postgresTablesWith(at, text);
}

/** The files of a SQLite store in whose bytes a text is found. */
export async function filesWith(path: string, text: string): Promise<readonly string[]> {
  const found = await Promise.all(
    [path, `${path}-wal`].map(async (file) => {
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      return bytes.includes(text) ? file : undefined;
    }),
  );
  return found.filter((file) => file !== undefined);
}

function sqliteTablesWith(path: string, text: string): readonly string[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
    return tables
      .map(({ name }) => String(name))
      .filter((name) => JSON.stringify(database.prepare(`SELECT * FROM "${name}"`).all()).includes(text));
  } finally {
    database.close();
  }
}

async function postgresTablesWith(
  { postgres, schema }: Extract<StoreAt, { postgres: string }>,
  text: string,
): Promise<readonly string[]> {
  const client = new Client({ connectionString: postgres });
  await client.connect();
  try {
    const { rows } = await client.query(
      "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = ANY($1)",
      [[schema, "public"]],
    );
    const found: string[] = [];
    for (const { table_schema, table_name } of rows) {
      const all = await client.query(`SELECT t::text AS row FROM "${table_schema}"."${table_name}" t`);
      if (JSON.stringify(all.rows).includes(text)) found.push(table_name);
    }
    return found;
  } finally {
    await client.end();
  }
}
