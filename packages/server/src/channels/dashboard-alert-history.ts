import { type AlertEntry, alertHistoryLimits } from "@shoal/contract/dashboards";
import type { HistoryEvent, TopicReader } from "../channel/serve-options.ts";
import type { AlertsTypes } from "./dashboard-alert-effects.ts";

type Page = AlertsTypes["queries"]["history"]["input"];

/** How many offsets are read at a time: not every event is shown. */
const eventsAtOnce = 200;

/** How often a page reads at most: where it found too few entries in all of these, it ends there and others follow it. */
const mostReads = 20;

/** A page of what fired, was resolved and was acknowledged, from the log, newest first. */
export async function readAlertHistory(topic: TopicReader<AlertsTypes>, page: Page) {
  const { cursor, limit = alertHistoryLimits.usual } = page;
  const entries: AlertEntry[] = [];
  let before = cursor;
  for (let reads = 0; reads < mostReads && entries.length <= limit && before !== 1; reads += 1) {
    const events = await topic.history({ before, limit: eventsAtOnce });
    entries.push(...events.flatMap(toEntry));
    // Where nothing is left the log ends: what is redacted of it stands between other events.
    before = events.at(-1)?.offset ?? 1;
  }
  const items = entries.slice(0, limit);
  if (entries.length > limit) return { items, nextCursor: items.at(-1)?.offset ?? null };
  return { items, nextCursor: before === undefined || before === 1 ? null : before };
}

function toEntry({ type, data, offset, at }: HistoryEvent<AlertsTypes>): AlertEntry | [] {
  if (type === "fired" || type === "resolved") {
    return { ...brief(data), what: type, offset, at, value: data.value, by: null, note: null };
  }
  if (type !== "acknowledged") return [];
  const { by, note } = data.acknowledgement;
  return { ...brief(data), what: type, offset, at, value: null, by, note };
}

function brief({ alert }: AlertsTypes["events"]["fired" | "acknowledged"]) {
  const { id, rule, key, title, severity } = alert;
  return { id, rule, key, title, severity };
}
