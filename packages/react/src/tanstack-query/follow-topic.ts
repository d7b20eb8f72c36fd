import type { Topic } from "@shoal/client";
import { type ChannelTypes, ShoalError } from "@shoal/contract";
import type { Query, QueryClient } from "@tanstack/react-query";
import { forgetFrame, nextFrame } from "../frames.ts";
import type { TopicKey } from "./keys.ts";
import type { CachedTopic } from "./topic-options.ts";

/** The queries that follow their topics, so that each does so once. */
const following = new WeakSet<object>();

/** The failure that each query has told of. */
const told = new WeakMap<object, object>();

/** Whether the query has told how the topic failed: whoever fetches it once more wants another try. */
export function hasTold<T extends ChannelTypes>(client: QueryClient, queryKey: TopicKey<T>, topic: Topic<T>): boolean {
  const query = queryOf(client, queryKey);
  return query !== undefined && told.get(query) === topic.current;
}

/**
 * Resolves to the topic once it is live. From then on, what happens to it sets the query's data, for as long as somebody observes
 * the query.
 *
 * @throws {ShoalError} what the topic failed with; the signal's reason when that comes first
 */
export async function followTopic<T extends ChannelTypes>(
  topic: Topic<T>,
  client: QueryClient,
  queryKey: TopicKey<T>,
  signal: AbortSignal,
): Promise<CachedTopic<T>> {
  const query = queryOf(client, queryKey);
  let stop = (): void => {};
  try {
    return await new Promise((resolve, reject) => {
      const look = () => {
        const { status, error } = topic.current;
        const cached = status === "live" && cachedTopic(topic);
        if (cached) resolve(cached);
        else if (status === "failed") {
          if (query) told.set(query, topic.current);
          reject(error);
        } else if (status === "closed") reject(new ShoalError("CLOSED", "This client was closed. Create another one."));
      };
      signal.addEventListener("abort", () => reject(signal.reason));
      stop = topic.subscribe(look);
      look();
    });
  } finally {
    if (query && topic.current.status === "live") follow(topic, client, query);
    stop();
  }
}

function queryOf<T extends ChannelTypes>(client: QueryClient, queryKey: TopicKey<T>) {
  return client.getQueryCache().find<CachedTopic<T>>({ queryKey, exact: true });
}

function follow<T extends ChannelTypes>(topic: Topic<T>, client: QueryClient, query: Query<CachedTopic<T>>): void {
  if (following.has(query) || query.getObserversCount() === 0) return;
  following.add(query);
  const write = () => {
    if (topic.current.status === "failed") {
      end();
      // It fails as the topic has, and tells whoever observes it.
      query.fetch().catch(() => {});
    } else if (topic.current.state !== undefined) {
      // Without a place to go on from, what is there is as good, until the next snapshot.
      const cached = cachedTopic(topic);
      if (cached) client.setQueryData(query.queryKey, cached);
    } else {
      end();
      // Somebody else has signed in, whose state is to be fetched.
      void client.resetQueries({ queryKey: query.queryKey, exact: true });
    }
  };
  const changed = () => (topic.current.state === undefined ? write() : nextFrame(write));
  const stops = [
    topic.subscribe(changed),
    client.getQueryCache().subscribe(({ query: of, type }) => {
      if (of === query && (type === "removed" || query.getObserversCount() === 0)) end();
    }),
  ];
  const end = () => {
    following.delete(query);
    forgetFrame(write);
    for (const stop of stops) stop();
  };
}

/** The topic as it is shown, with the place that it can be gone on from; undefined where there is none, since something was missed. */
function cachedTopic<T extends ChannelTypes>(topic: Topic<T>): CachedTopic<T> | undefined {
  const { state, pending } = topic.current;
  const snapshot = topic.snapshot();
  if (!snapshot) return undefined;
  return pending === 0 ? snapshot : { ...snapshot, state: state as T["state"], position: null };
}
