/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = low] =
    sorted.length % 2 === 1 ? [sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}

/** The value below which so many of a hundred are. */
export function percentile(values: readonly number[], of: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * of) / 100))] ?? Number.NaN;
}

export interface Contender {
  readonly name: string;
  /** Runs once and returns its figure. */
  run(): Promise<number>;
}

/**
 * Runs every contender in turn, again and again, so that a machine that gets slower does so for all of them; the first
 * round warms up and does not count. Returns the median of each, by name.
 */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
): Promise<ReadonlyMap<string, number>> {
  const figures = new Map(contenders.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { name, run } of contenders) {
      const figure = await run();
      if (round > 0) figures.get(name)?.push(figure);
    }
  }
  return new Map([...figures].map(([name, values]) => [name, median(values)]));
}

export interface Load {
  /** How many requests are under way at a time. */
  readonly outstanding: number;
  readonly durationMs: number;
}

/** Keeps so many requests under way for a while, and returns how many were answered a second. */
export async function ratePerSecond(
  { outstanding, durationMs }: Load,
  request: (turn: number) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  let answered = 0;
  let turn = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - start < durationMs) {
      turn += 1;
      await request(turn);
      answered += 1;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, caller));
  return answered / ((performance.now() - start) / 1_000);
}
