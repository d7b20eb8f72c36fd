import { shallow } from "@shoal/react";
import { describe, expect, test } from "vitest";

const inner = {};

describe("shallow", () => {
  test.each([
    [1, 1],
    [Number.NaN, Number.NaN],
    [[], []],
    [
      [1, inner],
      [1, inner],
    ],
    [
      { a: 1, b: inner },
      { b: inner, a: 1 },
    ],
    [Object.create(null), {}],
  ])("takes %j and %j for the same", (a, b) => {
    expect(shallow(a, b)).toBe(true);
  });

  test.each<[unknown, unknown]>([
    [1, 2],
    [null, {}],
    [[], {}],
    [[1], [1, 2]],
    [[{}], [{}]],
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, { b: undefined }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [new Map(), new Map()],
    [new Date(0), new Date(1)],
  ])("tells %j from %j", (a, b) => {
    expect(shallow(a, b)).toBe(false);
  });
});
