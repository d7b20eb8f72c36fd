import type { Clock } from "@shoal/client";

/** The server's clock, as far as the alarm needs it. */
export type AlarmClock = Pick<Clock, "now" | "subscribe">;

interface Entry {
  due: number;
  readonly next: (now: number) => number;
  readonly ring: () => void;
}

/** The longest delay that timers take, in milliseconds; what is due later is looked at again then. */
const longest = 2 ** 31 - 1;

/** Rings when the server's clock comes to an instant: one timer, for whatever is due first. */
export class Alarm {
  readonly #clock: AlarmClock;
  readonly #entries = new Set<Entry>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #leave: (() => void) | undefined;

  constructor(clock: AlarmClock) {
    this.#clock = clock;
  }

  /**
   * Rings at each instant that `next` names, and whenever the clock turns out to be another one, until the returned function is
   * called.
   *
   * @param next - the first instant after `now`, in milliseconds by the server's clock; infinite where there is none
   */
  set(next: (now: number) => number, ring: () => void): () => void {
    const entry = { due: next(this.#clock.now()), next, ring };
    this.#entries.add(entry);
    this.#leave ??= this.#clock.subscribe(() => this.#ring(() => true));
    this.#arm();
    return () => {
      this.#entries.delete(entry);
      if (this.#entries.size === 0) this.#rest();
      else this.#arm();
    };
  }

  #ring(isDue: (entry: Entry, now: number) => boolean): void {
    const now = this.#clock.now();
    const due = [...this.#entries].filter((entry) => isDue(entry, now));
    for (const entry of due) entry.due = entry.next(now);
    this.#arm();
    for (const { ring } of due) ring();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const first = Math.min(...[...this.#entries].map(({ due }) => due));
    if (first === Number.POSITIVE_INFINITY) return;
    // Timers take whole milliseconds, and cut off the rest.
    const delay = Math.min(longest, Math.max(0, Math.ceil(first - this.#clock.now())));
    this.#timer = setTimeout(() => this.#ring(({ due }, now) => due <= now), delay);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#leave?.();
    this.#leave = undefined;
  }
}
