import { epochOf } from "../../epoch.ts";
import type { TopicRef } from "../../topic-ref.ts";
import { runIdentified } from "./run-identified.ts";
import type { Session } from "./session.ts";
import type { Statements } from "./statements.ts";
import { toText, toTexts } from "./text.ts";

/** How many topics are remembered. */
const mostRemembered = 50_000;

/** What is remembered of a topic: its row, and its first epoch, which is not cheap to make. */
export interface FoundTopic {
  readonly id: number;
  /** What it is as long as the topic is of the generation 0, which nearly every topic is. */
  readonly epoch: string;
}

export interface FoundTopics {
  /** What identified the store when the topics were read. In another one the ids name other topics. */
  readonly identity: string;
  /** By their keys. */
  readonly topics: ReadonlyMap<string, FoundTopic>;
}

/**
 * The rows of topics, remembered. A topic that has no row gets one in a transaction of its own, so that nobody waits for the
 * transaction that asks.
 */
export class TopicRows {
  readonly #statements: Statements;
  readonly #topics = new Map<string, FoundTopic>();
  #identity = "";

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The topics when all of them are remembered. */
  recall(topics: readonly TopicRef[]): FoundTopics | undefined {
    const found = this.#remembered(topics);
    return found.topics.size === topics.length ? found : undefined;
  }

  /** The topics, read where they are not remembered, and added where they are not there. */
  async find(topics: readonly TopicRef[], session: Session): Promise<FoundTopics> {
    const known = this.#remembered(topics);
    const others = topics.filter(({ id }) => !known.topics.has(id));
    let found = await this.#read(others, session);
    const missing = others.filter(({ id }) => !found.topics.has(id));
    if (missing.length > 0) {
      await session.run(this.#statements.addTopics, toColumns(missing));
      found = await this.#read(others, session);
    }
    if (found.identity !== this.#identity) this.#belongTo(found.identity);
    for (const [key, topic] of found.topics) this.#remember(key, topic);
    if (known.topics.size > 0 && known.identity !== found.identity) return await this.find(topics, session);
    return { identity: found.identity, topics: new Map([...known.topics, ...found.topics]) };
  }

  /** Forgets what was read in a store that is another one now. */
  forget(): void {
    this.#belongTo("");
  }

  #remembered(topics: readonly TopicRef[]): FoundTopics {
    const found = new Map<string, FoundTopic>();
    for (const { id: key } of topics) {
      const topic = this.#topics.get(key);
      if (topic) found.set(key, topic);
    }
    return { identity: this.#identity, topics: found };
  }

  async #read(topics: readonly TopicRef[], session: Session): Promise<FoundTopics> {
    const { findTopics } = this.#statements;
    const rows = await runIdentified(session, this.#statements, findTopics, [toTexts(topics.map(({ id }) => id))]);
    const identity = String(rows[0]?.identity);
    const found = new Map<string, FoundTopic>();
    for (const { key, id } of rows) {
      if (typeof key === "string") found.set(key, { id: Number(id), epoch: epochOf(identity, key, 0) });
    }
    return { identity, topics: found };
  }

  #belongTo(identity: string): void {
    this.#topics.clear();
    this.#identity = identity;
  }

  #remember(key: string, topic: FoundTopic): void {
    const [oldest] = this.#topics.size < mostRemembered ? [] : this.#topics.keys();
    if (oldest !== undefined) this.#topics.delete(oldest);
    this.#topics.set(key, topic);
  }
}

function toColumns(topics: readonly TopicRef[]): readonly string[] {
  return [
    toTexts(topics.map(({ id }) => id)),
    toTexts(topics.map(({ channel }) => toText(channel))),
    toTexts(topics.map(({ tenant }) => (tenant === null ? null : toText(tenant)))),
    toTexts(topics.map(({ params }) => JSON.stringify(params))),
  ];
}
