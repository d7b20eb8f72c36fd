import { type Broker, createMemoryHub, createMemoryStore, type Store } from "@shoal/server";
import { type App, type AppOptions, createApp } from "./app.ts";

export interface NodesOptions extends Omit<AppOptions, "store" | "broker"> {
  readonly store?: Store;
  /** Comes between a node and the hub. */
  readonly broker?: (broker: Broker, node: number) => Broker;
}

/** The same store, but for what `changes` says otherwise. */
export function varied(store: Store, changes: Partial<Store>): Store {
  return new Proxy(store, {
    get(target, name) {
      if (Object.hasOwn(changes, name)) return Reflect.get(changes, name);
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A store whose end is not that of the nodes which share it. */
export function shared(store: Store): Store {
  return varied(store, { close: async () => {} });
}

/** Two nodes on one store and one hub. They look at the store so seldom that only the hub tells them anything. */
export function startNodes({ store = createMemoryStore(), broker = (one) => one, ...options }: NodesOptions = {}) {
  const hub = createMemoryHub();
  const start = (node: number): App =>
    createApp({ lookMs: 3_600_000, ...options, store: shared(store), broker: broker(hub(), node) });
  const [a, b] = [start(0), start(1)];
  return {
    a,
    b,
    store,
    [Symbol.asyncDispose]: async () => {
      await a[Symbol.asyncDispose]();
      await b[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

/** Loses all that a node tells, while `lost.on` is set. */
export function losing(lost: { on: boolean }) {
  return (broker: Broker): Broker => ({
    ...broker,
    publish: (topicId, message) => {
      if (!lost.on) broker.publish(topicId, message);
    },
  });
}
