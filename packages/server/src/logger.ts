import { redact } from "./observe/redact.ts";
import { toPlain } from "./observe/to-plain.ts";

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

/**
 * A logger that harms nobody: what it is told is made plain and loses its secrets before the application's logger sees it, and one
 * that throws, or returns a promise that is rejected, is passed over.
 *
 * @param heard - is told the same
 */
export function safeLogger(
  logger: Partial<Logger>,
  heard: (level: keyof Logger, fields: object, message: string) => void = () => {},
): Logger {
  const write = (level: keyof Logger) => (fields: object, message: string) => {
    try {
      const told = [toPlain(fields) as object, redact(message)] as const;
      heard(level, ...told);
      const written: unknown = logger[level]?.(...told);
      if (written instanceof Promise) written.catch(() => {});
    } catch {}
  };
  return { info: write("info"), warn: write("warn"), error: write("error") };
}

function write(level: string, fields: object, message: string): void {
  const line = { level, time: Date.now(), message, ...(toPlain(fields) as object) };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
