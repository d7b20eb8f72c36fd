/** How many metrics there are, each a number that changes with every update. */
export const metricCount = 200;

/** How many steps the window has, and how long each is, in milliseconds: 15 minutes. */
export const steps = 900;
export const stepMs = 1_000;

/** How long it is from one update to the next, in milliseconds. */
export const updateMs = 100;

/** The metric that holds the number of the update. */
export const mark = "mark";

export const metricNames: readonly string[] = Array.from({ length: metricCount }, (_, index) =>
  index === 0 ? mark : `metric${index}`,
);

/** What is measured at once: the number of the update, and percentages with one digit behind the point. */
export function measure(update: number): Record<string, number> {
  const values = metricNames.map((name, index) => {
    const wave = 50 + 40 * Math.sin(update / 10 + index) + 10 * Math.random();
    return [name, index === 0 ? update : Math.round(wave * 10) / 10];
  });
  return Object.fromEntries(values);
}

/** What a message holds of an update: where it is the last one of a viewer, that viewer has all. */
export function markOf(update: number): readonly Buffer[] {
  return [Buffer.from(`"${mark}":${update},`), Buffer.from(`"${mark}":{"":{"latest":${update},`)];
}
