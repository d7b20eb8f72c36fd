import type { ShoalError } from "@shoal/contract";
import type { Loss } from "./machine.ts";

/** What a line tells of itself. After `lost` it tells nothing. */
export interface LineEvents {
  opened(): void;
  /** The server has answered a request, for the first time. */
  answered(): void;
  pong(): void;
  lost(loss: Loss): void;
  /** The server wants the client to connect anew. */
  reconnect(): void;
  /** The server wants new credentials. */
  refresh(): void;
}

/** The input of a request, as JSON. */
export interface Wanted {
  readonly input: string | undefined;
}

/** A request on its way. What it is told is as it came from the server, not yet through the transformer. */
export interface LineCall {
  readonly type: "query" | "mutation" | "subscription";
  readonly path: string;
  /** Whether the subscription could go on elsewhere now without losing anything. */
  readonly resumable: boolean;
  /** Called when it is sent, once; undefined when it is not to be sent any more. */
  prepare(): Wanted | undefined;
  started(): void;
  /**
   * An answer, or what a subscription yielded. `id` is that of what is tracked.
   *
   * @param bare - whether `data` is what was tracked, and not an object that has the id beside it
   */
  data(data: unknown, id: string | undefined, bare: boolean): void;
  /** The subscription ended well. */
  stopped(): void;
  /** The server answered with an error. */
  failed(shape: unknown): void;
  /** It ended without the server's doing. @param lost - whether it may be asked again at once */
  broke(error: ShoalError, lost: boolean): void;
}

/** One that has a way apart from its line. */
export interface ApartCall extends LineCall {
  /** The way apart does not lead to the server: it goes over the line like all others. */
  turnBack(): void;
}

/** A way apart from a line, for what would hold up everything else on it. What was sent on it does not end with the line. */
export interface WayApart {
  /** When anything was received, by `performance.now()`. */
  readonly heardAt: number;
  /** @returns the function that ends it, after which the call is told nothing */
  send(call: ApartCall): () => void;
}

/** One way to the server: a socket, or HTTP with one token. */
export interface Line {
  /** When anything was received, by `performance.now()`. */
  readonly heardAt: number;
  /** Where queries go whose answer may be large; undefined where they hold up nothing. */
  readonly apart?: WayApart | undefined;
  /** @returns the function that ends it, after which the call is told nothing */
  send(call: LineCall): () => void;
  /** Asks for a `pong`. */
  ping(): void;
  /** Gives the server a new token. */
  authenticate(token: string): void;
  /** Ends it, and all calls, without telling. */
  close(): void;
}
