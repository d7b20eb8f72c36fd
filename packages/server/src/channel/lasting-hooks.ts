import { topicRef } from "../topic-ref.ts";
import type { Definition } from "./definition.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { MemberHooksOptions } from "./member-hooks.ts";

export interface WatchedHooksOptions extends MemberHooksOptions {
  /** For how long a topic counts as watched after the last subscriber has gone, in milliseconds. */
  readonly unwatchedMs: number;
}

/** A topic that is watched, or was a moment ago. */
interface Watched {
  subscribers: number;
  /** Runs while there are none. */
  unwatched: NodeJS.Timeout | undefined;
  readonly end: () => void;
}

/** Calls the `whileWatched` of channels: one call for a topic, from its first subscriber on this node until a while after the last. */
export class WatchedHooks {
  readonly #options: WatchedHooksOptions;
  readonly #watched = new Map<string, Watched>();

  constructor(options: WatchedHooksOptions) {
    this.#options = options;
  }

  /** Hears of a subscriber. @returns what is called once, when it has gone, where the channel has such a hook */
  subscribed({ definition, ref }: LiveTopic): (() => void) | undefined {
    const { whileWatched, name } = definition;
    const { id, params, tenant } = ref;
    if (!whileWatched) return undefined;
    const { lifecycle, hand } = this.#options;
    const begin = (): Watched => {
      const topic = hand(definition, ref);
      const hook = (signal: AbortSignal) => whileWatched({ params, tenant, topic, signal });
      const end = lifecycle.last(`${name}.whileWatched ${id}`, `${name}.whileWatched`, hook);
      return { subscribers: 0, unwatched: undefined, end };
    };
    const watched = this.#watched.get(id) ?? begin();
    this.#watched.set(id, watched);
    clearTimeout(watched.unwatched);
    watched.subscribers += 1;
    return () => this.#gone(id, watched);
  }

  #gone(id: string, watched: Watched): void {
    watched.subscribers -= 1;
    if (watched.subscribers > 0) return;
    const end = (): void => {
      this.#watched.delete(id);
      watched.end();
    };
    watched.unwatched = setTimeout(end, this.#options.unwatchedMs).unref();
  }
}

/** Calls the `whileOpen` of each channel; the lifecycle ends them. */
export function beginOpenHooks({ lifecycle, hand }: MemberHooksOptions, definitions: Iterable<Definition>): void {
  for (const definition of definitions) {
    const { whileOpen, name } = definition;
    if (!whileOpen) continue;
    const topic = (params: object, { tenant }: { readonly tenant?: string } = {}) =>
      hand(definition, topicRef(name, tenant ?? null, params));
    lifecycle.last(definition, `${name}.whileOpen`, (signal) => whileOpen({ topic, signal }));
  }
}
