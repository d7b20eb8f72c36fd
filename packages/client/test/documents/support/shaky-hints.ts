import type { Random } from "../../../../server/test/durability/random.ts";
import type { Hint } from "./document-node.ts";

/** The longest that a hint is under way, in milliseconds. */
const longestDelay = 60;

/** Carries what one node tells another: some of it late, some twice, some in another order, some never. */
export function carryBadly(random: Random, hint: Hint, deliver: (hint: Hint) => void): void {
  if (random.oneIn(8)) return;
  const times = random.oneIn(6) ? 2 : 1;
  for (let turn = 0; turn < times; turn += 1) setTimeout(() => deliver(hint), random.between(0, longestDelay));
}
