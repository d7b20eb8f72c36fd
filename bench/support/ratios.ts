import { printTable } from "./report.ts";

/** The figure of that name. @throws when it was not measured */
export function figureOf(figures: ReadonlyMap<string, number>, name: string): number {
  const figure = figures.get(name);
  if (figure === undefined) throw new Error(`${name} was not measured`);
  return figure;
}

/** Prints each contender's figure, and how many times another one's it is. */
export function printRatios(
  title: string,
  unit: string,
  figures: ReadonlyMap<string, number>,
  columns: readonly string[],
): void {
  console.log(`\n${title}`);
  const rows = [...figures].map(([name, figure]) => [
    name,
    figure,
    ...columns.map((column) => figure / figureOf(figures, column)),
  ]);
  printTable(["", unit, ...columns.map((column) => `÷ ${column}`)], rows);
}
