import type { Sweeper } from "../sweeper.ts";
import { type Closing, closings } from "./closing.ts";
import type { Limits } from "./limits.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** How long a client that was refused may take to close its side, in milliseconds. */
const lingerMs = 2_000;

/** How long clients may take for what they have to do, in steps of the sweeper. */
export interface Deadlines {
  /** To say who they are. */
  readonly authenticate: number;
  /** To close their side of what was closed here. */
  readonly linger: number;
  /** To take anything of what waits for them. */
  readonly slow: number;
  /** To say anything at all: then they are pinged, and then given up. */
  readonly ping: number;
  readonly end: number;
}

export function deadlinesOf(sweeper: Sweeper, { authenticateMs, slowMs, heartbeat }: Limits): Deadlines {
  const ping = heartbeat ? sweeper.steps(heartbeat.pingMs) : Number.POSITIVE_INFINITY;
  return {
    authenticate: sweeper.steps(authenticateMs),
    linger: sweeper.steps(lingerMs),
    slow: sweeper.steps(slowMs),
    ping,
    end: heartbeat ? ping + sweeper.steps(heartbeat.pongMs) + 1 : ping,
  };
}

/** The same for a client that knows no pings. */
export function withoutPings(deadlines: Deadlines): Deadlines {
  return { ...deadlines, ping: Number.POSITIVE_INFINITY, end: Number.POSITIVE_INFINITY };
}

/**
 * Where a connection is: `awaited` as long as it has not said who it is, `open` from then on, and `closing` from when it is closed here
 * until the client has closed its side.
 */
export type Phase = "awaited" | "open" | "closing";

/** How long a client has taken by now for what it has to do. */
export class Patience {
  readonly #deadlines: Deadlines;
  /** In how many steps nothing was heard of it. */
  #silent = 0;
  /** In how many steps it has not said who it is, or not closed its side. */
  #waited = 0;
  /** How many bytes waited at the last step, and in how many steps nothing was taken of them. */
  #leftBehind = 0;
  #stuck = 0;

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  heard(): void {
    this.#silent = 0;
  }

  /** What it waits for now is something else than before. */
  restart(): void {
    this.#waited = 0;
  }

  /** To be called in each step. @returns what is to be done now: to ping it, to give it up, or to close it */
  step(phase: Phase, writer: SocketWriter): "ping" | "give up" | Closing | undefined {
    const { authenticate, linger } = this.#deadlines;
    if (phase !== "open") this.#waited += 1;
    if (phase === "closing") return this.#waited > linger ? "give up" : undefined;
    if (phase === "awaited" && this.#waited > authenticate) return closings.unauthenticated;
    return writer.paused ? this.#stepPaused(writer) : this.#stepSilent();
  }

  #stepSilent(): "ping" | "give up" | undefined {
    const { ping, end } = this.#deadlines;
    this.#stuck = 0;
    this.#silent += 1;
    if (this.#silent === ping) return "ping";
    return this.#silent >= end ? "give up" : undefined;
  }

  /** Nothing is read from it, so it is not asked whether it is there. */
  #stepPaused({ buffered }: SocketWriter): Closing | undefined {
    this.#stuck = buffered < this.#leftBehind ? 0 : this.#stuck + 1;
    this.#leftBehind = buffered;
    this.#silent = 0;
    return this.#stuck > this.#deadlines.slow ? closings.slow : undefined;
  }
}
