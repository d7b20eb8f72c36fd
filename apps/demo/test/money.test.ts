import { maxAmount } from "@shoal/contract/auctions";
import { describe, expect, test } from "vitest";
import { formatMoney, parseMoney, toDecimal } from "../contract/money.ts";

describe("An amount is read as people write it", () => {
  test.each([
    ["12", "EUR", 12_00],
    ["12.5", "EUR", 12_50],
    ["12,50", "EUR", 12_50],
    ["0.29", "EUR", 29],
    ["1.234,50 €", "EUR", 1_234_50],
    ["€1,234.50", "EUR", 1_234_50],
    ["1 234.5", "EUR", 1_234_50],
    ["1'234'567", "CHF", 1_234_567_00],
    ["1,234,567", "USD", 1_234_567_00],
    ["usd 3", "USD", 3_00],
    ["1250", "JPY", 1_250],
    ["¥1,250", "JPY", 1_250],
    ["1.250", "JPY", 1_250],
    ["１２，５０", "EUR", 12_50],
    ["12.125", "BHD", 12_125],
    ["0001.10", "EUR", 1_10],
  ])("%j of %s", (text, currency, amount) => {
    const parsed = parseMoney(text, currency);
    expect(parsed.ok ? parsed.amount : undefined).toBe(amount);
  });
});

describe("What is no amount is told what to do", () => {
  test.each([
    ["", "EUR", "Write an amount, such as €12.50."],
    ["ten", "EUR", "That is no amount. Write it as €12.50."],
    ["NaN", "EUR", "That is no amount. Write it as €12.50."],
    ["1e400", "EUR", "That is no amount. Write it as €12.50."],
    ["1.2.3", "EUR", "That is no amount. Write it as €12.50."],
    ["1,234.567,8", "EUR", "That is no amount. Write it as €12.50."],
    ["12.5055", "EUR", "EUR has 2 digits after the point."],
    ["12.5", "JPY", "JPY has no smaller units."],
    ["1.234", "EUR", "Write it without a separator of thousands, so that it is clear."],
    ["-5", "EUR", "An amount is more than nothing."],
    ["0.00", "EUR", "An amount is more than nothing."],
    ["9007199254740992", "EUR", "At most €10,000,000,000,000.00."],
  ])("%j of %s", (text, currency, problem) => {
    expect(parseMoney(text, currency)).toEqual({ ok: false, problem });
  });
});

test("What is given as an example is taken as it stands", () => {
  for (const currency of ["EUR", "USD", "GBP", "CHF", "JPY", "BHD"]) {
    const refused = parseMoney("", currency);
    const example = refused.ok ? "" : (/such as (.*)\.$/.exec(refused.problem)?.[1] ?? "");
    expect([example, parseMoney(example, currency)]).toEqual([example, { ok: true, amount: expect.any(Number) }]);
  }
});

test("Whatever amount there is, it is read as it was written", () => {
  const amounts = Array.from({ length: 15 }, (_, power) => [
    10 ** power,
    10 ** power + 7,
    10 ** (power + 1) - 1,
  ]).flat();
  for (const currency of ["EUR", "JPY", "BHD"]) {
    const read = amounts.map((amount) => parseMoney(toDecimal(amount, currency), currency));
    expect(read).toEqual(amounts.map((amount) => ({ ok: true, amount })));
  }
});

test("An amount is shown to its last unit", () => {
  expect(formatMoney(maxAmount - 1, "EUR")).toBe("€9,999,999,999,999.99");
  expect(formatMoney(5, "EUR")).toBe("€0.05");
  expect(formatMoney(1_250, "JPY")).toBe("¥1,250");
});
