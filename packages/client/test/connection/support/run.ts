import { ShoalError } from "@shoal/contract";
import {
  attemptOf,
  type ConnectionEvent,
  type Effect,
  initialMachine,
  type Loss,
  type Machine,
  type Moment,
} from "../../../src/connection/machine.ts";
import { reduce } from "../../../src/connection/reduce.ts";

export const lost: Loss = { kind: "retry", error: new ShoalError("SERVICE_UNAVAILABLE", "gone") };
export const unauthorized: Loss = { kind: "unauthorized", error: new ShoalError("UNAUTHORIZED", "who?") };
export const forbidden: Loss = { kind: "final", error: new ShoalError("FORBIDDEN", "not you") };

/** A server wants no other attempt for so long. */
export function busy(retryAfterMs: number): Loss {
  return { kind: "retry", error: new ShoalError("TOO_MANY_REQUESTS", "full", { retryAfterMs }) };
}

/** A connection whose time and chance are the test's. */
export class Run {
  machine: Machine;
  /** All that was to be done, in order. */
  readonly effects: Effect[] = [];
  random = 0.5;
  #now = 1_000;
  /** How far the machine's clock is ahead. */
  #offset = 1_700_000_000_000;

  constructor(machine = initialMachine("websocket", false)) {
    this.machine = machine;
  }

  get now(): number {
    return this.#now;
  }

  get moment(): Moment {
    return { now: this.#now, wall: this.#now + this.#offset, random: this.random };
  }

  get status() {
    return this.machine.shown.status;
  }

  /** The number of the line that is open, or else being made. */
  get line(): number {
    const { phase } = this.machine;
    return phase.name === "open" ? phase.line.id : this.attemptedLine;
  }

  get attemptedLine(): number {
    const attempt = attemptOf(this.machine);
    return attempt && attempt.step !== "waiting" ? attempt.line : 0;
  }

  /** Makes it happen now. @returns what is to be done for it */
  do(event: ConnectionEvent): readonly Effect[] {
    const { machine, effects } = reduce(this.machine, event, this.moment);
    this.machine = machine;
    this.effects.push(...effects);
    return effects;
  }

  /** Lets time pass, with each tick when it is due. @param heardAt - when the open line received anything; by default never */
  pass(ms: number, heardAt: () => number = () => 0): void {
    const end = this.#now + ms;
    for (let at = this.machine.tickAt; at !== undefined && at <= end; at = this.machine.tickAt) {
      this.#now = at;
      this.do({ type: "tick", heardAt: heardAt() });
    }
    this.#now = end;
  }

  /** The device sleeps: its clock goes on, and that of the page may or may not. No tick comes. */
  sleep(ms: number, counted: boolean): void {
    if (counted) this.#now += ms;
    else this.#offset += ms;
  }

  /** As when there is a token and a server. */
  connect(): this {
    this.do({ type: "use" });
    return this.open();
  }

  /** The attempt that is under way, or that waits, succeeds. */
  open(): this {
    if (this.attemptedLine === 0) this.do({ type: "retry" });
    this.do({ type: "token", line: this.attemptedLine, token: "t" });
    this.do({ type: "opened", line: this.attemptedLine });
    return this;
  }

  /** The attempt that is under way gets its token, and fails. */
  fail(loss = lost): this {
    this.do({ type: "token", line: this.attemptedLine, token: "t" });
    this.do({ type: "lost", line: this.attemptedLine, loss });
    return this;
  }
}
