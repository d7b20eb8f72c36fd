import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import * as z from "zod/mini";

const auctionId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/));

/** How many lots may have simulated bidders at once. */
export const mostSimulations = 20;

const oneLot = defineChannel(
  "simulation",
  {
    params: z.object({ auctionId }),
    state: z.object({
      on: z.boolean(),
      /** Who of the bidders is simulated: `bidder` of their bids. Kept, so that they stay labelled. */
      bidders: z.array(z.string()),
    }),
    events: { switchedOn: z.object({}), switchedOff: z.object({}), labelled: z.object({ bidder: z.string() }) },
    commands: {
      switchOn: {},
      switchOff: {},
      label: { internal: true, input: z.object({ bidder: z.string() }) },
    },
  },
  {
    initial: () => ({ on: false, bidders: [] }),
    apply: {
      switchedOn: (state) => ({ ...state, on: true }),
      switchedOff: (state) => ({ ...state, on: false }),
      labelled: (state, { bidder }) => ({ ...state, bidders: [...state.bidders, bidder] }),
    },
    optimistic: {
      switchOn: () => [{ type: "switchedOn", data: {} }],
      switchOff: () => [{ type: "switchedOff", data: {} }],
    },
  },
);

export interface Simulation extends TypesOf<typeof oneLot> {}

/** Whether simulated bidders bid for a lot, and which of its bidders they are. */
export const simulation: Channel<Simulation> = oneLot;

const allLots = defineChannel(
  "simulations",
  {
    params: z.object({}),
    state: z.object({ auctionIds: z.array(auctionId) }),
    events: { added: z.object({ auctionId }), removed: z.object({ auctionId }) },
    commands: {
      add: { internal: true, input: z.object({ auctionId }) },
      remove: { internal: true, input: z.object({ auctionId }) },
    },
  },
  {
    initial: () => ({ auctionIds: [] }),
    apply: {
      added: ({ auctionIds }, { auctionId }) => ({ auctionIds: [...auctionIds, auctionId] }),
      removed: ({ auctionIds }, { auctionId }) => ({ auctionIds: auctionIds.filter((id) => id !== auctionId) }),
    },
  },
);

export interface Simulations extends TypesOf<typeof allLots> {}

/** The lots that have simulated bidders now: what the server goes by, also after a restart. */
export const simulations: Channel<Simulations> = allLots;
