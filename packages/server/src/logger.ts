/** Where faults and warnings go: the part of pino's interface that Shoal uses. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One JSON line each, on standard error. */
export const consoleLogger: Logger = {
  info: (fields, message) => write("info", fields, message),
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

function write(level: string, fields: object, message: string): void {
  process.stderr.write(`${toLine({ level, time: Date.now(), message, ...fields })}\n`);
}

/** A line is written whatever it is given: what JSON cannot hold is told in another way. */
function toLine(fields: object): string {
  const path: unknown[] = [];
  return JSON.stringify(fields, function (this: unknown, _key, value: unknown) {
    while (path.length > 0 && path.at(-1) !== this) path.pop();
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (path.includes(value)) return "[circular]";
    const shown = value instanceof Error ? describe(value) : value;
    path.push(shown);
    return shown;
  });
}

function describe({ name, message, stack, cause }: Error): object {
  return cause === undefined ? { name, message, stack } : { name, message, stack, cause };
}
