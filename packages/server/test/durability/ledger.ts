import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod";

const definition = defineChannel(
  "ledger",
  {
    params: z.object({ ledgerId: z.string() }),
    state: z.object({ count: z.int(), sum: z.int(), trace: z.int() }),
    events: { noted: z.object({ entry: z.int() }) },
    commands: {
      note: {
        input: z.object({ entry: z.int(), times: z.int().min(1).default(1) }),
        result: z.object({ count: z.int() }),
        rejections: { NEGATIVE: z.object({ count: z.int() }) },
      },
      fail: {},
    },
  },
  {
    initial: () => ({ count: 0, sum: 0, trace: 7 }),
    apply: {
      noted: ({ count, sum, trace }, { entry }) => ({
        count: count + 1,
        sum: sum + entry,
        trace: (trace * 31 + entry) % 1_000_003,
      }),
    },
  },
);

export interface Ledger extends TypesOf<typeof definition> {}

/** A log of numbers. Its state is small and tells, by `trace`, whether they were applied in another order. */
export const ledger: Channel<Ledger> = definition;

/** The state after these entries, by the contract alone. */
export function foldEntries(entries: readonly number[], from: Ledger["state"] = ledger.initial({ ledgerId: "" })) {
  return entries.reduce((state, entry) => ledger.apply.noted(state, { entry }), from);
}
