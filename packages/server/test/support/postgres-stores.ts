import type { Store } from "@shoal/server";
import { createPostgresStore, type PostgresStoreOptions } from "@shoal/server/postgres";
import { Client } from "pg";
import type { OpenedStore } from "../suites/store-suite.ts";

export interface PostgresStores extends OpenedStore {
  readonly another: (options?: PostgresStoreOptions) => Promise<Store>;
  readonly reopen: () => Promise<Store>;
  readonly name: string;
  /** The schema's name in SQL. */
  readonly schema: string;
  /** A connection as an application has one, closed with the rest. */
  connect(): Promise<Client>;
}

let schemas = 0;

export interface PostgresStoresOptions extends PostgresStoreOptions {
  /** Whether they are those for what need not outlive a crash. */
  readonly volatile?: boolean;
}

/** Stores on a schema of a database that no other test has. */
export async function postgresStores(
  url: string,
  { volatile = false, ...options }: PostgresStoresOptions = {},
): Promise<PostgresStores> {
  schemas += 1;
  const name = `Test "${process.pid}" ${schemas}`;
  const stack = new AsyncDisposableStack();
  const another = async (more: PostgresStoreOptions = {}) => {
    const main = createPostgresStore({ connectionString: url, schema: name, ...options, ...more });
    stack.defer(() => main.close());
    await main.open();
    if (!volatile) return main;
    const store = main.volatile();
    await store.open();
    return store;
  };
  const connect = async () => {
    const client = new Client({ connectionString: url });
    client.on("error", () => {});
    stack.defer(() => client.end());
    await client.connect();
    return client;
  };
  const store = await another();
  const reopen = async () => {
    await store.close();
    return await another();
  };
  const schema = `"${name.replaceAll('"', '""')}${volatile ? "_volatile" : ""}"`;
  return { store, another, reopen, connect, name, schema, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
