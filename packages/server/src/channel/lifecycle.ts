import type { Logger } from "../logger.ts";

/** How long hooks are waited for when the realtime closes, in milliseconds. */
const closeGraceMs = 5_000;

/** What an application does when something begins, and when it is over. */
export interface Hooks {
  /** What the two are called, in the log. */
  readonly names: readonly [begin: string, end: string];
  begin(): unknown;
  end(): unknown;
}

/**
 * Calls hooks in pairs: each beginning has one end, which waits for the beginning to be through. Those of one key are called one after
 * the other. One that throws is logged and harms nobody. A hook that lasts has a signal for its end.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #begun = new Set<() => void>();
  readonly #lasting = new Set<AbortController>();
  /** By key, when the last hook is through. */
  readonly #running = new Map<unknown, Promise<void>>();
  #closed = false;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns the function that ends it, once */
  begin(key: unknown, { names, begin, end }: Hooks): () => void {
    if (this.#closed) return () => {};
    this.#run(key, names[0], begin);
    const finish = (): void => {
      if (this.#begun.delete(finish)) this.#run(key, names[1], end);
    };
    this.#begun.add(finish);
    return finish;
  }

  /**
   * Calls a hook that lasts until its signal aborts. What it returns is waited for before another one of the key is called; if it has
   * not been called before its end, it is not called at all.
   *
   * @returns the function that ends it
   */
  last(key: unknown, name: string, hook: (signal: AbortSignal) => unknown): () => void {
    if (this.#closed) return () => {};
    const controller = new AbortController();
    const { signal } = controller;
    this.#lasting.add(controller);
    this.#run(key, name, () => (signal.aborted ? undefined : untilAborted(signal, hook)));
    return () => {
      if (this.#lasting.delete(controller)) controller.abort();
    };
  }

  /** Ends the hooks that last, and takes no more of any kind. */
  stop(): void {
    this.#closed = true;
    for (const controller of this.#lasting) controller.abort();
    this.#lasting.clear();
  }

  /** Ends what has begun, takes no more, and waits for the hooks, but not without an end. */
  async close(): Promise<void> {
    this.stop();
    for (const finish of [...this.#begun]) finish();
    const running = [...this.#running.values()];
    if (running.length === 0) return;
    let timeout: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timeout = setTimeout(() => resolve("late"), closeGraceMs);
    });
    if ((await Promise.race([Promise.all(running), late])) === "late") {
      this.#logger.warn({ hooks: this.#running.size }, `hooks were not through ${closeGraceMs} ms after the end`);
    }
    clearTimeout(timeout);
  }

  #run(key: unknown, name: string, hook: () => unknown): void {
    const running = this.#runAfter(this.#running.get(key), name, hook).then(() => {
      if (this.#running.get(key) === running) this.#running.delete(key);
    });
    this.#running.set(key, running);
  }

  async #runAfter(before: Promise<void> | undefined, name: string, hook: () => unknown): Promise<void> {
    await before;
    try {
      await hook();
    } catch (error) {
      this.#logger.error({ error, hook: name }, "a hook failed");
    }
  }
}

/** What ends because it was aborted has not failed. */
async function untilAborted(signal: AbortSignal, hook: (signal: AbortSignal) => unknown): Promise<void> {
  try {
    await hook(signal);
  } catch (error) {
    if (!signal.aborted || !isAbort(error)) throw error;
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
