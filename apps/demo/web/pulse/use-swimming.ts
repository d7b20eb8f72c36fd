import type { Topic } from "@shoal/client";
import { useCallback, useEffect, useRef } from "react";
import type { Pulse } from "../../contract/pulse.ts";

type Place = Pulse["presence"];

/** How long a fish that nobody leads stays in one place, in milliseconds. */
const rest = 3_500;

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

/** Makes the visitor a fish, which follows the pointer and else swims about by itself. Returns what leads it. */
export function useSwimming(topic: Topic<Pulse>): (place: Place) => void {
  const led = useRef(0);
  useEffect(() => topic.presence.join(anywhere()), [topic]);
  useEffect(() => {
    const timer = setInterval(() => {
      const seen = document.visibilityState === "visible" && !stillness.matches;
      if (seen && Date.now() - led.current > rest) topic.presence.set(anywhere());
    }, rest);
    return () => clearInterval(timer);
  }, [topic]);
  return useCallback(
    ({ x, y }) => {
      led.current = Date.now();
      topic.presence.set({ x: clamp(x), y: clamp(y) });
    },
    [topic],
  );
}

function anywhere(): Place {
  return { x: 0.08 + Math.random() * 0.84, y: 0.16 + Math.random() * 0.54 };
}

function clamp(fraction: number): number {
  return Math.round(Math.min(1, Math.max(0, fraction)) * 1_000) / 1_000;
}
