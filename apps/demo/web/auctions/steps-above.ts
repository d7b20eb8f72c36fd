import { incrementAt, type PriceBand } from "@shoal/contract/auctions";

/** The amount that many increments above `from`, each by the band in which it begins. Minor units. */
export function stepsAbove(increments: readonly PriceBand[], from: number, steps: number): number {
  let amount = from;
  for (let step = 0; step < steps; step += 1) amount += incrementAt(increments, amount);
  return amount;
}
