import type { Logger } from "../../logger.ts";
import type { PostgresPool } from "./pool.ts";

export interface PostgresStoreOptions {
  /**
   * Where Postgres is: `postgres://user:password@host:5432/database`. The store then has a pool of its own.
   * @default what the environment says in `PGHOST`, `PGUSER` and so on
   */
  readonly connectionString?: string;
  /** A pool of the application instead, which the store uses and does not end. */
  readonly pool?: PostgresPool;
  /**
   * How many connections the store's own pool has.
   * @default 10
   */
  readonly connections?: number;
  /**
   * The Postgres schema that holds the tables. It is made when it is missing; one role needs the right to do so.
   * @default "shoal"
   */
  readonly schema?: string;
  /**
   * After how long a call fails as retryable when Postgres does not answer or a lock is not had, in milliseconds.
   * @default 4000
   */
  readonly timeoutMs?: number;
  /**
   * Where warnings go.
   * @default one JSON line each on standard error
   */
  readonly logger?: Pick<Logger, "warn">;
}
