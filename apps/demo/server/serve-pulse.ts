import { serveChannel } from "@shoal/server";
import { cheersPerSecond, pulse } from "../contract/pulse.ts";

/** The pulse is everybody's, signed in or not. */
export const pulses = serveChannel(pulse, {
  authorize: () => true,
  commands: {
    cheer({ state: { recent }, input: { emoji }, now, commandId, emit, reject }) {
      const justNow = recent.filter(({ at }) => at > now - 1_000);
      if (justNow.length >= cheersPerSecond) return reject("TOO_MANY", { perSecond: cheersPerSecond });
      emit("cheered", { id: commandId, emoji, at: now });
    },
  },
});
