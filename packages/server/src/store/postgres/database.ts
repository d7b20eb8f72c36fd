import { ShoalError } from "@shoal/contract";
import type { Logger } from "../../logger.ts";
import { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { toFailure, unreachable } from "./failure.ts";
import type { PostgresClient, PostgresPool } from "./pool.ts";

export interface DatabaseOptions {
  readonly pool: PostgresPool;
  /** Whether the pool was made here, and so ends with the store. */
  readonly owned: boolean;
  /** How long a connection is waited for, in milliseconds. */
  readonly connectMs: number;
  readonly logger: Pick<Logger, "warn">;
}

/** Lends connections of a pool, and hears their errors, which would otherwise end the process. */
export class Database {
  readonly #options: DatabaseOptions;
  #closed = false;
  #breaks = 0;

  constructor(options: DatabaseOptions) {
    this.#options = options;
    // Neither is taken off again: connections that were given up may break later, even when the pool has ended.
    options.pool.on("error", (error) => {
      this.#breaks += 1;
      options.logger.warn({ error }, "an idle connection to Postgres broke");
    });
    // A connection can break before whoever asked for it gets it.
    options.pool.on("connect", (client) => client.on("error", () => {}));
  }

  /** How many connections broke. When the server crashed, all did. */
  get breaks(): number {
    return this.#breaks;
  }

  /** Runs something on a connection, which is given back whatever happens. */
  async use<R>(deadline: Deadline, run: (connection: Connection) => Promise<R>): Promise<R> {
    const connection = new Connection(await this.#connect(deadline), deadline);
    try {
      return await run(connection);
    } finally {
      await connection.done();
      if (connection.broken) this.#breaks += 1;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { pool, owned } = this.#options;
    if (owned) await pool.end();
  }

  async #connect(deadline: Deadline): Promise<PostgresClient> {
    if (this.#closed) throw new ShoalError("SERVICE_UNAVAILABLE", "The store is closed.");
    const { pool, connectMs } = this.#options;
    const connecting = pool.connect();
    let timeout: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timeout = setTimeout(() => resolve(undefined), Math.min(connectMs, deadline.left()));
    });
    try {
      const client = await Promise.race([connecting, late]);
      if (client) return client;
    } catch (error) {
      throw toFailure(error);
    } finally {
      clearTimeout(timeout);
    }
    // Nobody waits for it any more, but it may still come.
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw unreachable(new Error(`No connection was free or could be made within ${connectMs} ms.`));
  }
}
