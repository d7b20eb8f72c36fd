import { Worker } from "node:worker_threads";
import { ShoalError } from "@shoal/contract";
import { type Async, type Connection, callFailed, callsOf } from "./connection.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Reply {
  readonly ready?: true;
  readonly id?: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly errcode: number | undefined };
}

/** A connection in a thread of its own, called as if it were here. It keeps the process alive only while a call is under way. */
export class Thread<Calls extends object> implements Connection<Calls> {
  readonly call: Async<Calls>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #next = 0;
  #dead: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.call = callsOf((name, args) => this.#send(name, args));
    worker.on("message", (reply: Reply) => this.#receive(reply));
    worker.on("error", (error: Error) => this.#die(error));
    worker.on("exit", () => this.#die(new Error("The thread of the SQLite store has ended.")));
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` with the reason, when the connection cannot be opened */
  static async start<Calls extends object>(role: "reader" | "writer", path: string): Promise<Thread<Calls>> {
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const worker = new Worker(new URL(file, import.meta.url), { workerData: { role, path } });
    await new Promise<void>((resolve, reject) => {
      worker.once("message", () => resolve());
      worker.once("error", (error) => reject(notOpen(error as Error)));
    });
    worker.removeAllListeners("error");
    worker.unref();
    return new Thread<Calls>(worker);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  #send(name: string, args: unknown[]): Promise<unknown> {
    if (this.#dead) return Promise.reject(notOpen(this.#dead));
    return new Promise((resolve, reject) => {
      this.#next += 1;
      this.#pending.set(this.#next, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id: this.#next, name, args });
    });
  }

  #receive({ id, value, error }: Reply): void {
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (!pending || id === undefined) return;
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#worker.unref();
    if (error) pending.reject(callFailed(error));
    else pending.resolve(value);
  }

  #die(error: Error): void {
    this.#dead ??= error;
    for (const { reject } of this.#pending.values()) reject(notOpen(error));
    this.#pending.clear();
  }
}

/** Why there is no thread to ask. */
function notOpen(error: Error): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", error.message, { cause: error });
}
