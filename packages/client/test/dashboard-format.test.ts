import { formatValue } from "@shoal/client/dashboards";
import { gauge } from "@shoal/contract/dashboards";
import { expect, test } from "vitest";

const locale = "en";

test.each([
  ["percent", 12.345, "12.3%"],
  ["percent", 0.843, "0.8%"],
  ["percent", 1_234, "1,234%"],
  ["ms", 0.42, "0.42ms"],
  ["ms", 340, "340ms"],
  ["ms", 1_500, "1.5s"],
  ["ms", 119_000, "119s"],
  ["s", 0.003, "3ms"],
  ["s", 150, "2.5m"],
  ["s", 10_800, "3h"],
  ["s", 259_200, "3d"],
  ["bytes", 999, "999B"],
  ["bytes", 1_234_567, "1.23MB"],
  ["bytes", -2_000, "-2kB"],
  ["count", 1_234, "1.23K"],
  ["count", 0, "0"],
  ["rows", 12, "12 rows"],
])("in %s, %d is %s", (unit, value, text) => {
  expect(formatValue({ unit }, value, { locale })).toBe(text);
});

test("a rate is a value a second", () => {
  expect(formatValue(gauge({ unit: "bytes" }), 2_000, { perSecond: true, locale })).toBe("2kB/s");
});

test("where there is no value there is a dash", () => {
  for (const value of [null, undefined, Number.NaN]) expect(formatValue({ unit: "ms" }, value, { locale })).toBe("–");
});

test("numbers are written as the reader writes them", () => {
  expect(formatValue({ unit: "percent" }, 12.3, { locale: "de" })).toBe("12,3\u00a0%");
});
