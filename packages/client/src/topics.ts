import { topicKey } from "./topic-key.ts";
import type { WatchedTopic } from "./watched-topic.ts";

/** How many topics that nobody uses are remembered, so that coming back to one goes on from its position. */
const maxIdle = 100;

/** The topics of one client: one for each channel and params. */
export class Topics {
  readonly #known = new Map<string, WatchedTopic>();
  readonly #active = new Set<WatchedTopic>();

  /** The topic of these params, made by `create` where there is none. */
  get(channel: string, params: object, create: () => WatchedTopic): WatchedTopic {
    const key = topicKey(channel, params);
    const known = this.#known.get(key);
    if (known) return known;
    const topic = create();
    this.#known.set(key, topic);
    this.#forgetIdle();
    return topic;
  }

  /** To be called when a topic comes into use or is used no more. */
  usageChanged(topic: WatchedTopic): void {
    const key = topicKey(topic.channel, topic.params);
    if (topic.active) {
      this.#active.add(topic);
      // One that was forgotten while somebody still held it is the known one again, unless another has taken its place.
      if (!this.#known.has(key)) this.#known.set(key, topic);
      return;
    }
    this.#active.delete(topic);
    if (this.#known.get(key) !== topic) return;
    this.#known.delete(key);
    this.#known.set(key, topic);
    this.#forgetIdle();
  }

  /** To be called when another user has come. */
  clear(): void {
    for (const topic of this.#all) topic.clear();
  }

  close(): void {
    for (const topic of this.#all) topic.close();
  }

  get #all(): Set<WatchedTopic> {
    return new Set([...this.#known.values(), ...this.#active]);
  }

  /** Those that were used last stay. */
  #forgetIdle(): void {
    let surplus = this.#known.size - this.#active.size - maxIdle;
    for (const [key, topic] of this.#known) {
      if (surplus <= 0) return;
      if (topic.active || topic.busy) continue;
      this.#known.delete(key);
      // Whoever still holds it shall not see later what somebody else has seen by then.
      topic.clear();
      surplus -= 1;
    }
  }
}
