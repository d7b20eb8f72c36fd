import { Client } from "pg";
import type { StoreAt } from "./store-at.ts";

/** The same place, where a channel's own tables have a schema of their own, too. */
export async function apart(at: StoreAt): Promise<StoreAt> {
  if ("sqlite" in at) return at;
  const client = new Client({ connectionString: at.postgres });
  await client.connect();
  await client.query(`CREATE SCHEMA ${at.schema}`);
  await client.end();
  const url = new URL(at.postgres);
  url.searchParams.set("options", `-c search_path=${at.schema}`);
  return { ...at, postgres: url.href };
}
