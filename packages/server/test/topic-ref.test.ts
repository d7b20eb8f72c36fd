import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { topicRef } from "../src/topic-ref.ts";
import { tries } from "./support/seed.ts";

const value = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null));
const params = fc.dictionary(fc.string({ unit: fc.constantFrom(..."ab_"), maxLength: 3 }), value, { maxKeys: 3 });
const named = fc.record({
  channel: fc.constantFrom("a", "ab", "b"),
  tenant: fc.constantFrom(null, "", "null", "a", '"'),
  params,
});

describe("A topic's id", () => {
  test("is the same for the same channel, tenant and params, and different for any others", () => {
    const ref = ({ channel, tenant, params: given }: { channel: string; tenant: string | null; params: object }) =>
      topicRef(channel, tenant, given);
    fc.assert(
      fc.property(named, named, (one, other) => {
        const reversed = Object.fromEntries(Object.entries(one.params).toReversed());
        expect(ref({ ...one, params: reversed }).id).toBe(ref(one).id);
        const text = (given: typeof one) =>
          JSON.stringify([
            given.channel,
            given.tenant,
            Object.entries(given.params).sort(([a], [b]) => (a < b ? -1 : 1)),
          ]);
        expect(ref(one).id === ref(other).id).toBe(text(one) === text(other));
      }),
      tries(500),
    );
  });

  test("tells a number from its text, and an absent param from null but not from undefined", () => {
    const id = (given: object) => topicRef("a", null, given).id;
    expect(id({ n: 1 })).not.toBe(id({ n: "1" }));
    expect(id({ n: true })).not.toBe(id({ n: "true" }));
    expect(id({ n: null })).not.toBe(id({}));
    expect(id({ n: undefined })).toBe(id({}));
  });

  test("cannot be forged by a param", () => {
    expect(topicRef("a", null, { b: '","c"' }).id).not.toBe(topicRef("a", null, { b: "", c: "" }).id);
    expect(topicRef("a", null, { b: 'x"],["c","y' }).id).not.toBe(topicRef("a", null, { b: "x", c: "y" }).id);
  });
});
