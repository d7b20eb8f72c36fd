import { createMemoryStore } from "@shoal/server";
import { eventually } from "../support/recorder.ts";
import { wrapStore } from "./wrap-store.ts";

/** A store in memory whose clock stands still until it is moved. Use it with a small `lookMs`. */
export function createClockedStore() {
  let now = 1_700_000_000_000;
  let seen = 0;
  const memory = createMemoryStore({ now: () => now });
  const store = wrapStore(memory, {
    async look(mark, channels) {
      const look = await memory.look(mark, channels);
      seen = look.now;
      return look;
    },
  });
  return {
    store,
    now: () => now,
    /** Moves the clock on. Nobody is told. */
    advance(ms: number): void {
      now += ms;
    },
    /** Moves the clock on, and waits until a server has looked at it. */
    async move(ms: number): Promise<void> {
      now += ms;
      await eventually(() => seen === now, "somebody looked at the clock");
    },
  };
}
