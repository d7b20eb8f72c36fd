import { initialTopicState, type Topic, type TopicState } from "@shoal/client";
import type { ChannelTypes, TopicSnapshot } from "@shoal/contract";
import { forgetFrame, nextFrame } from "./frames.ts";
import type { Source } from "./use-source.ts";

/** What a server shows of a topic of which it has no snapshot. */
export const unknownOnServer: TopicState<never> = { ...initialTopicState };

/** What a page was rendered from is for the one who opened it: a topic begins with it once, and not for whoever signs in later. */
const taken = new WeakSet<object>();

/** A topic as components see it: it begins with the snapshot, where there is one, and changes at most once a frame. */
export function topicSource<T extends ChannelTypes>(
  topic: Topic<T>,
  snapshot: TopicSnapshot<T> | undefined,
): Source<TopicState<T>> {
  const rendered = snapshot && renderedState(snapshot);
  const isTaken = () => snapshot !== undefined && taken.has(snapshot);
  return {
    subscribe(listener) {
      if (snapshot && !isTaken()) {
        taken.add(snapshot);
        topic.hydrate(snapshot);
      }
      return subscribeByFrame(topic, listener);
    },
    read: () => (rendered && !isTaken() && topic.current.status === "connecting" ? rendered : topic.current),
    readOnServer: () => rendered ?? unknownOnServer,
  };
}

/** As the topic itself has it once it has been hydrated. */
function renderedState<T extends ChannelTypes>({ state, offset }: TopicSnapshot<T>): TopicState<T> {
  return { ...initialTopicState, status: "reconnecting", stale: true, state, offset };
}

/**
 * Calls `listener` once a frame, however many events came in it. A command of this client's own is shown at once: what somebody
 * types must be there before the event of the key is over, or the caret jumps. And a state that is gone, since somebody else has
 * signed in, is gone at once.
 */
function subscribeByFrame<T extends ChannelTypes>(topic: Topic<T>, listener: () => void): () => void {
  // Of its own for each subscription, since one listener may have several.
  const changed = () => listener();
  let { pending } = topic.current;
  const stop = topic.subscribe(() => {
    const before = pending;
    ({ pending } = topic.current);
    if (pending > before || topic.current.state === undefined) changed();
    else nextFrame(changed);
  });
  return () => {
    stop();
    forgetFrame(changed);
  };
}
