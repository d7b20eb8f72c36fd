import { WebSocket } from "ws";
import type { WireMeters } from "../../observe/wire-meters.ts";
import type { Tick } from "../tick.ts";
import type { Waiter } from "../waiter.ts";
import type { Message } from "./message.ts";

/** What the writers of a handler have in common. */
export interface WriterOptions {
  readonly tick: Tick;
  readonly limits: {
    /** The mark above which nothing more is taken, in bytes. */
    readonly maxBufferedBytes: number;
  };
  /** Where it is counted what is written. */
  readonly wire: WireMeters;
}

/**
 * The one writer of a client's data. What it is given within a tick leaves in one write. Above the mark it is blocked:
 * nothing is read from the client, and who can wait with what they send does.
 */
export abstract class SocketWriter {
  readonly #client: WebSocket;
  readonly #tick: Tick;
  readonly #mark: number;
  readonly #wire: WireMeters;
  /** What leaves at the end of the tick, and about how many bytes it has. */
  #messages: Message[] | undefined;
  #size = 0;
  /** What was buffered after the last write: never less than what is now. */
  #buffered = 0;
  #blocked = false;
  #paused = false;
  #held = false;
  #waiting: Set<Waiter> | undefined;

  constructor(client: WebSocket, { tick, limits, wire }: WriterOptions) {
    this.#client = client;
    this.#tick = tick;
    this.#mark = limits.maxBufferedBytes;
    this.#wire = wire;
  }

  get blocked(): boolean {
    return this.#blocked;
  }

  /** Whether the client left something behind that it was sent in an earlier tick, and is read no more until it took it. */
  get paused(): boolean {
    return this.#paused;
  }

  /** Reads nothing from the client until {@link release}, whatever it takes. */
  hold(): void {
    this.#held = true;
    this.#client.pause();
  }

  release(): void {
    this.#held = false;
    if (!this.#paused) this.#client.resume();
  }

  /** How many bytes wait in this process, because the client did not take them yet. */
  abstract get buffered(): number;

  /** Hands messages on, in their order. @returns how many bytes they have */
  protected abstract write(messages: readonly Message[]): number;

  /** Calls once, when what is buffered now has left. */
  protected abstract onceDrained(run: () => void): void;

  /** Sends a message with the next write, whether blocked or not. */
  push(message: Message): void {
    if (this.#messages) {
      this.#messages.push(message);
      this.#size += message.size;
    } else {
      this.#tick.enlist(this);
      this.#messages = [message];
      this.#size = message.size;
    }
    if (this.#buffered + this.#size > this.#mark) this.#blocked = true;
  }

  /** Takes back messages that have not been written yet. */
  discard(isStale: (message: Message) => boolean): void {
    this.#messages = this.#messages?.filter((message) => !isStale(message));
  }

  /** Calls the waiter when the socket is not blocked any more, in the order in which they came. */
  wait(waiter: Waiter): void {
    this.#waiting ??= new Set();
    this.#waiting.add(waiter);
  }

  /** Who does not want to send any more. */
  leave(waiter: Waiter): void {
    this.#waiting?.delete(waiter);
  }

  /** Writes what waits for the end of the tick. */
  flush(): void {
    const messages = this.#messages;
    this.#messages = undefined;
    if (!messages || this.#client.readyState !== WebSocket.OPEN) return;
    this.#wire.bytes += this.write(messages);
    this.#wire.messages += messages.length;
    this.#look();
  }

  #look(): void {
    this.#buffered = this.buffered;
    if (this.#buffered > this.#mark) this.#pause();
    else if (this.#blocked) this.#free();
  }

  #pause(): void {
    this.#blocked = true;
    if (this.#paused) return;
    this.#paused = true;
    this.#client.pause();
    this.onceDrained(() => {
      this.#paused = false;
      if (this.#client.readyState === WebSocket.OPEN) this.#look();
      if (!this.#paused && !this.#held) this.#client.resume();
    });
  }

  #free(): void {
    this.#blocked = false;
    if (!this.#waiting) return;
    for (const waiter of this.#waiting) {
      if (this.#blocked) return;
      this.#waiting.delete(waiter);
      waiter.proceed();
    }
  }
}
