import { parse, type Schema, ShoalError } from "@shoal/contract";

/** A procedure's flat input, taken apart: the topic's params, what Shoal itself reads, and the rest. */
export interface SplitInput {
  readonly params: object;
  readonly own: Readonly<Record<string, unknown>>;
  readonly rest: Readonly<Record<string, unknown>>;
}

/**
 * Takes a flat input apart by the names of the params and by those in `own`; the params are validated.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is no object or the params do not fit
 */
export function splitInput(
  channel: string,
  params: Schema<object>,
  input: unknown,
  own: readonly string[],
): SplitInput {
  const fields = splitFields(channel, input, own);
  const names = namesOf(params);
  const named = names ? pick(fields.rest, (name) => names.has(name)) : fields.rest;
  const parsed = parse(params, named, `params of "${channel}"`);
  const rest = pick(fields.rest, (name) => !(names?.has(name) ?? Object.hasOwn(parsed, name)));
  return { params: parsed, own: fields.own, rest };
}

/**
 * Takes an input without params apart by the names in `own`.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is no object
 */
export function splitFields(channel: string, input: unknown, own: readonly string[]): Omit<SplitInput, "params"> {
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new ShoalError("BAD_REQUEST", `Invalid input of "${channel}": it must be an object.`);
  }
  return { own: pick(input, (name) => own.includes(name)), rest: pick(input, (name) => !own.includes(name)) };
}

/** The declared names of an object schema that tells them, as those of zod do; of another, what it keeps counts. */
function namesOf(schema: Schema<object>): ReadonlySet<string> | undefined {
  const { shape } = schema as { shape?: unknown };
  return typeof shape === "object" && shape !== null ? new Set(Object.keys(shape)) : undefined;
}

function pick(fields: object, keep: (name: string) => boolean): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => keep(name)));
}
