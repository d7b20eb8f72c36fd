import type { ConnectionState } from "./connection.ts";
import { type Readable, Store } from "./store.ts";

/** The server's time, as well as this client knows it. */
export interface Clock {
  /**
   * The server's time, in milliseconds since the epoch. It is this machine's until the server has told its own, and does not go back
   * unless the server's time turns out to be another one.
   */
  readonly now: () => number;
  /** How far `now()` may be off, in milliseconds. Infinity until the server has told its time. */
  readonly uncertainty: number;
  /** Calls `listener` whenever the server's time is known better, until the returned function is called. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** What the server told of its time once, or what this machine's clock says in its place. */
export interface Sample {
  /** The server's time, in milliseconds since the epoch. */
  readonly server: number;
  /** When that was so, by `performance.now()`, and by this machine's clock. */
  readonly now: number;
  readonly wall: number;
  /** How far the one may be off the other, in milliseconds. */
  readonly within: number;
}

/** How much the clocks of two machines drift apart at most; those in use stay well below. */
const drift = 50e-6;

/** Samples that are taken when they are needed, the pause between two of them, and how long one is good for, in milliseconds. */
const burst = 4;
const pause = 500;
const lifetime = 300_000;

/** How far this machine's two clocks may disagree before it is asked again, in milliseconds. */
const disturbance = 1_000;

/** What a time means that was told between `sent` and `received`. */
export function sampleOf(server: number, sent: number, received: number, wall: number): Sample {
  const roundTrip = received - sent;
  const within = roundTrip / 2 + roundTrip * drift;
  return { server, now: received - roundTrip / 2, wall: wall - roundTrip / 2, within };
}

/** The server's time that follows from a sample, in milliseconds since the epoch. */
export function timeAt(sample: Sample, now: number): number {
  return sample.server + now - sample.now;
}

/**
 * How far the time that follows from a sample may be off by now, in milliseconds. Where this machine's two clocks disagree it has slept,
 * or its clock was set: nobody knows which of them went on as the server's did.
 */
export function uncertaintyOf({ now: then, wall: wallThen, within }: Sample, now: number, wall: number): number {
  const age = now - then;
  return within + Math.abs(age) * drift + Math.abs(wall - wallThen - age);
}

/** The sample to go by: the one that is less uncertain by now. */
export function better(a: Sample, b: Sample, now: number, wall: number): Sample {
  return uncertaintyOf(b, now, wall) < uncertaintyOf(a, now, wall) ? b : a;
}

/** Asks the server for its time while the connection is open: several times at first, then rarely. */
export class ServerClock implements Clock {
  readonly #ask: () => Promise<unknown>;
  readonly #connection: Readable<ConnectionState>;
  readonly #sample: Store<Sample>;
  readonly #leave: () => void;
  #asking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param ask - the query `connection.time` */
  constructor(connection: Readable<ConnectionState>, ask: () => Promise<unknown>) {
    this.#connection = connection;
    this.#ask = ask;
    const [now, wall] = [performance.now(), Date.now()];
    this.#sample = new Store({ server: wall, now, wall, within: Number.POSITIVE_INFINITY });
    this.#leave = connection.subscribe(() => this.#look());
  }

  get uncertainty(): number {
    return uncertaintyOf(this.#sample.current, performance.now(), Date.now());
  }

  readonly now = (): number => {
    const sample = this.#sample.current;
    if (sample.within === Number.POSITIVE_INFINITY) return Date.now();
    if (this.#isDisturbed) this.#look();
    return Math.round(timeAt(sample, performance.now()));
  };

  readonly subscribe = (listener: () => void): (() => void) => this.#sample.subscribe(listener);

  close(): void {
    this.#leave();
    clearTimeout(this.#timer);
  }

  get #isOpen(): boolean {
    return this.#connection.current.status === "open";
  }

  /** Whether this machine has slept since the sample, or its clock was set. */
  get #isDisturbed(): boolean {
    const { now, wall } = this.#sample.current;
    return Math.abs(Date.now() - wall - (performance.now() - now)) > disturbance;
  }

  /** Asks when it is time, and there is somebody to ask. */
  #look(): void {
    if (!this.#isOpen || this.#asking) return;
    clearTimeout(this.#timer);
    const wait = this.#askedAt + lifetime - performance.now();
    if (wait > 0 && !this.#isDisturbed) this.#timer = setTimeout(() => this.#look(), wait);
    else void this.#askOften();
  }

  async #askOften(): Promise<void> {
    this.#asking = true;
    this.#askedAt = performance.now();
    try {
      for (let count = 0; count < burst; count += 1) {
        if (count > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        await this.#askOnce();
      }
    } catch {
      // Without a connection the next one brings the next chance. A server that does not tell its time is not pressed.
      if (!this.#isOpen) this.#askedAt = Number.NEGATIVE_INFINITY;
    }
    this.#asking = false;
    this.#look();
  }

  async #askOnce(): Promise<void> {
    if (!this.#isOpen) throw new Error("There is nobody to ask.");
    const sent = performance.now();
    const { now: server } = (await this.#ask()) as { readonly now: number };
    const [received, wall] = [performance.now(), Date.now()];
    this.#sample.set(better(this.#sample.current, sampleOf(server, sent, received, wall), received, wall));
  }
}
