export * from "./executor.ts";
export type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";
export { createPostgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./postgres-store-options.ts";
export type { DriverResult } from "./result.ts";
