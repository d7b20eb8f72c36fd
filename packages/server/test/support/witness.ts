import type { Locked, Store, StoredEvent } from "@shoal/server";
import { varied } from "./nodes.ts";

/** A store that remembers every event which was committed to it, whatever is deleted later. */
export function witness(store: Store) {
  const logs = new Map<string, StoredEvent[]>();
  const witnessed = varied(store, {
    async transaction(requests, decide, options) {
      let written: Awaited<ReturnType<typeof decide>> = [];
      const decideAndKeep = async (locked: Locked) => {
        written = await decide(locked);
        return written;
      };
      await store.transaction(requests, decideAndKeep, options);
      for (const { topic, events } of written) logs.set(topic.id, [...(logs.get(topic.id) ?? []), ...events]);
    },
  });
  return { store: witnessed, logOf: (topicId: string): readonly StoredEvent[] => logs.get(topicId) ?? [] };
}
