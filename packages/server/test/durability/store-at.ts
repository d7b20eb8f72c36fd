import { createSqliteStore, type Store } from "@shoal/server";
import { createPostgresStore } from "@shoal/server/postgres";
import { quiet } from "../support/quiet.ts";

/** Where data is, in words that can be sent to another process. */
export type StoreAt = { readonly sqlite: string } | { readonly postgres: string; readonly schema: string };

export function openAt(at: StoreAt): Store {
  if ("sqlite" in at) return createSqliteStore({ path: at.sqlite });
  return createPostgresStore({ connectionString: at.postgres, schema: at.schema, logger: quiet });
}
