import type { WireMeters } from "../../observe/wire-meters.ts";
import type { Batch } from "../batch.ts";
import type { Tick } from "../tick.ts";
import type { Waiter } from "../waiter.ts";
import type { Chunk } from "./chunk.ts";
import type { Handling } from "./handling.ts";
import type { StreamOutlet } from "./stream-outlet.ts";

/**
 * The one writer of a stream, once it has begun. What it is given within a tick leaves in one write; above the mark it is blocked.
 */
export class StreamWriter {
  readonly #outlet: StreamOutlet;
  readonly #tick: Tick;
  readonly #mark: number;
  readonly #wire: WireMeters;
  #batch: Batch | undefined;
  /** What was buffered after the last write: never less than what is now. */
  #buffered = 0;
  #blocked = false;
  #draining = false;
  #waiter: Waiter | undefined;

  constructor(outlet: StreamOutlet, { tick, limits, wire }: Pick<Handling, "tick" | "limits" | "wire">) {
    this.#outlet = outlet;
    this.#tick = tick;
    this.#mark = limits.maxBufferedBytes;
    this.#wire = wire;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  get buffered(): number {
    return this.#outlet.buffered;
  }

  /** Sends the head of the response, and the first chunk with it. */
  begin(first: Chunk): void {
    this.#outlet.begin(first);
    this.#count(1, first.size);
  }

  /** Sends a chunk with the next write, whether blocked or not. */
  push(chunk: Chunk): void {
    this.#batch = (this.#batch ?? this.#tick.enlist(this)).and(chunk);
    if (this.#buffered + this.#batch.size > this.#mark) this.#blocked = true;
  }

  /** Takes back what has not been written yet. */
  discard(): void {
    this.#batch = undefined;
  }

  /** Calls the waiter when it is blocked no more. */
  wait(waiter: Waiter): void {
    this.#waiter = waiter;
  }

  leave(): void {
    this.#waiter = undefined;
  }

  /** Writes what waits for the end of the tick. */
  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (!batch || !this.#outlet.isOpen) return;
    this.#outlet.write(batch);
    this.#count(batch.count, batch.size);
    this.#look();
  }

  #count(chunks: number, bytes: number): void {
    this.#wire.messages += chunks;
    this.#wire.bytes += bytes;
  }

  #look(): void {
    this.#buffered = this.#outlet.buffered;
    if (this.#buffered > this.#mark) this.#drain();
    else if (this.#blocked) this.#free();
  }

  #drain(): void {
    this.#blocked = true;
    if (this.#draining) return;
    this.#draining = true;
    this.#outlet.onceDrained(() => {
      this.#draining = false;
      this.#look();
    });
  }

  #free(): void {
    this.#blocked = false;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.proceed();
  }
}
