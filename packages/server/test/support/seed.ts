const { SHOAL_SEED: given, SHOAL_EFFORT: effort = "1" } = process.env;

/** Spread into the parameters of a property: `SHOAL_SEED=… npm test -- unit` runs it again as it failed. */
export const seed = given ? { seed: Number(given) } : {};

/** The parameters of a property that is tried so many times; `SHOAL_EFFORT=10` tries ten times as many. */
export function tries(numRuns: number) {
  return { ...seed, numRuns: numRuns * Number(effort) };
}
