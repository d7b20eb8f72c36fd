const { SHOAL_SEED: given, SHOAL_EFFORT: effort = "1" } = process.env;

const seed = given ? { seed: Number(given) } : {};

/**
 * The parameters of a property that is tried so many times. `SHOAL_SEED=… npm test -- unit` runs it again as it failed, and
 * `SHOAL_EFFORT=10` tries ten times as often.
 */
export function tries(numRuns: number) {
  return { ...seed, numRuns: numRuns * Number(effort) };
}
