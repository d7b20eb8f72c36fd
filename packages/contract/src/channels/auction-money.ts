import * as z from "zod/mini";

/** The greatest amount, in minor units: any amount and any increment of this size add up to a safe integer. */
export const maxAmount = 1_000_000_000_000_000;

/** An amount of money in minor units of its currency, such as cents. */
export const amount = z.int().check(z.minimum(1), z.maximum(maxAmount));

/** An ISO 4217 code. */
export const currency = z.string().check(z.regex(/^[A-Z]{3}$/, "an ISO 4217 code, such as EUR"));

/** The most bands that a table of increments may have. */
const maxBands = 50;

const band = z.object({ from: z.int().check(z.minimum(0), z.maximum(maxAmount)), by: amount });

/** From the price `from` on, a bid is at least `by` above it. Minor units. */
export type PriceBand = z.output<typeof band>;

export const increments = z.array(band).check(
  z.minLength(1),
  z.maxLength(maxBands),
  z.refine<PriceBand[]>(
    (bands) =>
      bands[0]?.from === 0 && bands.every(({ from }, index) => index === 0 || from > (bands[index - 1]?.from ?? 0)),
    "bands begin at 0 and rise",
  ),
);

/** The increments of a lot that says nothing else, for a currency of a hundred minor units. */
export const usualIncrements: readonly PriceBand[] = [
  { from: 0, by: 5 },
  { from: 1_00, by: 25 },
  { from: 5_00, by: 50 },
  { from: 25_00, by: 1_00 },
  { from: 100_00, by: 2_50 },
  { from: 250_00, by: 5_00 },
  { from: 500_00, by: 10_00 },
  { from: 1_000_00, by: 25_00 },
  { from: 2_500_00, by: 50_00 },
  { from: 5_000_00, by: 100_00 },
];

/** By how much a bid is above `price` at least: that of the last band that begins at or below it. Minor units. */
export function incrementAt(bands: readonly PriceBand[], price: number): number {
  return bands.findLast(({ from }) => from <= price)?.by ?? 1;
}

interface Priced {
  readonly lot: { readonly startPrice: number; readonly increments: readonly PriceBand[] } | null;
  readonly price: number | null;
}

/** The least that somebody who does not lead may bid, in minor units; null while there is no lot. */
export function minimumBid({ lot, price }: Priced): number | null {
  if (!lot) return null;
  return price === null ? lot.startPrice : price + incrementAt(lot.increments, price);
}
