import type { Store } from "@shoal/server";

/** The same store, but for what is put in place of its methods. */
export function wrapStore(store: Store, changes: Partial<Store>): Store {
  return {
    durable: store.durable,
    sql: store.sql,
    open: () => store.open(),
    close: () => store.close(),
    load: (topic) => store.load(topic),
    read: (topic, from, to, epoch) => store.read(topic, from, to, epoch),
    head: (topic) => store.head(topic),
    record: (topic, command) => store.record(topic, command),
    derived: (topic) => store.derived(topic),
    underived: (channel, after) => store.underived(channel, after),
    transaction: (requests, decide, options) => store.transaction(requests, decide, options),
    look: (mark, channels) => store.look(mark, channels),
    trim: (policy) => store.trim(policy),
    forget: (before) => store.forget(before),
    migrate: (name, steps) => store.migrate(name, steps),
    postpone: (effect) => store.postpone(effect),
    erase: (topic, project) => store.erase(topic, project),
    findUser: (user, after) => store.findUser(user, after),
    forgetUser: (user) => store.forgetUser(user),
    newEpoch: () => store.newEpoch(),
    volatile: () => store.volatile(),
    settle: (effectId) => store.settle(effectId),
    revoke: (revocation) => store.revoke(revocation),
    forgetRevocations: (before) => store.forgetRevocations(before),
    ...changes,
  };
}

/** The same store, and how often it was asked for what. */
export function measure(store: Store) {
  const counts = { load: 0, read: 0, transaction: 0 };
  const measured = wrapStore(store, {
    load(topic) {
      counts.load += 1;
      return store.load(topic);
    },
    read(topic, from, to, epoch) {
      counts.read += 1;
      return store.read(topic, from, to, epoch);
    },
    transaction(requests, decide, options) {
      counts.transaction += 1;
      return store.transaction(requests, decide, options);
    },
  });
  return { store: measured, counts: counts as Readonly<typeof counts> };
}
