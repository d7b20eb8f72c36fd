import { pbkdf2Sync } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { consoleLogger, type Realtime, system } from "@shoal/server";
import { workbench, workload } from "../contract/workload.ts";

type Hand = Pick<Realtime<unknown>, "topic">;

/** A round of work: each lane gets a command, and until all are committed the processor is busy, but for short pauses. In milliseconds. */
const lanes = Array.from({ length: 12 }, (_, place) => `lane-${place}`);
const busyMs = 70;
const pauseMs = 5;

/** Does real work in this process while a spell lasts, until it is disposed of. */
export class Working implements AsyncDisposable {
  readonly #realtime: Hand;
  readonly #end = new AbortController();
  readonly #following: Promise<void>;
  #until = 0;
  #working: Promise<void> | undefined;

  constructor(realtime: Hand) {
    this.#realtime = realtime;
    this.#following = this.#quietly(() => this.#follow());
  }

  async [Symbol.asyncDispose]() {
    this.#end.abort();
    await this.#following;
    await this.#working;
  }

  async #follow(): Promise<void> {
    const topic = this.#realtime.topic(workload, {}).as(system);
    for await (const _ of topic.subscribe({ signal: this.#end.signal })) {
      this.#until = (await topic.state()).spell?.until ?? 0;
      this.#working ??= this.#quietly(() => this.#work()).finally(() => {
        this.#working = undefined;
      });
    }
  }

  async #work(): Promise<void> {
    const { signal } = this.#end;
    while (Date.now() < this.#until && !signal.aborted) {
      const sent = Promise.all(lanes.map((lane) => this.#realtime.topic(workbench, { lane }).as(system).send.work()));
      await Promise.all([sent, this.#compute()]);
    }
  }

  async #compute(): Promise<void> {
    keepBusy(busyMs);
    await delay(pauseMs, undefined, { signal: this.#end.signal });
  }

  /** An end that was asked for is none to be told of, and a spell that fails ends nothing else. */
  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#end.signal.aborted) consoleLogger.error({ err: error }, "The server has stopped working for itself.");
    }
  }
}

/** Holds the event loop up, as a computation does that nobody has divided. */
function keepBusy(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; ) pbkdf2Sync("work", "salt", 500, 32, "sha256");
}
