import type { Deadline } from "./deadline.ts";
import { unreachable } from "./failure.ts";

/** Lets so many run at a time; the others wait for their turn. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atATime: number) {
    this.#free = atATime;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when the turn does not come before the deadline */
  async take<R>(deadline: Deadline, run: () => Promise<R>): Promise<R> {
    await this.#enter(deadline);
    try {
      return await run();
    } finally {
      this.#leave();
    }
  }

  async #enter(deadline: Deadline): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        clearTimeout(timeout);
        resolve();
      };
      const timeout = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(unreachable(new Error("Too many transactions wait for topics that others hold.")));
      }, deadline.left());
      this.#waiting.push(enter);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
