import type { ServeOptions } from "@shoal/server";
import { cheersPerSecond, type Pulse } from "../contract/pulse.ts";
import type { DemoUser } from "./sessions.ts";

/** The pulse is everybody's, signed in or not. */
export const servePulse: ServeOptions<Pulse, DemoUser | null, object> = {
  authorize: () => true,
  commands: {
    cheer({ state: { recent }, input: { emoji }, now, commandId, emit, reject }) {
      const justNow = recent.filter(({ at }) => at > now - 1_000);
      if (justNow.length >= cheersPerSecond) return reject("TOO_MANY", { perSecond: cheersPerSecond });
      emit("cheered", { id: commandId, emoji, at: now });
    },
  },
};
