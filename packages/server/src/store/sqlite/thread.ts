import { Worker } from "node:worker_threads";
import { ShoalError } from "@shoal/contract";
import { type Async, type Connection, callFailed, callsOf } from "./connection.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What a thread is asked, and answers by the same id. */
export interface ThreadCall {
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface ThreadReply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly errcode: number | undefined };
}

/**
 * A connection in a thread of its own, called as if it were here. What is called in one turn goes there in one message, and comes back in
 * one. It keeps the process alive only while a call is under way.
 */
export class Thread<Calls extends object> implements Connection<Calls> {
  readonly call: Async<Calls>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #calls: ThreadCall[] = [];
  #next = 0;
  #dead: Error | undefined;

  private constructor(worker: Worker) {
    this.#worker = worker;
    this.call = callsOf((name, args) => this.#send(name, args));
    worker.on("message", (replies: readonly ThreadReply[]) => {
      for (const reply of replies) this.#receive(reply);
    });
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
      this.#calls.push({ id: this.#next, name, args });
      if (this.#calls.length === 1) queueMicrotask(() => this.#post());
    });
  }

  #post(): void {
    const calls = this.#calls;
    this.#calls = [];
    try {
      this.#worker.postMessage(calls);
    } catch {
      for (const call of calls) this.#postAlone(call);
    }
  }

  /** What cannot be sent to another thread fails alone. */
  #postAlone(call: ThreadCall): void {
    try {
      this.#worker.postMessage([call]);
    } catch (error) {
      this.#receive({ id: call.id, error: { message: (error as Error).message, errcode: undefined } });
    }
  }

  #receive({ id, value, error }: ThreadReply): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
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
