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
 * the other. One that throws is logged and harms nobody.
 */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #begun = new Set<() => void>();
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

  /** Ends what has begun, takes no more, and waits for the hooks, but not without an end. */
  async close(): Promise<void> {
    this.#closed = true;
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
