const relative = new Intl.RelativeTimeFormat(undefined, { style: "narrow" });

const steps = [
  { unit: "day", ms: 24 * 60 * 60 * 1_000 },
  { unit: "hour", ms: 60 * 60 * 1_000 },
  { unit: "minute", ms: 60 * 1_000 },
] as const;

/** How long ago that was, in the largest whole unit. */
export function agoOf(at: number, now: number): string {
  const step = steps.find(({ ms }) => now - at >= ms);
  return step ? relative.format(-Math.floor((now - at) / step.ms), step.unit) : "now";
}
