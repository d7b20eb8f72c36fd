import type { Store } from "../store.ts";
import { type LiveTopic, toFrameEvent } from "./live-topic.ts";
import type { HistoryEvent } from "./serve-channel.ts";

// biome-ignore lint/suspicious/noExplicitAny: the history of any channel
type AnyHistoryEvent = HistoryEvent<any>;

/** The newest kept events below `before`, at most `limit`, newest first. */
export async function readHistory(
  store: Store,
  live: LiveTopic,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<readonly AnyHistoryEvent[]> {
  const to = Math.min(before === undefined ? Number.POSITIVE_INFINITY : before - 1, live.folded.offset);
  if (to < 1) return [];
  const events = await store.read(live.ref, Math.max(1, to - limit + 1), to);
  return events.toReversed().map((event) => ({ ...toFrameEvent(event), userId: event.userId }));
}
