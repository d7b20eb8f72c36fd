/** How long after the last keystroke somebody counts as typing, in milliseconds. */
const typingFor = 2_000;

/** As much of a room's topic as the typing indicator needs. */
export interface TypingTopic {
  readonly presence: { readonly set: (state: { typing: boolean }) => void };
}

export interface Typing {
  /** To be called at each keystroke: shows the others that this user types, until two seconds after the last. */
  readonly keystroke: () => void;
  /** To be called when the text was sent or the field was left: stops showing it at once. */
  readonly stop: () => void;
}

/** The typing indicator of one text field, shown to the others through the topic's presence. */
export function typing(topic: TypingTopic): Typing {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    topic.presence.set({ typing: false });
  };
  const keystroke = () => {
    if (timer === undefined) topic.presence.set({ typing: true });
    clearTimeout(timer);
    timer = setTimeout(stop, typingFor);
  };
  return { keystroke, stop };
}
