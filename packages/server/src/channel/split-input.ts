import { parse, type Schema, ShoalError } from "@shoal/contract";

type Fields = Readonly<Record<string, unknown>>;

/** A procedure's flat input, taken apart: the topic's params, what Shoal itself reads, and the rest. */
export interface SplitInput {
  readonly params: object;
  readonly own: Fields;
  readonly rest: Fields;
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
  const { own: given, rest: fields } = splitFields(channel, input, own);
  const what = `params of "${channel}"`;
  const { shape } = params as { shape?: unknown };
  // A schema of zod tells its names; of another one, what it keeps counts.
  if (typeof shape === "object" && shape !== null) {
    const [named, rest] = part(fields, (name) => Object.hasOwn(shape, name));
    return { params: parse(params, named, what), own: given, rest };
  }
  const parsed = parse(params, fields, what);
  const [, rest] = part(fields, (name) => Object.hasOwn(parsed, name));
  return { params: parsed, own: given, rest };
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
  const [ours, rest] = part(input, (name) => own.includes(name));
  return { own: ours, rest };
}

/** The fields that belong to the first, and the others. */
function part(fields: object, isOfFirst: (name: string) => boolean): readonly [Fields, Fields] {
  const first: [string, unknown][] = [];
  const others: [string, unknown][] = [];
  for (const field of Object.entries(fields)) (isOfFirst(field[0]) ? first : others).push(field);
  return [Object.fromEntries(first), Object.fromEntries(others)];
}
