import type { Broker, BrokerMessage } from "../broker.ts";

type Listener = (message: BrokerMessage) => void;

/** A hub that several realtimes of one process can share: call it once for each, with the same hub. */
export function createMemoryHub(): () => Broker {
  const topics = new Map<string, Map<object, Set<Listener>>>();
  return () => createMemoryBroker(topics);
}

function createMemoryBroker(topics: Map<string, Map<object, Set<Listener>>>): Broker {
  const node = {};
  const release = (topicId: string, listener: Listener): void => {
    const nodes = topics.get(topicId);
    const listeners = nodes?.get(node);
    listeners?.delete(listener);
    if (listeners?.size === 0) nodes?.delete(node);
    if (nodes?.size === 0) topics.delete(topicId);
  };
  return {
    publish(topicId, message) {
      for (const [owner, listeners] of topics.get(topicId) ?? []) {
        if (owner === node) continue;
        for (const listener of listeners) queueMicrotask(() => listeners.has(listener) && listener(message));
      }
    },
    subscribe(topicId, listener) {
      const nodes = topics.get(topicId) ?? new Map<object, Set<Listener>>();
      topics.set(topicId, nodes);
      const listeners = nodes.get(node) ?? new Set<Listener>();
      nodes.set(node, listeners);
      listeners.add(listener);
      return () => release(topicId, listener);
    },
    async close() {
      for (const [topicId, nodes] of topics) {
        nodes.delete(node);
        if (nodes.size === 0) topics.delete(topicId);
      }
    },
  };
}
