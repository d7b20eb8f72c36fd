import { inspect } from "node:util";

/** How long a test waits for what must happen, in milliseconds. */
const patience = 4_000;

/** What was heard, in its order, and a way to wait for more. */
export class Recorder<T> {
  readonly items: T[] = [];
  readonly #looks = new Set<() => void>();

  push(item: T): void {
    this.items.push(item);
    for (const look of [...this.#looks]) look();
  }

  /** Waits for an item as wanted, the first one ever, and returns it. Fails when that takes too long. */
  first<S extends T>(wanted: (item: T) => item is S): Promise<S>;
  first(wanted: (item: T) => boolean): Promise<T>;
  async first(wanted: (item: T) => boolean): Promise<T> {
    await this.until((items) => items.some(wanted));
    return this.items.find(wanted) as T;
  }

  /** Waits until there are so many, and returns all. Fails when that takes too long. */
  count(least: number): Promise<readonly T[]> {
    return this.until((items) => items.length >= least);
  }

  /** Waits until all that was heard is as wanted, and returns it. Fails when that takes too long. */
  until(wanted: (items: readonly T[]) => boolean): Promise<readonly T[]> {
    return settle((done, fail) => {
      const timer = setTimeout(() => {
        this.#looks.delete(look);
        fail(`Heard only ${inspect(this.items, { depth: 6 })}`);
      }, patience);
      const look = () => {
        if (!wanted(this.items)) return;
        clearTimeout(timer);
        this.#looks.delete(look);
        done(this.items);
      };
      this.#looks.add(look);
      look();
    });
  }
}

/** Waits until something that nobody tells about is so, looking again in each turn of the event loop. */
export function eventually(is: () => boolean | Promise<boolean>, what: string, ms = patience): Promise<void> {
  return settle((done, fail) => {
    const end = Date.now() + ms;
    const look = async (): Promise<void> => {
      if (await is()) done();
      else if (Date.now() > end) fail(`It never came to be that ${what}`);
      else setTimeout(() => look().catch(fail), 1);
    };
    look().catch(fail);
  });
}

/** The promise itself, but for one that takes too long. */
export function inTime<T>(promise: Promise<T>, what: string, ms = patience): Promise<T> {
  return settle((done, fail) => {
    const timer = setTimeout(() => fail(`Waited in vain for ${what}`), ms);
    promise.then(done, fail).finally(() => clearTimeout(timer));
  });
}

/** A turn of the event loop: everything that was ready has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function settle<T>(begin: (done: (value: T) => void, fail: (why: unknown) => void) => void): Promise<T> {
  const { stack } = new Error();
  return new Promise((resolve, reject) => {
    begin(resolve, (why) => {
      if (typeof why !== "string") return reject(why);
      const error = new Error(`${why}.`);
      error.stack = `${error.message}\n${stack?.split("\n").slice(3).join("\n")}`;
      reject(error);
    });
  });
}
