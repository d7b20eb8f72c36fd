import { ShoalError } from "@shoal/contract";
import type { AnyDashboard } from "@shoal/contract/dashboards";

/** As much of a topic as is needed to choose how often it is told of. */
export interface TierTopic {
  readonly setAudience: (audience: string | undefined) => void;
}

interface Asked {
  readonly tiers: readonly string[];
  readonly wishes: Set<{ readonly tier: string }>;
}

/** Who asks for what, by topic: the parts of a page share one. */
const asked = new Map<TierTopic, Asked>();

/**
 * Asks for one of a dashboard's tiers until the returned function is called. Of all who ask for one on a topic, the fastest gets it. While the page is
 * hidden it is the slowest, whoever asks.
 *
 * @param tier - the fastest where nothing is said
 * @throws {ShoalError} `BAD_REQUEST` for a tier that the dashboard does not have
 */
export function askForTier(dashboard: AnyDashboard, topic: TierTopic, tier?: string): () => void {
  const tiers = Object.keys(dashboard.tiers);
  const wish = { tier: tier ?? (tiers[0] as string) };
  if (!tiers.includes(wish.tier))
    throw new ShoalError(
      "BAD_REQUEST",
      `Dashboard "${dashboard.name}" has no tier "${wish.tier}". It has ${tiers.join(", ")}.`,
    );
  const { wishes } = asked.get(topic) ?? begin(topic, tiers);
  wishes.add(wish);
  choose(topic);
  return () => {
    if (!wishes.delete(wish)) return;
    choose(topic);
    if (wishes.size === 0) end(topic);
  };
}

function begin(topic: TierTopic, tiers: readonly string[]): Asked {
  if (asked.size === 0 && typeof document !== "undefined") document.addEventListener("visibilitychange", chooseAll);
  const first = { tiers, wishes: new Set<{ readonly tier: string }>() };
  asked.set(topic, first);
  return first;
}

function end(topic: TierTopic): void {
  asked.delete(topic);
  if (asked.size === 0 && typeof document !== "undefined") document.removeEventListener("visibilitychange", chooseAll);
}

function chooseAll(): void {
  for (const topic of asked.keys()) choose(topic);
}

function choose(topic: TierTopic): void {
  const { tiers, wishes } = asked.get(topic) as Asked;
  const wanted = new Set([...wishes].map(({ tier }) => tier));
  const isHidden = typeof document !== "undefined" && document.visibilityState === "hidden";
  topic.setAudience(isHidden && wishes.size > 0 ? tiers.at(-1) : tiers.find((tier) => wanted.has(tier)));
}
