import type { SqlResult } from "../../store.ts";
import type { Deadline } from "./deadline.ts";
import { leavesConnection, toFailure, toReadingFailure } from "./failure.ts";
import type { PostgresClient, PostgresQuery } from "./pool.ts";
import { type DriverResult, toResult } from "./result.ts";
import type { Parameter, Row, Session, Statement } from "./session.ts";

interface Result extends DriverResult {
  readonly command: string;
}

const nothing: Result = { command: "", rows: [] };

/** A commit may take this long even when the deadline is near: what becomes of it is then known. */
const leastForCommitMs = 1_000;

/**
 * A connection while it is in use. One that broke, or on which nobody knows what became of the last statement, is
 * destroyed when it is done and not used again.
 */
export class Connection implements Session {
  readonly #client: PostgresClient;
  readonly #deadline: Deadline;
  #inTransaction = false;
  #broken = false;
  #released = false;

  constructor(client: PostgresClient, deadline: Deadline) {
    this.#client = client;
    this.#deadline = deadline;
    client.on("error", this.#onError);
  }

  /** Whether it is of no more use. */
  get broken(): boolean {
    return this.#broken;
  }

  async run({ name, text }: Statement, parameters: readonly Parameter[]): Promise<readonly Row[]> {
    const result = await this.#query({ name, text, values: [...parameters], query_timeout: this.#deadline.left() });
    return result.rows;
  }

  async query(text: string, values: readonly unknown[]): Promise<SqlResult> {
    const query_timeout = this.#deadline.left();
    return toResult(await this.#query({ text, values: [...values], query_timeout, queryMode: "extended" }));
  }

  /** Runs a statement that is to write nothing, in a transaction that ends with the connection's use. */
  async read(text: string, values: readonly unknown[]): Promise<SqlResult> {
    this.#inTransaction = true;
    const beginning = this.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY");
    try {
      const [result] = await Promise.all([this.query(text, values), beginning]);
      return result;
    } catch (error) {
      throw toReadingFailure(error);
    }
  }

  /** Runs any number of statements in one round trip and returns the rows of the last one. */
  async execute(text: string): Promise<readonly Row[]> {
    const result = await this.#query({ text, query_timeout: this.#deadline.left() });
    return result.rows;
  }

  /** Begins a transaction and runs what follows in the same round trip; returns the rows of the last statement. */
  begin(text: string): Promise<readonly Row[]> {
    this.#inTransaction = true;
    return this.execute(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${text}`);
  }

  /** @param before - statements that run in the same round trip */
  async commit(before = ""): Promise<void> {
    try {
      const { command } = await this.#query({
        text: `${before}COMMIT`,
        query_timeout: this.#deadline.left(leastForCommitMs),
      });
      // Postgres answers the commit of a transaction in which a statement failed with a rollback and without an error.
      if (command !== "COMMIT") throw new Error("The transaction was rolled back: a statement in it had failed.");
      this.#inTransaction = false;
    } catch (error) {
      this.#broken = true;
      throw error;
    }
  }

  /** Gives the connection back. A transaction that is still open is rolled back. */
  async done(): Promise<void> {
    if (this.#inTransaction && !this.#broken) await this.#rollback();
    this.#released = true;
    this.#client.off("error", this.#onError);
    this.#client.release(this.#broken);
  }

  async #rollback(): Promise<void> {
    try {
      await this.#query({ text: "ROLLBACK", query_timeout: this.#deadline.left(leastForCommitMs) });
    } catch {
      this.#broken = true;
    }
  }

  async #query(query: PostgresQuery): Promise<Result> {
    if (this.#released) throw new Error("The transaction that this statement was meant for has ended.");
    try {
      // Several statements in one text have several results.
      const result = (await this.#client.query(query)) as Result | Result[];
      return [result].flat().at(-1) ?? nothing;
    } catch (error) {
      if (!leavesConnection(error)) this.#broken = true;
      throw toFailure(error);
    }
  }

  readonly #onError = (): void => {
    this.#broken = true;
  };
}
