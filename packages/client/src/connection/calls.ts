import type { ShoalError } from "@shoal/contract";
import { unanswered } from "../errors.ts";
import { Call, type CallEvents, type CallHandlers, type CallLimits, type CallRequest } from "./call.ts";
import type { Line } from "./line.ts";
import { outage } from "./machine.ts";

const moved = outage("The server asked for a new connection.");

/** All requests under way, and the line over which the next ones go. */
export class Calls {
  readonly #limits: CallLimits;
  readonly #calls = new Set<Call>();
  /** Lines that take nothing more, and close once their requests are answered. */
  readonly #retired = new Set<Line>();
  /** Who waits until there is none. */
  readonly #idle: (() => void)[] = [];
  #line: Line | undefined;
  readonly #events: CallEvents = {
    again: (call) => {
      if (this.#line) call.start(this.#line);
      // It was sent and has got no answer, as those that the line has taken along.
      else call.broke(unanswered(undefined), true);
    },
    over: (call) => {
      this.#calls.delete(call);
      this.#settle();
    },
  };

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Adds a request, which waits until it is started. @throws {ShoalError} when it cannot be sent */
  add(request: CallRequest, handlers: CallHandlers): Call {
    const call = new Call(request, handlers, this.#limits, this.#events);
    this.#calls.add(call);
    return call;
  }

  /** Sends it where there is a line; otherwise it goes over the next. */
  start(call: Call): void {
    if (this.#line) call.start(this.#line);
  }

  /** From now on everything goes over this line; what waits first. */
  adopt(line: Line): void {
    this.#line = line;
    for (const call of [...this.#calls]) call.start(line);
  }

  /** Ends the subscriptions of a line as lost, and the line once its requests are answered. */
  retire(line: Line): void {
    this.#forget(line);
    this.#retired.add(line);
    for (const call of this.#over(line)) if (call.type === "subscription") call.lose(moved.error);
    this.#settle();
  }

  /** Ends a line, and all that was asked over it as lost. */
  drop(line: Line, error: ShoalError): void {
    this.#forget(line);
    this.#retired.delete(line);
    line.close();
    for (const call of this.#over(line)) call.lose(error);
  }

  /** Ends what waits, and every subscription. What was sent may have been done, and waits for its answer. */
  refuse(error: ShoalError): void {
    for (const call of [...this.#calls]) if (!call.way || call.type === "subscription") call.broke(error, false);
  }

  /** Resolves once there is no request. */
  async idle(): Promise<void> {
    if (this.#calls.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #over(line: Line): readonly Call[] {
    return [...this.#calls].filter((call) => call.way === line);
  }

  #forget(line: Line): void {
    if (this.#line === line) this.#line = undefined;
  }

  #settle(): void {
    for (const line of this.#retired) {
      if (this.#over(line).length > 0) continue;
      this.#retired.delete(line);
      line.close();
    }
    if (this.#calls.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }
}
