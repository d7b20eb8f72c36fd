import { type AnyOutcome, isRetryable, ShoalError } from "@shoal/contract";
import { Backoff, longestDelay } from "./backoff.ts";
import { clientClosed } from "./errors.ts";
import { initialQueueState, type Queue, type QueueState } from "./queue-state.ts";
import { sameFields } from "./same.ts";
import { Store } from "./store.ts";

export interface CommandQueueOptions {
  /** Whether what is sent now reaches the server at once; else it waits for the connection. */
  readonly open: () => boolean;
  /** Whose connection it is, or will be. */
  readonly userKey: () => string | undefined;
  /** How many commands of a user may wait. */
  readonly maxQueued: number;
  /** How old a command may become without an answer, in milliseconds. */
  readonly maxQueuedMs: number;
}

export interface QueuedCommand {
  /** What has one lane is sent one at a time, in the order in which it was given. */
  readonly lane: string;
  /** Takes it back. Does nothing but reject the promise once the server may have got it. */
  readonly signal: AbortSignal | undefined;
  /** Sends it, each time as the same command. */
  readonly send: (signal: AbortSignal) => Promise<unknown>;
  /** Called each time that it leaves on an open connection: from the first on the server may know of it. */
  readonly departed?: () => void;
  /** Called when nothing more will be heard of it, with the outcome if there was one. */
  readonly known?: (outcome: AnyOutcome | undefined) => void;
}

/** A command that has no answer. */
interface Entry {
  readonly command: QueuedCommand;
  readonly userKey: string | undefined;
  readonly since: number;
  readonly backoff: Backoff;
  readonly resolve: (outcome: AnyOutcome) => void;
  readonly reject: (error: unknown) => void;
  /** Ends the present attempt, which may still wait for the connection; undefined between two of them. */
  attempt: AbortController | undefined;
  /** Whether the connection was open in the last attempt. */
  reached: boolean;
  /** Whether the server may have got it in an attempt before. */
  doubtful: boolean;
  /** Until when it is not to be sent again. */
  pause: ReturnType<typeof setTimeout> | undefined;
  /** Whether a rate limit wants that, so that another connection does not shorten it. */
  limited: boolean;
  readonly deadline: ReturnType<typeof setTimeout>;
  readonly aborted: () => void;
}

/**
 * The commands of a client until they are answered.
 *
 * - A command is sent until it is answered, with an outcome or with an error that is not retryable, and always as the same command.
 * - Within a lane the next one is sent when the one before has its answer, so none overtakes another, whatever is lost.
 * - It is sent on no connection but that of the user who gave it. While somebody else is the user, it is held.
 * - What is over a bound, in number or in age, is refused with an error, and nothing is dropped without one.
 */
export class CommandQueue implements Queue {
  readonly #options: CommandQueueOptions;
  readonly #state = new Store<QueueState>(initialQueueState);
  /** In the order in which they were given. */
  readonly #entries = new Set<Entry>();
  #pumping = false;
  #closed = false;

  constructor(options: CommandQueueOptions) {
    this.#options = options;
  }

  get current(): QueueState {
    return this.#state.current;
  }

  readonly subscribe = (listener: () => void): (() => void) => this.#state.subscribe(listener);

