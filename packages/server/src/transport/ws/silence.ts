import type { Sweeper } from "../sweeper.ts";

/** How long nothing was heard of a client: it is asked whether it is there, and then given up. */
export class Silence {
  readonly #pingAt: number;
  readonly #endAt: number;
  #steps = 0;

  constructor(sweeper: Sweeper, pingMs: number, pongMs: number) {
    this.#pingAt = sweeper.steps(pingMs);
    this.#endAt = this.#pingAt + sweeper.steps(pongMs) + 1;
  }

  heard(): void {
    this.#steps = 0;
  }

  /** To be called in each step of the sweeper. */
  step(): "wait" | "ping" | "end" {
    this.#steps += 1;
    if (this.#steps === this.#pingAt) return "ping";
    return this.#steps >= this.#endAt ? "end" : "wait";
  }
}
