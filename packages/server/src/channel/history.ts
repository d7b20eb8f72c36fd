import { type AudienceName, cutEvent } from "./cut.ts";
import type { LiveTopic } from "./live-topic.ts";
import type { HistoryEvent } from "./serve-options.ts";

// biome-ignore lint/suspicious/noExplicitAny: the history of any channel
type AnyHistoryEvent = HistoryEvent<any>;

export interface HistoryOptions {
  readonly before?: number | undefined;
  readonly limit: number;
}

/** The newest kept events below `before`, newest first: those of `limit` offsets that are not redacted and that the audience may see. */
export async function readHistory(
  live: LiveTopic,
  audience: AudienceName,
  { before, limit }: HistoryOptions,
): Promise<readonly AnyHistoryEvent[]> {
  const to = Math.min(before === undefined ? Number.POSITIVE_INFINITY : before - 1, live.folded.offset);
  if (to < 1) return [];
  const stored = await live.read(Math.max(1, to - limit + 1), to);
  const events = live.definition.lifts.events(live.ref, stored);
  return events.toReversed().flatMap((event) => {
    const entry = event.redacted ? undefined : cutEvent(live.definition, event, audience);
    return entry ? { ...entry, userId: event.userId } : [];
  });
}
