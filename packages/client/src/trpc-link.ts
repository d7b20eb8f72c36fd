import type { ShoalError } from "@shoal/contract";
import { type ConnectionState, initialConnectionState } from "./connection.ts";
import { clientClosed, toShoalError } from "./errors.ts";
import type { Link, SubscriptionHandlers, SubscriptionRequest } from "./link.ts";
import { Session, type SessionOptions } from "./session.ts";
import { Store } from "./store.ts";
import { Subscription } from "./subscription.ts";
import { socketUrl } from "./url.ts";

/** The link that stands on tRPC's own WebSocket client. */
export class TrpcLink implements Link {
  readonly connection = new Store<ConnectionState>(initialConnectionState);
  readonly #options: SessionOptions;
  readonly #subscriptions = new Set<Subscription>();
  /** What waits for the connection to open; called with an error when it never will. */
  readonly #waiting = new Set<(refusal?: ShoalError) => void>();
  #session: Session | undefined;
  #closed = false;

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  subscribe(path: string, request: () => SubscriptionRequest, handlers: SubscriptionHandlers): () => void {
    const onOver = () => this.#subscriptions.delete(subscription);
    const subscription = new Subscription(path, request, handlers, onOver);
    this.#subscriptions.add(subscription);
    // Later, since no handler may be called before this has returned.
    queueMicrotask(() => this.#start(subscription));
    return () => subscription.stop();
  }

  mutate(path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    return this.#request("mutation", path, input, signal);
  }

  query(path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    return this.#request("query", path, input, signal);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#end(clientClosed(), undefined);
  }

  async #request(type: "mutation" | "query", path: string, input: object, signal?: AbortSignal): Promise<unknown> {
    signal?.throwIfAborted();
    try {
      const session = this.#connect();
      await this.#opened(signal);
      return await session.trpc[type](path, input, signal && { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw this.#closed ? clientClosed() : toShoalError(cause);
    }
  }

  #start(subscription: Subscription): void {
    if (subscription.over) return;
    try {
      const { trpc } = this.#connect();
      if (this.#isOpen) subscription.start(trpc);
    } catch (error) {
      subscription.end(toShoalError(error), false);
    }
  }

  #connect(): Session {
    if (this.#closed) throw clientClosed();
    if (!this.#session) {
      const page = (globalThis as { location?: { href?: string } }).location?.href;
      const options = { ...this.#options, url: socketUrl(this.#options.url, page) };
      this.#session = new Session(options, {
        opened: () => this.#onOpened(),
        lost: (error) => this.#onLost(error),
        refused: (error) => void this.#end(error, error),
      });
      this.#show("connecting", undefined);
    }
    return this.#session;
  }

  get #isOpen(): boolean {
    return this.connection.current.status === "open";
  }

  /** tRPC's client would connect at once for each request; what waits here leaves the pace to its reconnecting. */
  #opened(signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#isOpen) return undefined;
    return new Promise((resolve, reject) => {
      const settle = (error?: unknown) => {
        this.#waiting.delete(settle);
        signal?.removeEventListener("abort", abort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const abort = () => settle(signal?.reason);
      signal?.addEventListener("abort", abort);
      this.#waiting.add(settle);
    });
  }

  #onOpened(): void {
    const { trpc } = this.#connect();
    this.#show("open", undefined);
    for (const resume of [...this.#waiting]) resume();
    for (const subscription of [...this.#subscriptions]) subscription.start(trpc);
  }

  #onLost(error: ShoalError): void {
    if (this.connection.current.status !== "reconnecting") this.#show("reconnecting", error);
    for (const subscription of [...this.#subscriptions]) subscription.lose(error);
  }

  async #end(error: ShoalError, shown: ShoalError | undefined): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    this.#show("closed", shown);
    for (const refuse of [...this.#waiting]) refuse(error);
    for (const subscription of [...this.#subscriptions]) subscription.end(error, false);
    await session?.close();
  }

  #show(status: ConnectionState["status"], error: ShoalError | undefined): void {
    this.connection.set({ status, since: Date.now(), error });
  }
}
