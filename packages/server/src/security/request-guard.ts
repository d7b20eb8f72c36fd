import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type AnyTRPCRouter, getTRPCErrorShape, TRPCError, transformTRPCResponse } from "@trpc/server";
import { drainingsOf } from "../draining.ts";
import { type OriginOptions, Origins, tellerOf, type Verdict } from "./origins.ts";
import { refusalOfToken, tokenInUrl } from "./token-in-url.ts";

export interface RequestGuardOptions extends OriginOptions {
  /** Refusals over HTTP are in its error format. */
  readonly router: AnyTRPCRouter;
  /**
   * Headers that pages of other origins may send, beside those of tRPC, `content-type`, `authorization` and `last-event-id`.
   * @default none
   */
  readonly allowedHeaders?: readonly string[];
}

/** Why a request is not taken. */
export interface Refusal {
  readonly status: 400 | 403 | 503;
  readonly why: string;
}

/** Lets in the requests of pages that may make them, and none that has a token in its URL. */
export interface RequestGuard {
  /**
   * A middleware for HTTP, of Express, of tRPC's handlers or called by hand. It answers what is refused, and preflight requests; to the
   * rest it adds the CORS headers, and calls `next`.
   */
  readonly http: (req: IncomingMessage, res: ServerResponse, next: () => void) => void;
  /** The option `verifyClient` of a `WebSocketServer`. While a realtime of the router drains, it lets nobody in. */
  readonly verifyClient: (
    info: { readonly req: IncomingMessage },
    done: (allowed: boolean, status?: number, message?: string, headers?: OutgoingHttpHeaders) => void,
  ) => void;
}

/** How long a browser may keep the answer to a preflight request, in seconds. */
const preflightSeconds = 600;

const unready: Refusal = { status: 503, why: "The server is shutting down. Try again." };

const usualHeaders = ["authorization", "content-type", "last-event-id", "trpc-accept", "x-trpc-source"];

/** Requests of WebSockets that were let in: whoever serves the connection need not ask again. */
const admitted = new WeakSet<IncomingMessage>();

/**
 * Guards a server of one's own, as `serve` guards its own. `applyWSSHandler` guards connections by itself; with `verifyClient` they are
 * refused before they are open.
 *
 * @throws {ShoalError} `BAD_REQUEST` when one of the `origins` is no origin
 *
 * @example
 * ```ts
 * const guard = requestGuard({ router, origins: ["https://app.example.com"] });
 * const api = createHTTPHandler({ router, middleware: guard.http });
 * const wss = new WebSocketServer({ server, verifyClient: guard.verifyClient });
 * ```
 */
export function requestGuard({ router, allowedHeaders = [], ...options }: RequestGuardOptions): RequestGuard {
  const origins = new Origins(options, tellerOf(router));
  const drainings = drainingsOf(router);
  const known = new Set([...usualHeaders, ...allowedHeaders.map((name) => name.toLowerCase())]);
  return {
    http(req, res, next) {
      const verdict = origins.verdictOf(req.headers);
      varyByOrigin(res);
      if (verdict.allowed && verdict.origin !== undefined) {
        allow(res, verdict.origin);
        if (isPreflight(req)) {
          answerPreflight(req, res, known);
          return;
        }
      }
      const refusal = refusalOf(verdict, req);
      if (refusal) answer(router, res, refusal);
      else next();
    },
    verifyClient({ req }, done) {
      const refusal = [...drainings].some(({ isDraining }) => isDraining) ? unready : refusalOfSocket(origins, req);
      if (refusal) done(false, refusal.status, `${refusal.why}\n`, refusalHeaders);
      else done(true);
    },
  };
}

/** Refusals before a WebSocket is open are for people, as a program cannot read them. */
const refusalHeaders = { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" };

/** Why a WebSocket is not let in, if it is not. Who was let in once is not asked again. */
export function refusalOfSocket(origins: Origins, req: IncomingMessage): Refusal | undefined {
  if (admitted.has(req)) return undefined;
  const refusal = refusalOf(origins.verdictOf(req.headers), req);
  if (!refusal) admitted.add(req);
  return refusal;
}

function refusalOf(verdict: Verdict, { url }: IncomingMessage): Refusal | undefined {
  if (!verdict.allowed) return { status: 403, why: verdict.why };
  const token = tokenInUrl(url);
  return token === undefined ? undefined : { status: 400, why: refusalOfToken(token) };
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
}

function allow(res: ServerResponse, origin: string): void {
  res.setHeader("Access-Control-Allow-Origin", origin);
  res.setHeader("Access-Control-Allow-Credentials", "true");
  res.setHeader("Access-Control-Expose-Headers", "Retry-After");
}

function answerPreflight({ headers }: IncomingMessage, res: ServerResponse, known: ReadonlySet<string>): void {
  const asked = String(headers["access-control-request-headers"] ?? "").toLowerCase();
  const names = asked.split(",").map((name) => name.trim());
  const granted = names.filter((name) => known.has(name) || /^trpc-[\w-]+$/.test(name));
  res.setHeader("Access-Control-Allow-Methods", "GET, POST");
  if (granted.length > 0) res.setHeader("Access-Control-Allow-Headers", granted.join(", "));
  res.setHeader("Access-Control-Max-Age", String(preflightSeconds));
  res.appendHeader("Vary", "Access-Control-Request-Headers");
  res.writeHead(204).end();
}

/**
 * What is answered to one origin must not be kept for another. It is said when the headers leave: tRPC replaces the `Vary` that it finds.
 */
function varyByOrigin(res: ServerResponse): void {
  const { writeHead } = res;
  res.writeHead = ((...args: Parameters<ServerResponse["writeHead"]>) => {
    res.writeHead = writeHead;
    res.appendHeader("Vary", "Origin");
    return writeHead.apply(res, args);
  }) as ServerResponse["writeHead"];
}

/** Refuses a request with a token in its URL. @returns whether it did */
export function refuseToken(router: AnyTRPCRouter, url: string | undefined, res: Answered): boolean {
  const token = tokenInUrl(url);
  if (token !== undefined) answer(router, res, { status: 400, why: refusalOfToken(token) });
  return token !== undefined;
}

/** A response of `node:http`, `node:http2` or a framework. */
interface Answered {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(text: string): unknown;
}

function answer(router: AnyTRPCRouter, res: Answered, { status, why }: Refusal): void {
  const { _config: config } = router._def;
  const error = new TRPCError({ code: status === 400 ? "BAD_REQUEST" : "FORBIDDEN", message: why });
  Object.defineProperty(error, "stack", { value: undefined });
  const shape = getTRPCErrorShape({
    config,
    error,
    type: "unknown",
    path: undefined,
    input: undefined,
    ctx: undefined,
  });
  res.statusCode = status;
  res.setHeader("Content-Type", "application/json");
  res.end(JSON.stringify(transformTRPCResponse(config, { error: shape })));
}
