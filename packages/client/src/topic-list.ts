import type { ChannelTypes } from "@shoal/contract";
import { Listeners } from "./listeners.ts";
import { sameItems } from "./same.ts";
import type { Readable } from "./store.ts";
import type { Topic } from "./topic.ts";
import type { TopicState } from "./topic-state.ts";

/**
 * Many topics of one channel as one value: `current[n]` is the state of `topics[n]`. A state keeps its reference until it
 * changes itself, whatever becomes of the others, and listeners are called once for all that changed in one turn.
 */
export interface TopicList<T extends ChannelTypes> extends Readable<readonly TopicState<T>[]> {
  /** The topics, in the order of their params. It keeps its reference until they are others. */
  readonly topics: readonly Topic<T>[];
  /** Makes it a list of other topics. Those that stay are not subscribed anew. */
  readonly set: (list: readonly T["params"][]) => void;
}

/** As much of a topic as a list of them needs. */
type Item = Readable<unknown>;

/** A {@link TopicList} of any channel. It watches its topics while it has listeners. */
export class WatchedTopics implements Readable<readonly unknown[]> {
  readonly #topicOf: (params: object) => Item;
  readonly #listeners = new Listeners<[]>();
  /** What ends the subscription to each topic, while there are listeners. */
  readonly #watched = new Map<Item, () => void>();
  #topics: readonly Item[];
  #current: readonly unknown[] = [];
  #users = 0;
  #telling = false;

  constructor(topicOf: (params: object) => Item, list: readonly object[]) {
    this.#topicOf = topicOf;
    this.#topics = list.map(topicOf);
  }

  get topics(): readonly Item[] {
    return this.#topics;
  }

  get current(): readonly unknown[] {
    const next = this.#topics.map((topic) => topic.current);
    if (!sameItems(this.#current, next)) this.#current = next;
    return this.#current;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const end = this.#listeners.add(listener);
    this.#users += 1;
    this.#watch();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      end();
      this.#users -= 1;
      this.#watch();
    };
  };

  readonly set = (list: readonly object[]): void => {
    const topics = list.map(this.#topicOf);
    if (sameItems(this.#topics, topics)) return;
    this.#topics = topics;
    this.#watch();
    this.#tellSoon();
  };

  /** Subscribes to what is in the list and to nothing else, while anybody listens. */
  #watch(): void {
    const wanted = new Set(this.#users > 0 ? this.#topics : []);
    // First those that come, so that what is in both lists of a page, the old and the new one, is in use all along.
    for (const topic of wanted) {
      if (!this.#watched.has(topic))
        this.#watched.set(
          topic,
          topic.subscribe(() => this.#tellSoon()),
        );
    }
    for (const [topic, end] of this.#watched) {
      if (wanted.has(topic)) continue;
      this.#watched.delete(topic);
      end();
    }
  }

  #tellSoon(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#listeners.tell();
    });
  }
}
