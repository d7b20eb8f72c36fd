import type { Sender } from "@shoal/contract";
import type { StoredEvent } from "./store.ts";

/**
 * What nodes tell each other about a topic. `events` is a hint: who misses it finds the same in the log. A broadcast is
 * carried and not kept.
 */
export type BrokerMessage =
  | { readonly kind: "events"; readonly epoch: string; readonly events: readonly StoredEvent[] }
  | { readonly kind: "broadcast"; readonly name: string; readonly data: object; readonly from: Sender | null };

/**
 * Carries messages between nodes, by topic id. It may lose, repeat or delay them; nothing that must be right rests on it.
 * An implementation imports nothing but this file, and passes the shared suite.
 */
export interface Broker {
  /** Tells every other node that listens on the topic, but not the one that publishes. */
  publish(topicId: string, message: BrokerMessage): void;
  /** Listens on a topic until the returned function is called. */
  subscribe(topicId: string, listener: (message: BrokerMessage) => void): () => void;
  close(): Promise<void>;
}
