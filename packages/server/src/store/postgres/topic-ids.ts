import type { TopicRef } from "../../topic-ref.ts";
import type { Session } from "./session.ts";
import type { Statements } from "./statements.ts";
import { toText, toTexts } from "./text.ts";

/** How many topics' ids are remembered. */
const mostRemembered = 50_000;

/** Row ids by the keys of topics. */
export interface FoundTopics {
  /** What identified the store when the ids were read. In another one they name other topics. */
  readonly identity: string;
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * The row ids of topics, remembered. A topic that has no row gets one in a transaction of its own, so that nobody waits for the
 * transaction that asks.
 */
export class TopicIds {
  readonly #statements: Statements;
  readonly #ids = new Map<string, number>();
  #identity = "";

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The topics when all of them are remembered. */
  recall(topics: readonly TopicRef[]): FoundTopics | undefined {
    const found = this.#remembered(topics);
    return found.ids.size === topics.length ? found : undefined;
  }

  /** The topics, read where they are not remembered, and added where they are not there. */
  async find(topics: readonly TopicRef[], session: Session): Promise<FoundTopics> {
    const known = this.#remembered(topics);
    const others = topics.filter(({ id }) => !known.ids.has(id));
    let found = await this.#read(others, session);
    const missing = others.filter(({ id }) => !found.ids.has(id));
    if (missing.length > 0) {
      await session.run(this.#statements.addTopics, toColumns(missing));
      found = await this.#read(others, session);
    }
    if (found.identity !== this.#identity) this.#belongTo(found.identity);
    for (const [key, id] of found.ids) this.#remember(key, id);
    if (known.ids.size > 0 && known.identity !== found.identity) return await this.find(topics, session);
    return { identity: found.identity, ids: new Map([...known.ids, ...found.ids]) };
  }

  /** Forgets what was read in a store that is another one now. */
  forget(): void {
    this.#belongTo("");
  }

  #remembered(topics: readonly TopicRef[]): FoundTopics {
    const ids = new Map<string, number>();
    for (const { id: key } of topics) {
      const id = this.#ids.get(key);
      if (id !== undefined) ids.set(key, id);
    }
    return { identity: this.#identity, ids };
  }

  async #read(topics: readonly TopicRef[], session: Session): Promise<FoundTopics> {
    const rows = await session.run(this.#statements.findTopics, [toTexts(topics.map(({ id }) => id))]);
    const ids = rows.flatMap(({ key, id }) => (typeof key === "string" ? [[key, Number(id)] as const] : []));
    return { identity: String(rows[0]?.identity), ids: new Map(ids) };
  }

  #belongTo(identity: string): void {
    this.#ids.clear();
    this.#identity = identity;
  }

  #remember(key: string, id: number): void {
    const [oldest] = this.#ids.size < mostRemembered ? [] : this.#ids.keys();
    if (oldest !== undefined) this.#ids.delete(oldest);
    this.#ids.set(key, id);
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
