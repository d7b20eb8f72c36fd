import type { IncomingHttpHeaders } from "node:http";
import { isIPv6 } from "node:net";
import type { AnyTRPCRouter } from "@trpc/server";
import { drainingsOf } from "../draining.ts";

/**
 * The field of a context that tells where its requests come from. It is enumerable, so that it outlives the middlewares, which copy
 * the context for each other.
 */
const source: unique symbol = Symbol.for("shoal.source");

/** Where a connection comes from, as its socket knows it. */
interface Source {
  readonly remoteAddress?: string | undefined;
}

/** A request of `node:http`, `node:http2` or a framework. */
export interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly socket?: Source | undefined;
}

/** Where a transport has an application's contexts made. */
export interface Making<Request extends { readonly req: Asking }> {
  readonly router: AnyTRPCRouter;
  readonly createContext?: ((request: Request) => unknown) | undefined;
  readonly trustProxy?: boolean | undefined;
}

/** Makes an application's contexts; where there are channels, their rates tell strangers apart by where they come from. */
export function contextMakerOf<Request extends { readonly req: Asking }>({
  router,
  createContext,
  trustProxy = false,
}: Making<Request>): ((request: Request) => unknown) | undefined {
  if (!createContext || drainingsOf(router).size === 0) return createContext;
  return async (request) => withSource(await createContext(request), request.req, trustProxy);
}

/** Notes in an application's context where the request came from, where the context can be written to, and returns the context. */
function withSource<C>(ctx: C, req: Asking, trustProxy: boolean): C {
  if (typeof ctx === "object" && ctx !== null && Object.isExtensible(ctx)) {
    Object.assign(ctx, { [source]: (trustProxy && forwardedFor(req)) || req.socket });
  }
  return ctx;
}

/** The address of who asks: of the socket, which is asked when it matters, or as the trusted proxy before this server saw it. */
export function addressOf(ctx: unknown): string | undefined {
  if (typeof ctx !== "object" || ctx === null) return undefined;
  const { [source]: asked } = ctx as { readonly [source]?: string | Source };
  const found = typeof asked === "string" ? asked : asked?.remoteAddress;
  return found === undefined ? undefined : blockOf(found);
}

/** The last one in the header is what the nearest proxy saw. */
function forwardedFor({ headers }: Asking): string | undefined {
  return String(headers["x-forwarded-for"] ?? "")
    .split(",")
    .at(-1)
    ?.trim();
}

/** One who has an IPv6 address has a whole block of them: the first half of it is who it is. */
export function blockOf(found: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(found);
  if (mapped?.[1]) return mapped[1];
  if (!isIPv6(found)) return found;
  const [head = "", tail] = (found.split("%", 1)[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => "0"), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
