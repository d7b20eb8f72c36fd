import { inspect } from "node:util";
import type { Readable } from "../../src/store.ts";

/** How long a test waits for what must happen, in milliseconds. */
const patience = 4_000;

/** Waits until the value of a store is as wanted, and returns it. Fails when that takes too long, showing the last one. */
export function until<T>(store: Readable<T>, wanted: (value: T) => boolean): Promise<T> {
  return happens<T>((done, fail) => {
    const timer = setTimeout(() => fail(`It stayed ${inspect(store.current, { depth: 6 })}`), patience);
    const look = () => {
      if (!wanted(store.current)) return;
      clearTimeout(timer);
      done(store.current);
      // Not at once: `stop` does not exist yet when the first look succeeds.
      queueMicrotask(() => stop());
    };
    const stop = store.subscribe(look);
    look();
  });
}

/** Waits for the first of `add`'s calls that is as wanted, where `add` takes a listener. Fails when that takes too long. */
export function heard<T>(add: (listener: (value: T) => void) => () => void, wanted: (value: T) => boolean): Promise<T> {
  return happens<T>((done, fail) => {
    const timer = setTimeout(() => fail("Nothing of the kind was heard"), patience);
    const stop = add((value) => {
      if (!wanted(value)) return;
      clearTimeout(timer);
      done(value);
      queueMicrotask(() => stop());
    });
  });
}

function happens<T>(begin: (done: (value: T) => void, fail: (what: string) => void) => void): Promise<T> {
  const { stack } = new Error();
  return new Promise((resolve, reject) => {
    begin(resolve, (what) => {
      const error = new Error(`${what} after ${patience} ms.`);
      error.stack = `${error.message}\n${stack?.split("\n").slice(3).join("\n")}`;
      reject(error);
    });
  });
}
