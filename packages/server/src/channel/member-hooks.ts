import type { TopicRef } from "../topic-ref.ts";
import type { Caller } from "./access.ts";
import type { Definition } from "./definition.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { LiveTopic } from "./live-topic.ts";

export interface MemberHooksOptions {
  readonly lifecycle: Lifecycle;
  /** A topic in the hand of a hook. */
  readonly hand: (definition: Definition, ref: TopicRef) => unknown;
}

/** What hears of a new member and calls the channel's `join`; what it returns calls the `leave`. */
export function memberHooks({ lifecycle, hand }: MemberHooksOptions) {
  return ({ definition, ref }: LiveTopic, memberId: string, { user, ctx }: Caller): (() => void) => {
    const { name, join, leave } = definition;
    if (!join && !leave) return () => {};
    const call = { user, ctx, params: ref.params, topic: hand(definition, ref) };
    return lifecycle.begin(JSON.stringify([ref.id, memberId]), {
      names: [`${name}.join`, `${name}.leave`],
      begin: () => join?.(call),
      end: () => leave?.(call),
    });
  };
}
