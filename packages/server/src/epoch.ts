import { createHash } from "node:crypto";

/**
 * The epoch of a topic, made from what identifies its store and from its id: as good as random for each topic, the same
 * on every node, there before the topic is first written, and another one as soon as the store or the generation is another.
 *
 * @param generation - how often the topic was given another epoch of its own: when it was erased, for one
 */
export function epochOf(storeIdentity: string, topicId: string, generation: number): string {
  const later = generation === 0 ? "" : `\n${generation}`;
  return createHash("sha256").update(`${storeIdentity}\n${topicId}${later}`).digest("base64url").slice(0, 16);
}
