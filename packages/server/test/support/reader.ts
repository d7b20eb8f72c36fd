import { type Frame, type Position, parsePosition } from "@shoal/contract";
import { isTrackedEnvelope } from "@trpc/server";
import type { Counter } from "./counter.ts";
import { inTime, Recorder, turn } from "./recorder.ts";

/** A frame of the counter, and the position that came with it. */
export interface Received {
  readonly position: Position;
  readonly frame: Frame<Counter>;
}

/** A subscriber without a wire, who takes a frame only when it wants one. */
export class Reader {
  readonly #iterator: AsyncIterator<unknown>;
  #asked: Promise<Received | undefined> | undefined;

  constructor(watch: AsyncIterable<unknown>) {
    this.#iterator = watch[Symbol.asyncIterator]();
  }

  /** Asks for the next frame, without waiting for it. The subscription begins with the first time. */
  ask(): Promise<Received | undefined> {
    this.#asked ??= this.#iterator.next().then(({ done, value }) => (done ? undefined : received(value)));
    this.#asked.catch(() => {});
    return this.#asked;
  }

  /** The next frame, as soon as there is one; `undefined` when there will be none. */
  async next(): Promise<Received | undefined> {
    const received = await this.ask();
    this.#asked = undefined;
    return received;
  }

  /** The next frame, if it is there already. */
  async nextIfAny(): Promise<Received | undefined> {
    const received = await Promise.race([this.ask(), turn()]);
    if (received) this.#asked = undefined;
    return received ?? undefined;
  }

  /** So many frames. */
  async take(count: number): Promise<Frame<Counter>[]> {
    const frames: Frame<Counter>[] = [];
    while (frames.length < count) {
      const next = await inTime(this.next(), `frame ${frames.length + 1} of ${count}`);
      if (!next) throw new Error(`There were only ${frames.length} frames`);
      frames.push(next.frame);
    }
    return frames;
  }

  async end(): Promise<void> {
    await this.#iterator.return?.();
  }
}

/** Takes every frame as soon as it is there. */
export function readAll(watch: AsyncIterable<unknown>) {
  const reader = new Reader(watch);
  const frames = new Recorder<Received>();
  const run = async (): Promise<void> => {
    for (let next = await reader.next(); next; next = await reader.next()) frames.push(next);
  };
  const ended = run();
  ended.catch(() => {});
  return { frames, ended, end: () => reader.end() };
}

function received(value: unknown): Received {
  if (!isTrackedEnvelope(value)) throw new Error("A frame without a position was sent.");
  return { position: parsePosition(value[0]), frame: value[1] as Frame<Counter> };
}
