import type { AnyTRPCRouter, TRPCError } from "@trpc/server";
import type { HTTPBaseHandlerOptions } from "@trpc/server/http";

/** What an error that leaves the server tells programs, beside its code. */
export interface ErrorDetails {
  /** Under which the server's log says more of a fault. */
  readonly requestId?: string | undefined;
  /** After how many milliseconds it makes sense to try again. */
  readonly retryAfterMs?: number | undefined;
}

/** The property of an error that holds them: hidden, so that no error format copies it by chance. */
const details: unique symbol = Symbol.for("shoal.error-details");

export function setErrorDetails(error: TRPCError, told: ErrorDetails): void {
  Object.defineProperty(error, details, { value: told });
}

export function errorDetailsOf(error: object): ErrorDetails | undefined {
  return Reflect.get(error, details) as ErrorDetails | undefined;
}

/**
 * The same router, whose errors tell `data.requestId` and `data.retryAfterMs` where Shoal knows them, once the application's error
 * format has made them. Shoal's own handlers do it by themselves; give it to one of tRPC's.
 *
 * @example
 * ```ts
 * createHTTPHandler({ router: withErrorDetails(appRouter), createContext });
 * ```
 */
export function withErrorDetails<Router extends AnyTRPCRouter>(router: Router): Router {
  const { _config: config, ...definition } = router._def;
  const errorFormatter: typeof config.errorFormatter = (options) => {
    const shape: unknown = config.errorFormatter(options);
    return withDetails(shape, errorDetailsOf(options.error));
  };
  const _def = { ...definition, _config: { ...config, errorFormatter } };
  return Object.create(router, { _def: { value: _def, enumerable: true } }) as Router;
}

/** A format that leaves no fields to add to is left as it is. */
function withDetails(shape: unknown, told: ErrorDetails | undefined): never {
  if (!told || !isFields(shape) || !isFields(shape.data)) return shape as never;
  return { ...shape, data: { ...shape.data, ...told } } as never;
}

function isFields(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

type ResponseMeta = NonNullable<HTTPBaseHandlerOptions<AnyTRPCRouter, unknown>["responseMeta"]>;

/** The same `responseMeta` of a handler, with the header `Retry-After` where an error tells when to try again. */
export function withRetryAfter(responseMeta?: ResponseMeta): ResponseMeta {
  return (answer) => {
    const meta = responseMeta?.(answer) ?? {};
    const { headers } = meta;
    const told = Object.entries(retryAfterHeaders(answer.errors));
    if (!(headers instanceof Headers)) return { ...meta, headers: { ...headers, ...Object.fromEntries(told) } };
    const all = new Headers(headers);
    for (const [name, value] of told) all.set(name, value);
    return { ...meta, headers: all };
  };
}

/**
 * The header `Retry-After` of an answer with these errors, in whole seconds, for `responseMeta` of tRPC's HTTP handlers. There is
 * none where no error tells when to try again.
 */
export function retryAfterHeaders(errors: readonly object[]): Record<string, string> {
  const times = errors.flatMap((error) => errorDetailsOf(error)?.retryAfterMs ?? []);
  return times.length === 0 ? {} : { "retry-after": String(Math.ceil(Math.max(...times) / 1_000)) };
}
