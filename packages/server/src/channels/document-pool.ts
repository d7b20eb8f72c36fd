import { Worker } from "node:worker_threads";
import { ShoalError } from "@shoal/contract";
import { noRoom } from "../security/too-many.ts";
import type { DocumentJobs } from "./document-jobs.ts";
import { MalformedUpdate } from "./document-scan.ts";
import { Turns } from "./turns.ts";

type JobName = keyof DocumentJobs;
type InputOf<K extends JobName> = Parameters<DocumentJobs[K]>[0];
type ResultOf<K extends JobName> = ReturnType<DocumentJobs[K]>;

export interface JobRequest {
  readonly name: JobName;
  readonly input: unknown;
}

export type JobReply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly malformed: boolean; readonly message: string };

interface Job extends JobRequest {
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface PoolOptions {
  /** How many threads there are at most. All but one may be at long jobs at once, so that a short one never waits for those. */
  readonly threads: number;
  /** How many jobs of one may wait. */
  readonly most: number;
  /** How much memory a thread may take, in MiB, before it ends and its job fails. */
  readonly memory: number;
}

export interface JobOptions {
  /** How long it may run, in milliseconds, from when it begins. */
  readonly deadlineMs: number;
  /** Takes it back while it waits, and ends it with its thread while it runs. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Who asks for it: where many wait, it is one of each in turn.
   * @default the server
   */
  readonly by?: string | undefined;
}

/**
 * Threads that do what takes as long as a document is large. A thread is started when it is needed, has one job at a time, and keeps no
 * process alive but for a job. A job that takes too long, or ends its thread, fails alone: the next one gets another thread.
 */
export class DocumentPool {
  readonly #options: PoolOptions;
  readonly #idle: Worker[] = [];
  readonly #short = new Turns<Job>();
  readonly #long = new Turns<Job>();
  #running = 0;
  #runningLong = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /**
   * @throws {MalformedUpdate} when the job finds one
   * @throws {ShoalError} `TIMEOUT` when it takes too long, `TOO_MANY_REQUESTS` when too many of theirs wait, `SERVICE_UNAVAILABLE` when the thread ended
   */
  run<K extends JobName>(
    name: K,
    input: InputOf<K>,
    { deadlineMs, signal, by = "" }: JobOptions,
  ): Promise<ResultOf<K>> {
    const queue = name === "scan" ? this.#short : this.#long;
    if (queue.countOf(by) >= this.#options.most)
      return Promise.reject(noRoom("Too much is asked of documents at once."));
    return new Promise((resolve, reject) => {
      const settle = resolve as (value: unknown) => void;
      queue.push(by, { name, input, deadlineMs, signal, resolve: settle, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < this.#options.threads) {
      const job = this.#short.shift() ?? this.#nextLong();
      if (!job) return;
      if (job.signal?.aborted) job.reject(job.signal.reason);
      else this.#start(job);
    }
  }

  #nextLong(): Job | undefined {
    return this.#runningLong < Math.max(1, this.#options.threads - 1) ? this.#long.shift() : undefined;
  }

  #start(job: Job): void {
    const isLong = job.name !== "scan";
    const worker = this.#idle.pop() ?? startWorker(this.#options.memory);
    this.#running += 1;
    if (isLong) this.#runningLong += 1;
    worker.ref();
    const end = (worn: boolean, settle: () => void) => {
      clearTimeout(timeout);
      job.signal?.removeEventListener("abort", abort);
      worker.removeAllListeners();
      worker.unref();
      // What one says that has no job is nobody's.
      worker.on("error", () => {});
      if (worn) void worker.terminate();
      else this.#keep(worker);
      this.#running -= 1;
      if (isLong) this.#runningLong -= 1;
      settle();
      this.#next();
    };
    const late = new ShoalError("TIMEOUT", `The document took more than ${job.deadlineMs} ms. Try again.`);
    const timeout = setTimeout(() => end(true, () => job.reject(late)), job.deadlineMs);
    const abort = () => end(true, () => job.reject(job.signal?.reason));
    job.signal?.addEventListener("abort", abort);
    worker.removeAllListeners();
    worker.on("message", (reply: JobReply) => end(false, () => settleBy(job, reply)));
    worker.on("error", (error: Error) => end(true, () => job.reject(died(error))));
    worker.on("exit", () => end(true, () => job.reject(died(new Error("It exited.")))));
    worker.postMessage({ name: job.name, input: job.input } satisfies JobRequest);
  }

  /** One that ends while it waits is passed over. */
  #keep(worker: Worker): void {
    this.#idle.push(worker);
    worker.once("exit", () => {
      const place = this.#idle.indexOf(worker);
      if (place !== -1) this.#idle.splice(place, 1);
    });
  }
}

function settleBy(job: Job, reply: JobReply): void {
  if (reply.ok) job.resolve(reply.value);
  else job.reject(reply.malformed ? new MalformedUpdate(reply.message) : new Error(reply.message));
}

function startWorker(memory: number): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./document-worker.ts" : "./document-worker.js";
  return new Worker(new URL(file, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: memory } });
}

function died(cause: Error): ShoalError {
  return new ShoalError("SERVICE_UNAVAILABLE", `The thread that worked on the document ended: ${cause.message}`, {
    cause,
  });
}
