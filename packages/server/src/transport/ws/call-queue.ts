import type { Waiter } from "../waiter.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** Runs a call, and is fulfilled when it was answered. It never rejects. */
type Run = () => Promise<void>;

/**
 * The calls of one connection: so many run at a time, and none begins while the socket takes no more. The others wait in their order,
 * and while any does nothing more is read from the client. So what it asks for within one message cannot make more answers than that
 * many wait in memory.
 */
export class CallQueue implements Waiter {
  readonly #writer: SocketWriter;
  readonly #most: number;
  #running = 0;
  /** `undefined` while none waits. */
  #waiting: Run[] | undefined;

  /** @param most - how many run at a time */
  constructor(writer: SocketWriter, most: number) {
    this.#writer = writer;
    this.#most = most;
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  add(run: Run): void {
    if (this.#waiting) {
      this.#waiting.push(run);
    } else if (this.#running < this.#most && !this.#writer.blocked) {
      this.#begin(run);
    } else {
      this.#waiting = [run];
      this.#writer.hold();
      if (this.#writer.blocked) this.#writer.wait(this);
    }
  }

  proceed(): void {
    while (this.#waiting && this.#running < this.#most) {
      if (this.#writer.blocked) {
        this.#writer.wait(this);
        return;
      }
      const run = this.#waiting.shift();
      if (this.#waiting.length === 0) this.drop();
      if (run) this.#begin(run);
    }
  }

  /** Forgets those that wait. */
  drop(): void {
    if (!this.#waiting) return;
    this.#waiting = undefined;
    this.#writer.leave(this);
    this.#writer.release();
  }

  #begin(run: Run): void {
    this.#running += 1;
    void run().then(() => {
      this.#running -= 1;
      if (this.#waiting) this.proceed();
    });
  }
}
