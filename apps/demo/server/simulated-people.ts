import type { DemoUser } from "./sessions.ts";

/** Who sells what the house offers. */
export const simulatedSeller: DemoUser = { id: "simulated-seller", name: "Simulated House" };

/** Who bids where simulated bidders are switched on. */
export const simulatedBidders: readonly DemoUser[] = ["Ida", "Otto", "Mei", "Raul", "Zoya"].map((name) => ({
  id: `simulated-${name.toLowerCase()}`,
  name: `Simulated ${name}`,
}));

/** Whether it is the id of one of them. */
export function isSimulated(userId: string): boolean {
  return [simulatedSeller, ...simulatedBidders].some(({ id }) => id === userId);
}
