export interface FormatOptions {
  /**
   * Whether it is a value a second, as the rate of a counter.
   * @default false
   */
  readonly perSecond?: boolean | undefined;
  /**
   * In whose way numbers are written.
   * @default that of the page's user
   */
  readonly locale?: string | undefined;
}

/** What stands where there is no value. */
const nothing = "–";

type Step = readonly [from: number, size: number, unit: string];

/** From which value on which unit is used, the largest first. A time is told in the unit before until there are two of the next. */
const seconds: readonly Step[] = [
  [172_800, 86_400, "day"],
  [7_200, 3_600, "hour"],
  [120, 60, "minute"],
  [1, 1, "second"],
  [0, 0.001, "millisecond"],
];

const bytes: readonly Step[] = [
  [1e12, 1e12, "terabyte"],
  [1e9, 1e9, "gigabyte"],
  [1e6, 1e6, "megabyte"],
  [1e3, 1e3, "kilobyte"],
  [0, 1, "byte"],
];

/**
 * A value of a metric for people, in few letters: `12.5%`, `340ms`, `1.2GB`, `2.3K`. A word that is no known unit stands behind the number.
 *
 * @param metric - the metric, for its unit
 * @param value - null and undefined are shown as a dash
 */
export function formatValue(
  { unit }: { readonly unit: string },
  value: number | null | undefined,
  { perSecond = false, locale }: FormatOptions = {},
): string {
  if (value === null || value === undefined || Number.isNaN(value)) return nothing;
  const text = inUnit(unit, value, locale);
  return perSecond ? `${text}/s` : text;
}

function inUnit(unit: string, value: number, locale: string | undefined): string {
  switch (unit) {
    case "percent":
      return numbers(locale, "percent").format(value);
    case "ms":
      return scaled(seconds, value / 1_000, locale);
    case "s":
      return scaled(seconds, value, locale);
    case "bytes":
      return scaled(bytes, value, locale);
    case "count":
      return numbers(locale).format(value);
    default:
      return `${numbers(locale).format(value)} ${unit}`;
  }
}

function scaled(steps: readonly Step[], value: number, locale: string | undefined): string {
  const [, size, unit] = steps.find(([from]) => Math.abs(value) >= from) as Step;
  return numbers(locale, unit).format(value / size);
}

const known = new Map<string, Intl.NumberFormat>();

/** Making one takes longer than all the rest. */
function numbers(locale: string | undefined, unit?: string): Intl.NumberFormat {
  const key = `${locale} ${unit}`;
  let format = known.get(key);
  if (!format) {
    const style = unit ? ({ style: "unit", unit, unitDisplay: "narrow" } as const) : ({ notation: "compact" } as const);
    // A share has its hundred: of it more digits say nothing.
    const digits = unit === "percent" ? { maximumFractionDigits: 1 } : { maximumSignificantDigits: 3 };
    format = new Intl.NumberFormat(locale, { ...style, ...digits });
    known.set(key, format);
  }
  return format;
}
