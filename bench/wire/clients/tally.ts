import { findNumbers } from "../event.ts";

/** Something that is under way must get on within this time, in milliseconds. */
const patienceMs = 30_000;

/** Counts what all subscribers got, and keeps the first fault in its order. */
export class Tally {
  #count = 0;
  #fault: Error | undefined;
  #changed: (() => void) | undefined;

  delivered(): void {
    this.#count += 1;
    this.#changed?.();
  }

  fail(error: Error): void {
    this.#fault ??= error;
    this.#changed?.();
  }

  /** Resolves when so many deliveries were made since the start. @throws when an event is missing, repeated or too many */
  reach(total: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => this.fail(new Error(`${this.#count} of ${total} events arrived`));
      const timer = setTimeout(late, patienceMs);
      const settle = (end: () => void) => {
        clearTimeout(timer);
        this.#changed = undefined;
        end();
      };
      this.#changed = () => {
        const fault = this.#fault ?? (this.#count > total ? new Error(`more than ${total} events arrived`) : undefined);
        if (fault) settle(() => reject(fault));
        else if (this.#count === total) settle(resolve);
      };
      this.#changed();
    });
  }
}

/** What one subscriber got: every event, once, in its order. */
export class Inbox {
  readonly #tally: Tally;
  /** The number of the last event, 0 before the first. */
  last = 0;
  /** The message that brought it. */
  message: Buffer | undefined;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** Takes the events of a whole message of JSON. */
  read(json: Buffer): void {
    const before = this.last;
    findNumbers(json, (number) => this.take(number));
    if (this.last > before) this.message = json;
  }

  take(number: number): void {
    if (number !== this.last + 1) this.#tally.fail(new Error(`event ${number} came after event ${this.last}`));
    this.last = number;
    this.#tally.delivered();
  }

  fail(reason: string): void {
    this.#tally.fail(new Error(reason));
  }
}
