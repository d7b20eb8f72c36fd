import type { ShoalError } from "@shoal/contract";
import type { ConnectionState } from "./connection.ts";
import type { Readable } from "./store.ts";

/** What a subscription asks for: everything after `lastEventId`, or from a snapshot where that is undefined. */
export interface SubscriptionRequest {
  readonly input: object;
  readonly lastEventId: string | undefined;
}

/** What a subscription tells. Nothing is called before `subscribe` has returned, nor after `ended`. */
export interface SubscriptionHandlers {
  /** The server tracks every frame: `id` is the position after it. */
  data(id: string, data: unknown): void;
  /**
   * The subscription is over. `lost` tells that its connection is: another one can be made at once, and will wait for
   * the next connection.
   */
  ended(error: ShoalError, lost: boolean): void;
}

/**
 * How the client reaches a server: the only seam to a transport. A link connects at its first use and then keeps
 * connecting; requests wait until it is open. A subscription lives on one connection and never moves to the next by itself.
 */
export interface Link {
  readonly connection: Readable<ConnectionState>;

  /**
   * `request` is called once the connection is open, just before what it returns is sent.
   *
   * @returns the function that ends it, after which no handler is called
   */
  subscribe(path: string, request: () => SubscriptionRequest, handlers: SubscriptionHandlers): () => void;

  /**
   * @throws {ShoalError} what the server answered; `SERVICE_UNAVAILABLE` when the connection was lost, `TIMEOUT` when there was no answer in
   * time, `PAYLOAD_TOO_LARGE` or `BAD_REQUEST` when it cannot be sent, `CLOSED` after `close()`
   */
  mutate(path: string, input: object, signal?: AbortSignal): Promise<unknown>;

  /**
   * @param large - whether the answer may be large: where others would have to wait behind it, a link asks on a way apart
   * @throws {ShoalError} as `mutate` does
   */
  query(path: string, input: object | undefined, signal?: AbortSignal, large?: boolean): Promise<unknown>;

  /** Connects now, where the link can: without waiting for the next attempt. */
  retry?(): void;

  /** Ends everything for good. */
  close(): Promise<void>;
}
