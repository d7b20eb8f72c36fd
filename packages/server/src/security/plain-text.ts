/**
 * The same text for two values only where nobody can tell them apart: they are plain data, all of which is in it; a field that is
 * undefined is none. Of anything else, such as a value with methods or with a `Set` in it, there is no text.
 */
export function plainText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, refuseOthers);
  } catch {
    return undefined;
  }
}

function refuseOthers(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Readonly<Record<string, unknown>>)[key];
  if (typeof raw === "function" || typeof raw === "symbol") throw new Error("It is no data.");
  if (typeof raw === "number" && !Number.isFinite(raw)) throw new Error("JSON has no such number.");
  if (typeof raw !== "object" || raw === null || Array.isArray(raw) || raw instanceof Date) return value;
  const prototype: unknown = Object.getPrototypeOf(raw);
  if (raw === value && (prototype === Object.prototype || prototype === null)) return value;
  throw new Error("It is more than its fields.");
}
