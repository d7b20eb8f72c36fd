interface Seen {
  readonly snapshot: string;
  readonly at: number;
}

/** How long what changed is kept for others to look at, in milliseconds. They look every second or so. */
const keptMs = 120_000;

/** Knows a look of a while ago: what changed before it need not be kept. */
export class Horizon {
  #old: Seen | undefined;
  #last: Seen | undefined;

  /** Hears of a look by the snapshot it saw. */
  saw(snapshot: string): void {
    this.#last = { snapshot, at: performance.now() };
    this.#old ??= this.#last;
  }

  /** The snapshot of a look that is long enough ago, each time another one; `undefined` as long as there is none. */
  pass(): string | undefined {
    const old = this.#old;
    if (!old || performance.now() - old.at < keptMs) return undefined;
    this.#old = this.#last;
    return old.snapshot;
  }
}
