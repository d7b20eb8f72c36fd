import { createHash } from "node:crypto";

/**
 * The epoch of a topic, made from what identifies its store and from its id: as good as random for each topic, the same
 * on every node, there before the topic is first written, and another one as soon as the store is another.
 */
export function epochOf(storeIdentity: string, topicId: string): string {
  return createHash("sha256").update(`${storeIdentity}\n${topicId}`).digest("base64url").slice(0, 16);
}
