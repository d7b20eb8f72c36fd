/** `setTimeout` takes no more than 24.8 days; a later instant is looked at again on the way. */
const longestMs = 24 * 60 * 60 * 1_000;

/** Calls back at an instant of this machine's clock, the last one it was set to. It keeps no process alive. */
export class Alarm {
  readonly #ring: () => void;
  #timeout: NodeJS.Timeout | undefined;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @param at - milliseconds since the epoch; an instant that has passed rings at once; `null` never */
  set(at: number | null): void {
    clearTimeout(this.#timeout);
    if (at === null) return;
    const wait = Math.max(0, at - Date.now());
    const next = wait > longestMs ? () => this.set(at) : this.#ring;
    this.#timeout = setTimeout(next, Math.min(wait, longestMs)).unref();
  }
}
