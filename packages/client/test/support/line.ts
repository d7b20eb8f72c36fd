import { type AnyOutcome, ShoalError } from "@shoal/contract";
import { vi } from "vitest";
import { CommandQueue } from "../../src/command-queue.ts";

export const accepted: AnyOutcome = { ok: true, offset: 1 };

/** An attempt to send a command, which the test answers. */
interface Attempt {
  readonly name: string;
  readonly resolve: (outcome: AnyOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** A queue, and the connection that it sends on. */
export class Line {
  open = true;
  userKey: string | undefined = "ann";
  readonly attempts: Attempt[] = [];
  readonly queue: CommandQueue;

  constructor({ maxQueued = 10, maxQueuedMs = 60_000 } = {}) {
    this.queue = new CommandQueue({ open: () => this.open, userKey: () => this.userKey, maxQueued, maxQueuedMs });
  }

  /** The names of what was sent, each time that it was. */
  get sent(): string[] {
    return this.attempts.map(({ name }) => name);
  }

  add(name: string, { lane = "home", signal = undefined as AbortSignal | undefined } = {}) {
    const told: string[] = [];
    const outcome = this.queue.add({
      lane,
      signal,
      send: (attempt) =>
        new Promise((resolve, reject) => {
          this.attempts.push({ name, resolve, reject });
          attempt.addEventListener("abort", () => reject(attempt.reason));
        }),
      departed: () => told.push("departed"),
      known: (known) => told.push(known ? "answered" : "unanswered"),
    });
    // Whoever looks at it later shall not find it unhandled.
    outcome.catch(() => {});
    return { outcome, told };
  }

  last(): Attempt {
    return this.attempts.at(-1) as Attempt;
  }

  change(change: Partial<Pick<Line, "open" | "userKey">>): void {
    Object.assign(this, change);
    this.queue.connectionChanged();
  }
}

export function failure(code: ShoalError["code"], retryAfterMs?: number): ShoalError {
  return new ShoalError(code, code, { retryAfterMs });
}

/** Lets so many milliseconds pass of a time that the test has stopped, and all that is due in them happen. */
export async function turn(milliseconds = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(milliseconds);
}
