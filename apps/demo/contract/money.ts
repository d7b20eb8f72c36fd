import { maxAmount } from "@shoal/contract/auctions";

/** What became of a text that should be an amount: whole minor units of its currency, or what to do about it. */
export type ParsedMoney =
  | { readonly ok: true; readonly amount: number }
  | { readonly ok: false; readonly problem: string };

/** Without thousands, and with either way of writing them. */
const shapes = [/^(\d+)(?:[.,](\d+))?$/u, /^(\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/u, /^(\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/u];

/**
 * Reads an amount as people write it: `12`, `12.5`, `12,50`, `1 234.50`, `1.234,50 €`. The digits are never a fraction in between. Where a
 * text may mean two amounts, it is none.
 */
export function parseMoney(text: string, currency: string): ParsedMoney {
  const digits = fractionDigits(currency);
  const example = formatMoney(digits === 0 ? 1_250 : 12_50 * 10 ** (digits - 2), currency);
  const bare = text
    .replace(/[！-～]/gu, narrow)
    .replace(/[\s'’_]/gu, "")
    .replace(new RegExp(`^(?:${signs(currency)})|(?:${signs(currency)})$`, "giu"), "");
  if (bare === "") return problem(`Write an amount, such as ${example}.`);
  if (/^-/u.test(bare)) return problem("An amount is more than nothing.");
  // One separator with three digits after it may be of thousands or of a fraction, where there are fractions.
  if (digits !== 0 && digits !== 3 && /^\d{1,3}[.,]\d{3}$/u.test(bare))
    return problem("Write it without a separator of thousands, so that it is clear.");
  const parts = (digits === 0 ? shapes.toReversed() : shapes)
    .map((shape) => shape.exec(bare))
    .find((found) => found !== null);
  if (!parts) return problem(`That is no amount. Write it as ${example}.`);
  const [, whole = "", fraction = ""] = parts;
  if (fraction.length > digits) return problem(tooFine(currency, digits));
  const amount = BigInt(whole.replace(/[.,]/gu, "") + fraction.padEnd(digits, "0"));
  if (amount === 0n) return problem("An amount is more than nothing.");
  if (amount > BigInt(maxAmount)) return problem(`At most ${formatMoney(maxAmount, currency)}.`);
  return { ok: true, amount: Number(amount) };
}

/** Japanese keyboards write digits as wide as their letters. */
function narrow(wide: string): string {
  return String.fromCharCode(wide.charCodeAt(0) - 0xfee0);
}

const formats = new Map<string, Intl.NumberFormat>();

/** An amount of minor units as the user's locale writes it. */
export function formatMoney(amount: number, currency: string): string {
  // As text, since a fraction of a great number is not what a number can hold.
  return formatOf(currency).format(toDecimal(amount, currency) as unknown as number);
}

/** An amount of minor units as one would write it into a field: `12.50`. */
export function toDecimal(amount: number, currency: string): string {
  const digits = fractionDigits(currency);
  const text = String(amount).padStart(digits + 1, "0");
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** How many digits of an amount are minor units. */
function fractionDigits(currency: string): number {
  return formatOf(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency) ?? new Intl.NumberFormat(undefined, { style: "currency", currency });
  formats.set(currency, known);
  return known;
}

function signs(currency: string): string {
  const sign =
    formatOf(currency)
      .formatToParts(0)
      .find(({ type }) => type === "currency")?.value ?? currency;
  return [currency, sign].map((one) => one.replace(/[$.*+?^()[\]{}|\\]/gu, "\\$&")).join("|");
}

function tooFine(currency: string, digits: number): string {
  return digits === 0 ? `${currency} has no smaller units.` : `${currency} has ${digits} digits after the point.`;
}

function problem(text: string): ParsedMoney {
  return { ok: false, problem: text };
}
