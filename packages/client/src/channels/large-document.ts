import { isRetryable, ShoalError } from "@shoal/contract";
import type { Documents } from "@shoal/contract/documents";
import { Backoff } from "../backoff.ts";
import type { Query, Topic } from "../topic.ts";

export interface LargeDocumentOptions {
  readonly topic: Topic<Documents>;
  readonly load: Query<Documents>["load"];
  /** Called when it was loaded, before the topic has it: it may be another generation of the document. */
  readonly loaded: () => void;
  /** Called when the document cannot be had. */
  readonly failed: (error: unknown) => void;
}

/** Loads what is too large for a watch to begin with: it is asked for whole, and watched from there. */
export class LargeDocument {
  readonly #options: LargeDocumentOptions;
  readonly #backoff = new Backoff();
  #loading = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  readonly #ended = new AbortController();

  constructor(options: LargeDocumentOptions) {
    this.#options = options;
  }

  /** To be called whenever the topic has changed. */
  look(): void {
    const { status, error } = this.#options.topic.current;
    if (status === "live") this.#backoff.reset();
    if (isTooLarge(status, error) && !this.#loading && this.#retry === undefined) void this.#load();
  }

  end(): void {
    this.#ended.abort();
    clearTimeout(this.#retry);
  }

  async #load(): Promise<void> {
    const { topic, load, loaded, failed } = this.#options;
    const { signal } = this.#ended;
    this.#loading = true;
    try {
      const { state, ...place } = await load(topic.params, { signal });
      if (signal.aborted) return;
      loaded();
      topic.hydrate({ ...place, state: state as unknown as Documents["state"] });
      topic.retry();
      // Should it be too large again at once, it is not asked for again at once.
      this.#pause(undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ShoalError && isRetryable(error.code)) this.#pause(error.retryAfterMs);
      else failed(error);
    } finally {
      this.#loading = false;
    }
  }

  #pause(retryAfterMs: number | undefined): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.look();
    }, this.#backoff.next(retryAfterMs));
  }
}

/** Whether a topic has failed only for being too large. */
export function isTooLarge(status: Topic<Documents>["current"]["status"], error: ShoalError | undefined): boolean {
  return status === "failed" && error?.code === "PAYLOAD_TOO_LARGE";
}