  readonly discardHeld = (): void => {
    const userKey = this.#options.userKey();
    for (const entry of this.#entries) if (entry.userKey !== userKey) this.#fail(entry, discarded());
  };

  /**
   * Takes a command and resolves to its outcome, however long it takes to get it.
   *
   * @throws {ShoalError} (asynchronously) what the server refused it with; `TOO_MANY_REQUESTS` when too many wait already, `TIMEOUT` when it
   * became too old, `CLOSED` when the client was closed before it was sent
   */
  add(command: QueuedCommand): Promise<AnyOutcome> {
    return new Promise((resolve, reject) => {
      const { maxQueuedMs, maxQueued } = this.#options;
      const entry: Entry = {
        command,
        userKey: this.#options.userKey(),
        since: Date.now(),
        backoff: new Backoff(),
        resolve,
        reject,
        attempt: undefined,
        reached: false,
        doubtful: false,
        pause: undefined,
        limited: false,
        deadline: setTimeout(() => this.#expire(entry), Math.min(maxQueuedMs, longestDelay)),
        aborted: () => this.#abort(entry),
      };
      const refusal = this.#refusal(entry.userKey, maxQueued);
      this.#entries.add(entry);
      command.signal?.addEventListener("abort", entry.aborted);
      if (command.signal?.aborted) this.#abort(entry);
      else if (refusal) this.#fail(entry, refusal);
      this.pumpSoon();
    });
  }

  /** Later, so that what is given and taken back in one turn is never sent, and one turn's commands leave together. */
  pumpSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    queueMicrotask(() => {
      this.#pumping = false;
      this.#pump();
    });
  }

  /** To be called when the connection has changed, or its user. */
  connectionChanged(): void {
    for (const entry of this.#entries) {
      this.#look(entry);
      if (this.#options.open() && !entry.limited) this.#resume(entry);
    }
    this.pumpSoon();
  }

  /** Refuses what waits. What is under way may still be answered. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries) if (!entry.attempt) this.#fail(entry, clientClosed());
  }

  #refusal(userKey: string | undefined, maxQueued: number): ShoalError | undefined {
    if (this.#closed) return clientClosed();
    const waiting = [...this.#entries].filter((entry) => entry.userKey === userKey && !this.#underWay(entry));
    return waiting.length < maxQueued ? undefined : tooMany(maxQueued);
  }

  /** Sends what comes first in its lane and does not pause. */
  #pump(): void {
    const lanes = new Set<string>();
    const userKey = this.#options.userKey();
    for (const entry of [...this.#entries]) {
      const { lane } = entry.command;
      if (entry.userKey !== userKey || lanes.has(lane)) continue;
      lanes.add(lane);
      if (Date.now() - entry.since >= this.#options.maxQueuedMs) this.#expire(entry);
      else if (!entry.attempt && entry.pause === undefined) void this.#attempt(entry);
    }
    this.#publish();
  }

  async #attempt(entry: Entry): Promise<void> {
    const attempt = new AbortController();
    entry.attempt = attempt;
    entry.reached = false;
    this.#look(entry);
    try {
      const outcome = (await entry.command.send(attempt.signal)) as AnyOutcome;
      this.#settle(entry, outcome, () => entry.resolve(outcome));
    } catch (error) {
      entry.attempt = undefined;
      if (this.#entries.has(entry)) this.#failed(entry, error);
    }
  }

  #failed(entry: Entry, error: unknown): void {
    if (!(error instanceof ShoalError && isRetryable(error.code))) this.#fail(entry, error);
    else if (this.#closed) this.#fail(entry, clientClosed());
    else this.#again(entry, error);
  }

  #again(entry: Entry, error: ShoalError): void {
    // Of what a rate limit refuses nothing was done. After any other error it may have been.
    entry.limited = error.code === "TOO_MANY_REQUESTS";
    entry.doubtful ||= entry.reached && !entry.limited;
    // What a lost connection took with it waits in the link for the next one.
    const lost = entry.reached && !this.#options.open();
    const pause = lost ? (error.retryAfterMs ?? 0) : entry.backoff.next(error.retryAfterMs);
    entry.pause = setTimeout(() => this.#resume(entry), Math.min(pause, longestDelay));
    this.#publish();
  }

  #resume(entry: Entry): void {
    clearTimeout(entry.pause);
    entry.pause = undefined;
    this.pumpSoon();
  }

  /** Notes whether the server may have got it by now. */
  #look(entry: Entry): void {
    if (!this.#underWay(entry) || entry.reached) return;
    entry.reached = true;
    entry.command.departed?.();
  }

  #underWay(entry: Entry): boolean {
    return entry.attempt !== undefined && this.#options.open();
  }

  #abort(entry: Entry): void {
    const reason = entry.command.signal?.reason;
    if (mayHaveArrived(entry)) entry.reject(reason);
    else this.#fail(entry, reason);
  }

  #expire(entry: Entry): void {
    this.#fail(entry, tooOld(this.#options.maxQueuedMs, mayHaveArrived(entry)));
  }

  #fail(entry: Entry, error: unknown): void {
    this.#settle(entry, undefined, () => entry.reject(error));
    entry.attempt?.abort(error);
  }

  #settle(entry: Entry, outcome: AnyOutcome | undefined, tell: () => void): void {
    if (!this.#entries.delete(entry)) return;
    clearTimeout(entry.deadline);
    clearTimeout(entry.pause);
    entry.command.signal?.removeEventListener("abort", entry.aborted);
    entry.command.known?.(outcome);
    tell();
    this.pumpSoon();
  }

  #publish(): void {
    const userKey = this.#options.userKey();
    const waiting = [...this.#entries].filter((entry) => !this.#underWay(entry));
    const queued = waiting.filter((entry) => entry.userKey === userKey).length;
    const next = { queued, held: waiting.length - queued, oldest: waiting[0]?.since };
    if (!sameFields(this.#state.current, next)) this.#state.set(next);
  }
}

function mayHaveArrived({ attempt, reached, doubtful }: Entry): boolean {
  return doubtful || (attempt !== undefined && reached);
}

function tooMany(maxQueued: number): ShoalError {
  const message = `${maxQueued} commands wait already (\`maxQueued\`). This one was not sent. Send it when some were answered.`;
  return new ShoalError("TOO_MANY_REQUESTS", message);
}

function tooOld(maxQueuedMs: number, doubtful: boolean): ShoalError {
  const fate = doubtful ? "It may have taken effect or not." : "It was not sent and will not be.";
  return new ShoalError("TIMEOUT", `The command got no answer within ${maxQueuedMs} ms (\`maxQueuedMs\`). ${fate}`);
}

function discarded(): ShoalError {
  return new ShoalError("CLOSED", "The command was discarded: it waited for a user who was not there.");
}
