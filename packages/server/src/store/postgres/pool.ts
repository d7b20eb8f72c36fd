/** What the store needs of a `Pool` of `pg`, which fits. */
export interface PostgresPool {
  readonly options?: PostgresAddress & { readonly max?: number | undefined };
  connect(): Promise<PostgresClient>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "connect", listener: (client: Pick<PostgresClient, "on">) => void): unknown;
}

/** What a pool is told of where Postgres is. */
export interface PostgresAddress {
  readonly connectionString?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly database?: string | undefined;
  readonly user?: string | undefined;
}

/** What the store needs of a `PoolClient` of `pg`, which fits. */
export interface PostgresClient {
  query(query: PostgresQuery): Promise<unknown>;
  release(destroy?: boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

export interface PostgresQuery {
  readonly text: string;
  readonly name?: string | undefined;
  readonly values?: unknown[];
  /** Takes a single statement, also where it has no values. */
  readonly queryMode?: "extended";
  /** After how long the client gives the query up, in milliseconds. */
  readonly query_timeout?: number;
}

/** The same for the same place, whichever pool leads there. */
export function addressOf({ connectionString, host, port, database, user }: PostgresAddress): string {
  return connectionString ?? JSON.stringify([host, port, database, user]);
}
