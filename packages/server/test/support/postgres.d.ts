/** Whether a server can be started here. Where the result is relied upon it has to be. */
export declare const hasPostgresServer: boolean;
/** Whether there is a Postgres to test with. */
export declare const hasPostgres: boolean;
/** A database with nothing in it. Disposing of it removes it. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
}
/** A server of the tests' own, which they may treat as they like. */
export interface TestServer extends TestDatabase {
  /** Stops it as an administrator would and starts it again. */
  restart(): Promise<void>;
  /** Kills it and starts it again. */
  kill(): Promise<void>;
  /** Lets it neither answer nor end until the returned function is called. */
  freeze(): () => void;
}
/** A database on the server that `TEST_POSTGRES_URL` names, or on one of its own. */
export declare function openDatabase(): Promise<TestDatabase>;
/**
 * Starts a server on a Unix socket in a temporary folder, as durable as one in production. It is stopped and its folder deleted when
 * it is disposed of, and also when this process dies.
 */
export declare function startPostgres(): Promise<TestServer>;
/** Runs one statement on a connection of its own. */
export declare function execute(url: string, text: string): Promise<void>;
//# sourceMappingURL=postgres.d.ts.map
