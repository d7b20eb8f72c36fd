import { Batch } from "./batch.ts";

interface Flushed {
  flush(): void;
}

/** Gathers what sockets are to be sent within one turn of the event loop, and lets each of them write once at its end. */
export class Tick {
  readonly #ended: () => void;
  #empty = new Batch();
  #writers: Flushed[] = [];
  #timer: NodeJS.Immediate | undefined;

  /**
   * @param ended - called when all have written
   */
  constructor(ended: () => void) {
    this.#ended = ended;
  }

  /** The writer will be flushed once, and has the empty batch of this tick to begin with. */
  enlist(writer: Flushed): Batch {
    this.#writers.push(writer);
    this.#timer ??= setImmediate(() => this.flush());
    return this.#empty;
  }

  /** Ends the tick now: all that waits is written. */
  flush(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    const writers = this.#writers;
    this.#writers = [];
    this.#empty = new Batch();
    for (const writer of writers) writer.flush();
    this.#ended();
  }
}
