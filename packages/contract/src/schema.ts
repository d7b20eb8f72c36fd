import { ShoalError } from "./errors.ts";

/**
 * Any schema of the Standard Schema kind: zod, `zod/mini`, Valibot, ArkType. It must validate synchronously, since
 * commands are decided without waiting.
 */
export interface Schema<out Out, out In = unknown> {
  readonly "~standard": {
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
    readonly types?: { readonly input: In; readonly output: Out } | undefined;
  };
}

export type SchemaResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The issues of a schema as one line for people: `text: Too small; author.id: Required`. */
export function describeIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ message, path }) => {
      const where = path?.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
      return where ? `${where}: ${message}` : message;
    })
    .join("; ");
}

/**
 * Validates `value` and returns what the schema makes of it.
 *
 * @param what - names the value in the message, such as `the input of "rooms.post"`
 * @throws {ShoalError} `BAD_REQUEST` when the schema refuses it, `INTERNAL_SERVER_ERROR` when the schema is asynchronous
 */
export function parse<Out>(schema: Schema<Out>, value: unknown, what: string): Out {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new ShoalError(
      "INTERNAL_SERVER_ERROR",
      `The schema of ${what} is asynchronous. Shoal needs one that validates synchronously.`,
    );
  }
  if (result.issues) throw new ShoalError("BAD_REQUEST", `Invalid ${what}: ${describeIssues(result.issues)}`);
  return result.value;
}
