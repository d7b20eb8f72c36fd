import type { TaggedEvent, TypesOf } from "@shoal/contract";
import { serveChannel } from "@shoal/server";
import { checkApply, checkConflation, checkView } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lot, lots } from "./auction.ts";

type LotEvent = TaggedEvent<TypesOf<typeof lot>["events"]>;

const events: fc.Arbitrary<LotEvent> = fc.oneof(
  fc.record({ type: fc.constant("opened"), data: fc.record({ title: fc.string(), endsAt: fc.nat() }) }),
  fc.record({ type: fc.constant("bidPlaced"), data: fc.record({ price: fc.nat() }) }),
  fc.record({ type: fc.constant("noted"), data: fc.record({ text: fc.string() }) }),
  fc.constant<LotEvent>({ type: "closed", data: {} }),
) as fc.Arbitrary<LotEvent>;

const options = { params: { lotId: "1" }, events };

/** Handlers that are not asked. */
const commands = { open: () => {}, placeBid: () => ({ leads: false }), note: () => {}, close: () => {} };
const mint = { open: ({ id }: { id: string }) => ({ lotId: id }) };

describe("The laws hold for a channel that keeps them", () => {
  it("of apply", () => checkApply(lot, options));
  it("of views", () => checkView(lots, options));
  it("of conflation", () => checkConflation(lots, options));
});

describe("The laws find a channel that breaks them", () => {
  it("by an apply that changes the state it was given", () => {
    const broken = {
      ...lot,
      apply: { ...lot.apply, closed: (state: { status: string }) => Object.assign(state, { status: "closed" }) },
    };
    expect(() => checkApply(broken as unknown as typeof lot, options)).toThrow(/read only/);
  });

  it("by an apply that is not the same each time", () => {
    let count = 0;
    const broken = { ...lot, apply: { ...lot.apply, noted: (state: object) => ({ ...state, bids: count++ }) } };
    expect(() => checkApply(broken as unknown as typeof lot, options)).toThrow(/the state after the same events/);
  });

  it("by a view that hides an event but not what it did to the state", () => {
    const leaking = serveChannel(lot, {
      audiences: ["public"],
      audience: () => "public",
      view: { state: (state) => state, event: (event) => (event.type === "noted" ? null : event) },
      mint,
      commands,
    });
    expect(() => checkView(leaking, options)).toThrow(/the state of the audience "public"/);
  });

  it("by conflating events that add up", () => {
    const losing = serveChannel(lot, { conflate: () => "one key for all", mint, commands });
    expect(() => checkConflation(losing, options)).toThrow(/the state after conflation/);
  });
});
