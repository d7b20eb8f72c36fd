import type { ParamValue } from "@shoal/contract";

/** What names a topic: its channel, its tenant and its params. Built from validated params, never parsed from a client's text. */
export interface TopicRef {
  /** The same for the same channel, tenant and params; different for any others. */
  readonly id: string;
  readonly channel: string;
  readonly tenant: string | null;
  readonly params: Readonly<Record<string, ParamValue>>;
}

export function topicRef(channel: string, tenant: string | null, params: object): TopicRef {
  const entries = Object.entries(params as Record<string, ParamValue>)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: JSON.stringify([channel, tenant, ...entries]), channel, tenant, params: Object.fromEntries(entries) };
}
