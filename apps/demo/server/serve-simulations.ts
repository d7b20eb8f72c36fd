import { effect, serveChannel } from "@shoal/server";
import { mostSimulations, simulation, simulations } from "../contract/simulation.ts";

/** Everybody sees which bidders are simulated, and who is signed in switches them. */
export const simulationServed = serveChannel(simulation, {
  authorize: ({ user, action }) => action === "watch" || user !== null,
  commands: {
    switchOn({ state: { on }, emit }) {
      if (!on) emit("switchedOn");
    },
    switchOff({ state: { on }, emit }) {
      if (on) emit("switchedOff");
    },
    label({ state: { bidders }, input, emit }) {
      if (!bidders.includes(input.bidder)) emit("labelled", input);
    },
  },
  effects({ type }, { params }) {
    if (type === "switchedOn") return [effect(simulations, {}, "add", params)];
    return type === "switchedOff" ? [effect(simulations, {}, "remove", params)] : [];
  },
});

export const simulationsServed = serveChannel(simulations, {
  authorize: () => false,
  commands: {
    add({ state: { auctionIds }, input, emit }) {
      if (!auctionIds.includes(input.auctionId)) emit("added", input);
    },
    remove({ state: { auctionIds }, input, emit }) {
      if (auctionIds.includes(input.auctionId)) emit("removed", input);
    },
  },
  effects({ type }, { state: { auctionIds } }) {
    // Those that were switched on first make room.
    const [oldest = ""] = auctionIds;
    return type === "added" && auctionIds.length > mostSimulations
      ? [effect(simulation, { auctionId: oldest }, "switchOff")]
      : [];
  },
});
