import type { Broker, BrokerMessage } from "../broker.ts";
import type { ChannelMeters } from "../observe/channel-meters.ts";
import type { Store, TopicHead } from "../store.ts";
import type { TopicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import { LiveTopic } from "./live-topic.ts";
import type { LiveTopicOptions } from "./live-topic-options.ts";

export interface TopicsOptions extends LiveTopicOptions {
  readonly store: Store;
  readonly broker: Broker;
  /** How long a topic that nobody uses is held, in milliseconds. */
  readonly idleMs: number;
  /** How many of them are held at most. */
  readonly maxIdleTopics: number;
  /** Called when a topic has been loaded. */
  readonly loaded: (live: LiveTopic) => void;
  /** Called when a topic is held no more. */
  readonly unloaded: (live: LiveTopic) => void;
}

/** A hold on a topic: it stays loaded until `done` is called. */
export interface Held {
  readonly live: Promise<LiveTopic>;
  /** Says that the topic is worth keeping for a while afterwards: whoever asked for it may have it. */
  keep(): void;
  done(): void;
}

interface Entry {
  readonly live: Promise<LiveTopic>;
  /** One of its users is done with it. */
  readonly leave: () => void;
  readonly meters: ChannelMeters;
  users: number;
  kept: boolean;
  idle: NodeJS.Timeout | undefined;
}

/** Every subscriber has one, as long as it lasts. */
class Hold implements Held {
  readonly #entry: Entry;
  #done = false;

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  get live(): Promise<LiveTopic> {
    return this.#entry.live;
  }

  keep(): void {
    this.#entry.kept = true;
  }

  done(): void {
    if (!this.#done) this.#entry.leave();
    this.#done = true;
  }
}

/** The topics that this node holds: each loaded once, held while it is used, and let go a while after. */
export class Topics {
  readonly #options: TopicsOptions;
  readonly #entries = new Map<string, Entry>();
  /** Those that nobody uses, the longest idle first. */
  readonly #idle = new Map<string, Entry>();
  readonly #release = new Map<string, () => void>();

  constructor(options: TopicsOptions) {
    this.#options = options;
  }

  /** Tells a topic that this node holds, or is about to, where its log ends. */
  behind(id: string, head: TopicHead): void {
    this.#entries.get(id)?.live.then(
      (live) => live.behind(head),
      () => {},
    );
  }

  /** Has every topic that this node holds read its log to its end. */
  readOn(): void {
    for (const { live } of this.#entries.values()) {
      live.then(
        (topic) => topic.readOn(),
        () => {},
      );
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Holds a topic until `done` is called. */
  hold(definition: Definition, ref: TopicRef): Held {
    const entry = this.#entries.get(ref.id) ?? this.#add(definition, ref);
    clearTimeout(entry.idle);
    this.#idle.delete(ref.id);
    entry.users += 1;
    return new Hold(entry);
  }

  async close(): Promise<void> {
    const entries = [...this.#entries];
    for (const [id, entry] of entries) this.#drop(id, entry);
    for (const [, { live }] of entries) await live.then((topic) => topic.close()).catch(() => {});
  }

  #add(definition: Definition, ref: TopicRef): Entry {
    const live = this.#load(definition, ref);
    const { meters } = definition;
    const leave = (): void => this.#leave(ref.id, entry);
    const entry: Entry = { live, leave, meters, users: 0, kept: false, idle: undefined };
    this.#entries.set(ref.id, entry);
    meters.topics += 1;
    live.catch(() => this.#drop(ref.id, entry));
    return entry;
  }

  /** Listens before it reads, so that nothing written in between is missed. */
  async #load(definition: Definition, ref: TopicRef): Promise<LiveTopic> {
    const { store, broker } = this.#options;
    let live: LiveTopic | undefined;
    let missed = false;
    const stop = broker.subscribe(ref.id, (message) => {
      if (live) hear(live, message);
      else missed = true;
    });
    this.#release.set(ref.id, stop);
    live = new LiveTopic(ref, definition, store, await store.load(ref), this.#options);
    if (missed) await live.catchUp();
    this.#options.changed(live);
    this.#options.loaded(live);
    return live;
  }

  #leave(id: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0 || this.#entries.get(id) !== entry) return;
    if (!entry.kept) {
      this.#drop(id, entry);
      return;
    }
    entry.idle = setTimeout(() => this.#drop(id, entry), this.#options.idleMs);
    entry.idle.unref();
    this.#idle.set(id, entry);
    const [oldest] = this.#idle;
    if (oldest && this.#idle.size > this.#options.maxIdleTopics) this.#drop(...oldest);
  }

  #drop(id: string, entry: Entry): void {
    clearTimeout(entry.idle);
    if (this.#entries.get(id) !== entry) return;
    this.#entries.delete(id);
    entry.meters.topics -= 1;
    this.#idle.delete(id);
    this.#release.get(id)?.();
    this.#release.delete(id);
    entry.live.then(this.#options.unloaded, () => {});
  }
}

/** What this node's code cannot apply, since other code wrote it, must not end the process: the log is read instead. */
function hear(live: LiveTopic, message: BrokerMessage): void {
  try {
    if (message.kind === "events") live.offer(message.epoch, message.events);
    else live.broadcast(message.name, message.data, message.from);
  } catch {
    live.readOn();
  }
}
