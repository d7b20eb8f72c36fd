import type { Broker } from "../broker.ts";
import type { Sql, Store, StoredUser, UserTopic } from "../store.ts";
import { type TopicRef, topicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { kyselyOf } from "./kysely-of.ts";
import type { LiveTopic } from "./live-topic.ts";
import { parseCommandId, senderOf } from "./requests.ts";
import { Unreadable } from "./unreadable.ts";

export interface ErasureOptions {
  readonly engine: Engine;
  readonly broker: Broker;
  readonly definitions: ReadonlyMap<string, Definition>;
}

/** A topic that may still hold a user who was erased. */
export interface UnhandledTopic {
  readonly channel: string;
  readonly params: object;
  readonly tenant: string | null;
}

/** What came of erasing a user. */
export interface ErasedUserReport {
  /** In how many topics the user was found. */
  readonly topics: number;
  /** How many events of the user were redacted. */
  readonly events: number;
  /** The topics whose channel has no `eraseUser`, so that the state may still hold the user, or that are not served or not readable here. */
  readonly unhandled: readonly UnhandledTopic[];
}

/** Nobody may declare a command of this name. */
const name = "(eraseUser)";

/** Deletes what must not be kept any more: topics, and users wherever they are. */
export class Erasure {
  readonly #options: ErasureOptions;

  constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /** Erases a topic. When it is done, everybody who watches it here has its first state. */
  async eraseTopic(definition: Definition, ref: TopicRef): Promise<void> {
    const { engine } = this.#options;
    const { erased } = definition;
    const topic = { params: ref.params, tenant: ref.tenant };
    await engine.open();
    await engine.erase(definition, ref, erased && ((sql: Sql) => erased(kyselyOf(sql), topic)));
    await engine.use(
      definition,
      ref,
      async () => {},
      (live) => this.#renew(live),
    );
  }

  /** Erases a user from every topic of a tenant, or of none. What was done is not done again when it is asked for again. */
  async eraseUser(userId: string, tenant: string | null): Promise<ErasedUserReport> {
    const { engine } = this.#options;
    await engine.open();
    const user = { id: userId, sender: senderOf({ id: userId }, undefined) ?? "", tenant };
    const report = { topics: 0, events: 0, unhandled: [] as UnhandledTopic[] };
    for (const store of engine.stores) {
      await this.#eraseFromStore(store, user, report);
      while ((await store.forgetUser(user)) > 0);
    }
    return report;
  }

  /** Topics that were given another epoch after the user was found there are looked for again: their events may be others now. */
  async #eraseFromStore(
    store: Store,
    user: StoredUser,
    report: { topics: number; events: number; readonly unhandled: UnhandledTopic[] },
  ): Promise<void> {
    let renewed: ReadonlySet<string> | undefined;
    do {
      const again = new Set<string>();
      for await (const found of this.#topicsOf(user, store)) {
        const { channel, params, id } = found.topic;
        if (renewed && !renewed.has(id)) continue;
        const erased = await this.#eraseFrom(store, found, user.id);
        if (erased === "renewed") {
          again.add(id);
          continue;
        }
        report.topics += 1;
        report.events += erased.events;
        if (!erased.handled) report.unhandled.push({ channel, params, tenant: user.tenant });
      }
      renewed = again;
    } while (renewed.size > 0);
  }

  /** @returns how many events were redacted, and whether the channel took the user out of the state */
  async #eraseFrom(
    store: Store,
    { topic, epoch, events }: UserTopic,
    userId: string,
  ): Promise<{ readonly handled: boolean; readonly events: number } | "renewed"> {
    const { engine, definitions } = this.#options;
    const definition = definitions.get(topic.channel);
    if (!definition || engine.storeOf(definition) !== store) return { handled: false, events: 0 };
    if (definition.owner?.(topic.params) === userId) {
      await this.eraseTopic(definition, topic);
      return { handled: true, events: events.length };
    }
    const handled = definition.eraseUser !== undefined;
    if (!handled && events.length === 0) return { handled, events: 0 };
    const command = {
      name,
      input: {},
      user: null,
      sender: null,
      commandId: parseCommandId(undefined),
      erases: { userId, epoch, events, named: handled ? await namedIn(store, topic, epoch, userId) : [] },
    };
    const erase = async (live: LiveTopic) => {
      const { ok } = await engine.submit(live, command, "", Date.now());
      await this.#renew(live);
      return ok;
    };
    try {
      const erased = await engine.use(definition, topic, async () => {}, erase);
      return erased ? { handled, events: events.length } : "renewed";
    } catch (error) {
      // One topic that only other code can read keeps nobody from erasing the user from all others.
      if (error instanceof Unreadable) return { handled: false, events: 0 };
      throw error;
    }
  }

  /** The topics of a store in which a user is found, and then those of which the channels' own tables alone hold the user. */
  async *#topicsOf(user: StoredUser, store: Store): AsyncIterable<UserTopic> {
    const { engine, definitions } = this.#options;
    const seen = new Set<string>();
    for await (const found of topicsOf(user, store)) {
      seen.add(found.topic.id);
      yield found;
    }
    for (const definition of definitions.values()) {
      if (!definition.findUser || engine.storeOf(definition) !== store) continue;
      const more = await definition.findUser(kyselyOf(store.sql), { userId: user.id, tenant: user.tenant });
      for (const topic of more.map((params) => topicRef(definition.name, user.tenant, params))) {
        if (!seen.has(topic.id)) yield { topic, epoch: (await store.head(topic)).epoch, events: [] };
      }
    }
  }

  /** Reads the topic anew where it has another epoch, and hints it to the other nodes, which else find it by their next look. */
  async #renew(live: LiveTopic): Promise<void> {
    const { epoch } = live.folded;
    await live.catchUp();
    if (live.folded.epoch === epoch) return;
    this.#options.broker.publish(live.ref.id, { kind: "events", epoch: live.folded.epoch, events: [] });
  }
}

/** The topics of a store in which a user is found, read page by page. */
async function* topicsOf(user: StoredUser, store: Store): AsyncIterable<UserTopic> {
  let after: string | null = null;
  do {
    const { found, next } = await store.findUser(user, after);
    yield* found;
    after = next;
  } while (after !== null);
}

/** How many events are read at once. */
const pageSize = 500;

/** The offsets of a topic's kept events in which the user's id stands as a JSON string. */
async function namedIn(store: Store, topic: TopicRef, epoch: string, userId: string): Promise<readonly number[]> {
  const quoted = JSON.stringify(userId);
  const named: number[] = [];
  const { offset: last } = await store.head(topic);
  for (let from = 1; from <= last; from += pageSize) {
    const events = await store.read(topic, from, from + pageSize - 1, epoch);
    for (const { offset, data } of events) if (JSON.stringify(data)?.includes(quoted)) named.push(offset);
  }
  return named;
}
