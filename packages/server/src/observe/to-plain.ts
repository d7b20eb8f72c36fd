import { isSecretName } from "../security/secret-names.ts";
import { redact, redacted } from "./redact.ts";

const maxDepth = 8;

/** How many values one line may hold. */
const maxValues = 1_000;

/**
 * A copy of something to be logged that every logger can write: plain JSON, of a bounded size, without secrets. It never throws,
 * whatever it is given: circles, getters that throw, a `BigInt`, objects that are none.
 */
export function toPlain(value: unknown): unknown {
  return new Copy().of(value, 0);
}

class Copy {
  readonly #path: object[] = [];
  #values = 0;

  of(value: unknown, depth: number): unknown {
    this.#values += 1;
    switch (typeof value) {
      case "string":
        return redact(value);
      case "object":
        return value === null ? null : this.#object(value, depth);
      case "number":
        return Number.isFinite(value) ? value : String(value);
      case "boolean":
      case "undefined":
        return value;
      default:
        return attempt(() => redact(String(value)));
    }
  }

  #object(value: object, depth: number): unknown {
    if (this.#path.includes(value)) return "[circular]";
    if (depth === maxDepth || this.#values > maxValues) return "[more]";
    this.#path.push(value);
    const copy = attempt(() => this.#partsOf(value, depth + 1));
    this.#path.pop();
    return copy;
  }

  #partsOf(value: object, depth: number): unknown {
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (Array.isArray(value)) return this.#array(value, depth);
    if (value instanceof Error) return this.#fields(value, describing, depth);
    return this.#fields(value, Object.keys(value), depth);
  }

  #array(values: readonly unknown[], depth: number): unknown[] {
    const copies: unknown[] = [];
    for (const value of values) {
      if (this.#values > maxValues) return [...copies, "[more]"];
      copies.push(this.of(value, depth));
    }
    return copies;
  }

  #fields(value: object, names: readonly string[], depth: number): object {
    const copy: Record<string, unknown> = {};
    for (const name of names) {
      if (this.#values > maxValues) return { ...copy, more: "[more]" };
      const field = isSecretName(name) ? redacted : attempt(() => this.of(Reflect.get(value, name), depth));
      // A plain `=` would set the prototype where the name is `__proto__`.
      if (field !== undefined) Object.defineProperty(copy, name, { value: field, enumerable: true });
    }
    return copy;
  }
}

/** What is told of an error. Those of the system and of Postgres say most by their code. */
const describing = ["name", "code", "message", "stack", "cause", "errors"];

function attempt<R>(make: () => R): R | string {
  try {
    return make();
  } catch {
    return "[unreadable]";
  }
}
