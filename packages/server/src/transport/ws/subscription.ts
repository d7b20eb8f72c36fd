import type { Room } from "../../channel/room.ts";
import type { WireMeters } from "../../observe/wire-meters.ts";
import type { Identity } from "../../security/identity.ts";
import type { Call } from "./call.ts";
import type { Codec } from "./codec.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** A subscription of a connection, from the request on. */
export interface Subscription {
  /** The client wants no more of it. */
  stop(): void;
  /** The connection has ended: nothing can be sent. */
  drop(): void;
  /** The connection goes on with other credentials: who its user is now, by realtime. */
  renew?(identities: ReadonlyMap<object, Identity>): void;
}

/** What a subscription has of its connection. */
export interface Peer {
  readonly writer: SocketWriter;
  readonly codec: Codec;
  /** How many frames or values wait while the socket takes no more. */
  readonly queue: number;
  /** For how long a watch goes on after what its user signed in with has expired, in milliseconds. */
  readonly graceMs: number;
  /** For the bytes of such frames. */
  readonly room: Room;
  readonly wire: WireMeters;
  /** Tells the client, and `onError`, what went wrong with its call. */
  report(call: Call, cause: unknown): void;
  /** Tells the client that a subscription has stopped, and forgets it. */
  finish(call: Call): void;
  /** Ends the connection because the client takes too little. */
  closeSlow(): void;
}
