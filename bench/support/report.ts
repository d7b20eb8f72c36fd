/** Prints rows as a table with aligned columns; numbers stand on the right. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [head, ...rows.map((row) => row.map(format))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const [index, row] of cells.entries()) {
    const line = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(line.join("  "));
    if (index === 0) console.log(widths.map((width) => "-".repeat(width)).join("  "));
  }
}

/** With `--json` the last line is one flat object. */
export function printJson(figures: Readonly<Record<string, number>>): void {
  if (!process.argv.includes("--json")) return;
  console.log(JSON.stringify(Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, round(value)]))));
}

function format(cell: string | number): string {
  return typeof cell === "string" ? cell : round(cell).toLocaleString("en-US");
}

/** Three figures tell all that a measurement on a shared machine can. */
function round(value: number): number {
  return Number(value.toPrecision(3));
}
