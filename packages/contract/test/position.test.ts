import { formatPosition, parsePosition, ShoalError } from "@shoal/contract";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seed } from "./support/seed.ts";

const word = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const position = fc.record({ epoch: word, offset: fc.maxSafeNat(), audience: word });

/** Texts that come close to a position, and texts that do not. */
const text = fc.oneof(
  position.map(formatPosition),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."aZ0_-:. \n٣") }),
  fc.tuple(word, fc.integer(), word).map((parts) => parts.join(":")),
);

describe("A position", () => {
  test("comes back from its text as it was", () => {
    fc.assert(
      fc.property(position, (given) => {
        expect(parsePosition(formatPosition(given))).toEqual(given);
      }),
      seed,
    );
  });

  test("has one text: what is read is written the same, and anything else is refused", () => {
    fc.assert(
      fc.property(text, (given) => {
        try {
          expect(formatPosition(parsePosition(given))).toBe(given);
        } catch (error) {
          if (!(error instanceof ShoalError)) throw error;
          expect(error.code).toBe("BAD_REQUEST");
        }
      }),
      seed,
    );
  });

  test.each([
    ["nothing", ""],
    ["no offset", "epoch::all"],
    ["a negative offset", "epoch:-1:all"],
    ["a fraction", "epoch:1.5:all"],
    ["an exponent", "epoch:1e3:all"],
    ["a leading zero", "epoch:01:all"],
    ["an offset that a number does not hold", "epoch:9007199254740992:all"],
    ["digits of another script", "epoch:٣:all"],
    ["no audience", "epoch:1:"],
    ["a part too many", "epoch:1:all:all"],
    ["a line after it", "epoch:1:all\n"],
    ["an epoch that is too long", `${"e".repeat(65)}:1:all`],
    ["a word that every object knows", "__proto__"],
  ])("is not read from a text with %s", (_what, given) => {
    expect(() => parsePosition(given)).toThrow(expect.objectContaining({ name: "ShoalError", code: "BAD_REQUEST" }));
  });

  test("that is refused is not repeated in the message", () => {
    expect(() => parsePosition("<script>")).toThrow(/^lastEventId is not a position of this server/);
  });
});
