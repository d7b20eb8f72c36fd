import type { Topic } from "@shoal/client";
import type { ChannelTypes } from "@shoal/contract";

const waiting = new WeakMap<object, Promise<void>>();

/**
 * Resolves once there is something to show of the topic: its state, or why there is none. Until then it is watched, and it is the
 * same promise for all who ask.
 */
export function firstState<T extends ChannelTypes>(topic: Topic<T>): Promise<void> {
  const known = waiting.get(topic);
  if (known) return known;
  const first = watchUntilSettled(topic).finally(() => waiting.delete(topic));
  waiting.set(topic, first);
  return first;
}

/** The topic stays watched a while after the last of its users, which leaves whoever waited the time to begin. */
async function watchUntilSettled<T extends ChannelTypes>(topic: Topic<T>): Promise<void> {
  let stop = (): void => {};
  await new Promise<void>((resolve) => {
    const look = () => {
      const { state, status } = topic.current;
      if (state !== undefined || status === "failed" || status === "closed") resolve();
    };
    stop = topic.subscribe(look);
    look();
  });
  stop();
}
