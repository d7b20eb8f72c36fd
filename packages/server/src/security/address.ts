import type { IncomingHttpHeaders } from "node:http";
import { isIPv6 } from "node:net";
import type { AnyTRPCRouter } from "@trpc/server";
import { drainingsOf } from "../draining.ts";

/**
 * The field of a context that tells where its requests come from. It is enumerable, so that it outlives the middlewares, which copy
 * the context for each other.
 */
const address: unique symbol = Symbol.for("shoal.address");

/** A request of `node:http`, `node:http2` or a framework. */
interface Asking {
  readonly headers: IncomingHttpHeaders;
  readonly socket?: { readonly remoteAddress?: string | undefined } | undefined;
}

/** Notes in an application's context where the request came from, where the context can be written to, and returns the context. */
function withAddress<C>(ctx: C, req: Asking, trustProxy: boolean): C {
  if (typeof ctx === "object" && ctx !== null && Object.isExtensible(ctx)) {
    Object.assign(ctx, { [address]: addressOfRequest(req, trustProxy) });
  }
  return ctx;
}

/** Where a transport has an application's contexts made. */
interface Making<Request extends { readonly req: Asking }> {
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
  return async (request) => withAddress(await createContext(request), request.req, trustProxy);
}

export function addressOf(ctx: unknown): string | undefined {
  if (typeof ctx !== "object" || ctx === null) return undefined;
  return (ctx as { readonly [address]?: string })[address];
}

/** The address of who asks: of the socket where there is one, or as the trusted proxy before this server saw it, which is the last one in its header. */
function addressOfRequest({ headers, socket }: Asking, trustProxy: boolean): string | undefined {
  const forwarded = trustProxy
    ? String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)
        ?.trim()
    : undefined;
  const found = forwarded || socket?.remoteAddress;
  return found === undefined ? undefined : blockOf(found);
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
