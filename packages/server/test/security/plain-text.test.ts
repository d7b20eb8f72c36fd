import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainText } from "../../src/security/plain-text.ts";
import { tries } from "../support/seed.ts";

class Person {
  readonly #role: string;
  readonly id = "ann";

  constructor(role: string) {
    this.#role = role;
  }

  get isStaff(): boolean {
    return this.#role === "staff";
  }
}

describe("The text of plain data", () => {
  test("is the same for what is the same, and another one for anything else", () => {
    const data = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(data, data, (one, other) => {
        expect(plainText(structuredClone(one))).toBe(plainText(one));
        const isSame = JSON.stringify(one) === JSON.stringify(other);
        expect(plainText(one) === plainText(other)).toBe(isSame);
      }),
      tries(300),
    );
  });

  test.each([
    ["a value with a hidden part", { user: new Person("staff") }],
    ["a set", { rights: new Set(["all"]) }],
    ["a map", new Map()],
    ["a method", { may: () => true }],
    ["a symbol", { key: Symbol("a") }],
    ["a number that JSON does not have", { limit: Number.POSITIVE_INFINITY }],
    ["a large number", { id: 1n }],
    ["one that says itself what its text is", { toJSON: () => "ann" }],
  ])("is none of %s, which may differ where the text does not", (_what, value) => {
    expect(plainText(value)).toBeUndefined();
  });

  test("is none of a circle", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(plainText(circle)).toBeUndefined();
  });

  test("knows dates, and objects without a prototype", () => {
    const at = new Date("2026-01-01T00:00:00Z");
    expect(plainText(Object.assign(Object.create(null), { at }))).toBe('{"at":"2026-01-01T00:00:00.000Z"}');
  });
});
