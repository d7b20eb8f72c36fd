import type { Logger } from "@shoal/server";
import { Recorder } from "./recorder.ts";

export interface Line {
  readonly level: "info" | "warn" | "error";
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** What a realtime logged. */
export class Logged extends Recorder<Line> {
  readonly logger: Logger = {
    info: (fields, message) => this.push({ level: "info", fields: { ...fields }, message }),
    warn: (fields, message) => this.push({ level: "warn", fields: { ...fields }, message }),
    error: (fields, message) => this.push({ level: "error", fields: { ...fields }, message }),
  };

  errors(): readonly string[] {
    return this.items.filter(({ level }) => level === "error").map(({ message }) => message);
  }
}
