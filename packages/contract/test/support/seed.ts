/** Spread into the parameters of a property: `SHOAL_SEED=… npm test -- unit` runs it again as it failed. */
export const seed = process.env.SHOAL_SEED ? { seed: Number(process.env.SHOAL_SEED) } : {};
