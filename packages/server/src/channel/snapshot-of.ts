import { type AnyTopicSnapshot, formatPosition } from "@shoal/contract";
import { type AudienceName, cutState, positionName } from "./cut.ts";
import type { LiveTopic } from "./live-topic.ts";

/** The state of a topic as an audience may see it, however large it is, in its place. */
export function snapshotOf({ definition, ref, folded }: LiveTopic, audience: AudienceName): AnyTopicSnapshot {
  const { name: channel, version } = definition;
  const { epoch, offset, at } = folded;
  const state = cutState(definition, folded.state, audience);
  const position = formatPosition({ epoch, offset, audience: positionName(audience) });
  return { channel, version, params: ref.params, state, offset, at, position };
}
