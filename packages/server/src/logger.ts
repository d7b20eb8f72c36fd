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
  const line = { level, time: Date.now(), message, ...fields };
  process.stderr.write(
    `${JSON.stringify(line, (_key, value) => (value instanceof Error ? describe(value) : value))}\n`,
  );
}

function describe(error: Error): object {
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause ? { cause: error.cause } : {}),
  };
}
