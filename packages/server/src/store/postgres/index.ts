export * from "./executor.ts";
export type { PostgresClient, PostgresPool, PostgresQuery } from "./pool.ts";
export { createPostgresStore, type PostgresStoreOptions } from "./postgres-store.ts";
export type { DriverResult } from "./result.ts";
