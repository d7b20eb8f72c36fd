import type { After } from "./after.ts";
import type { FrameSink } from "./frame-sink.ts";
import type { SharedFrame } from "./shared-frame.ts";

/** At how many beats in a row nothing of a subscriber may wait before it is sent more often again. */
const keptUpBeats = 10;

/** Where a subscriber is, and at which of the paces it is sent what comes. */
interface Seat {
  offset: number;
  pace: number;
  /** At how many beats in a row nothing of it has waited, while it is slower than it might be. */
  keptUp: number;
}

/** One of the paces: how many beats it has, and at which it is next due. */
interface Pace {
  readonly beats: number;
  due: number;
}

export interface PacedSinksOptions {
  /** In milliseconds, from the audience's own to the slowest that its subscribers may fall to. */
  readonly paces: readonly [number, ...number[]];
  readonly after: After;
  /** The topic's last offset. */
  readonly head: () => number;
  /** What brings a subscriber from an offset to the head; `undefined` when the audience was sent away since it cannot be made. */
  readonly since: (offset: number) => readonly SharedFrame[] | undefined;
  readonly push: (sink: FrameSink, frames: readonly SharedFrame[]) => void;
}

/**
 * Subscribers that are sent what happened at most once in a pace. They hold nothing but an offset each: what comes after it is in the
 * topic's ring, and is made once for all that are at the same one.
 *
 * While there is news they go by a beat, which is the audience's own pace. At its beat a subscriber for whom something still waits is
 * sent nothing, and goes on at the next slower pace. Where nothing of it has waited at {@link keptUpBeats} beats in a row it goes on at
 * the next faster one. Whatever its pace, it misses nothing. At the slowest pace it is sent what comes as anybody who is slow.
 */
export class PacedSinks {
  readonly #options: PacedSinksOptions;
  readonly #own: Pace = { beats: 1, due: 0 };
  /** From its own to the slowest. */
  readonly #paces: readonly Pace[];
  readonly #seats = new Map<FrameSink, Seat>();
  #beats = 0;
  /** Takes the next beat back. */
  #cancel: (() => void) | undefined;

  constructor(options: PacedSinksOptions) {
    this.#options = options;
    const [own, ...slower] = options.paces;
    this.#paces = [this.#own, ...slower.map((ms) => ({ beats: Math.ceil(ms / own), due: 0 }))];
  }

  get size(): number {
    return this.#seats.size;
  }

  sinks(): Iterable<FrameSink> {
    return this.#seats.keys();
  }

  /** Where a subscriber is; `undefined` where it is not among these. */
  offsetOf(sink: FrameSink): number | undefined {
    return this.#seats.get(sink)?.offset;
  }

  /** A subscriber begins, or goes on, at an offset. */
  place(sink: FrameSink, offset: number): void {
    const seat = this.#seats.get(sink);
    if (seat) seat.offset = offset;
    else this.#seats.set(sink, { offset, pace: 0, keptUp: 0 });
  }

  /** @returns whether it was among these */
  delete(sink: FrameSink): boolean {
    const deleted = this.#seats.delete(sink);
    if (this.#seats.size === 0) this.#rest();
    return deleted;
  }

  clear(): void {
    this.#seats.clear();
    this.#rest();
  }

  /** Something has happened: after a quiet time it is told at once, and else at the next beat. */
  hear(): void {
    if (!this.#cancel) this.#beat();
    else if (this.#own.due <= this.#beats) this.#sendOwn();
  }

  /** Sends everything that is held, as before a frame that may not overtake it. */
  flush(): void {
    const head = this.#options.head();
    const behind = [...this.#seats].filter(([, { offset }]) => offset !== head);
    this.#send(behind);
    this.#goOn();
  }

  /** It was quiet at the audience's own pace, and the beat goes on for those at a slower one alone. It begins anew with this. */
  #sendOwn(): void {
    this.#own.due = this.#beats + 1;
    const ready = [...this.#seats].filter(([sink, { pace }]) => pace === 0 && !sink.waits);
    if (ready.length === 0) return;
    this.#rest();
    this.#send(ready);
    this.#goOn();
  }

  #beat(): void {
    this.#cancel = undefined;
    this.#beats += 1;
    const head = this.#options.head();
    const isDue = this.#paces.map(({ due }) => due <= this.#beats);
    const ready: [FrameSink, Seat][] = [];
    for (const [sink, seat] of this.#seats) {
      const waits = sink.waits === true;
      this.#speedUp(seat, waits);
      if (seat.offset === head || !isDue[seat.pace]) continue;
      if (waits && seat.pace < this.#paces.length - 1) this.#slowDown(seat);
      else ready.push([sink, seat]);
    }
    this.#send(ready);
    this.#goOn();
  }

  #speedUp(seat: Seat, waits: boolean): void {
    if (seat.pace === 0) return;
    seat.keptUp = waits ? 0 : seat.keptUp + 1;
    if (seat.keptUp < keptUpBeats) return;
    seat.pace -= 1;
    seat.keptUp = 0;
  }

  #slowDown(seat: Seat): void {
    seat.pace += 1;
    seat.keptUp = 0;
    const pace = this.#paces[seat.pace];
    if (pace && pace.due <= this.#beats) pace.due = this.#beats + pace.beats;
  }

  #send(seats: readonly (readonly [FrameSink, Seat])[]): void {
    const made = new Map<number, readonly SharedFrame[]>();
    const head = this.#options.head();
    for (const [sink, seat] of seats) {
      // What another one was sent may have ended this one.
      if (this.#seats.get(sink) !== seat) continue;
      const frames = made.get(seat.offset) ?? this.#options.since(seat.offset);
      if (!frames) return;
      made.set(seat.offset, frames);
      const pace = this.#paces[seat.pace];
      if (pace) pace.due = this.#beats + pace.beats;
      seat.offset = head;
      this.#options.push(sink, frames);
    }
  }

  /** Beats on while something is held, or was sent so lately that what comes next has to wait. */
  #goOn(): void {
    if (this.#cancel || this.#seats.size === 0) return;
    const head = this.#options.head();
    const waits = (pace: number): boolean => (this.#paces[pace]?.due ?? 0) > this.#beats;
    const isOn = waits(0) || [...this.#seats.values()].some(({ offset, pace }) => offset !== head || waits(pace));
    if (isOn) this.#cancel = this.#options.after(this.#options.paces[0], () => this.#beat());
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
