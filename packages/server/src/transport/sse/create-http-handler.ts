import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import type { AnyTRPCRouter } from "@trpc/server";
import { createURL, type NodeHTTPRequest, type NodeHTTPResponse } from "@trpc/server/adapters/node-http";
import { createHTTPHandler as createTRPCHandler } from "@trpc/server/adapters/standalone";
import { withErrorDetails, withRetryAfter } from "../../error-details.ts";
import { refuseToken } from "../../security/request-guard.ts";
import { loggedContextMaker } from "../context-maker.ts";
import { answerSubscription } from "./answer-subscription.ts";
import { type HandlerOptions, type Handling, toHandling } from "./handling.ts";
import type { StreamLimits } from "./limits.ts";

/** The options of tRPC's standalone handler, and what a client with a stream may cost. */
export type HTTPHandlerOptions<
  Router extends AnyTRPCRouter,
  Req extends NodeHTTPRequest = IncomingMessage,
  Res extends NodeHTTPResponse = ServerResponse,
> = HandlerOptions<Router, Req, Res> & StreamLimits;

/**
 * Serves a tRPC router over HTTP, on a server of `node:http`, or as a middleware of Express. It takes the options of tRPC's own
 * standalone handler and answers as that does; what it adds is that it pushes a `watch`, within `StreamLimits`, and refuses a token in
 * the URL.
 */
export function createHTTPHandler<Router extends AnyTRPCRouter>(options: HTTPHandlerOptions<Router>): RequestListener;
/** The same where `createContext` takes the requests and responses of a framework, such as Express. */
export function createHTTPHandler<
  Router extends AnyTRPCRouter,
  Req extends NodeHTTPRequest,
  Res extends NodeHTTPResponse,
>(options: HTTPHandlerOptions<Router, Req, Res>): (req: Req, res: Res) => void;
export function createHTTPHandler<
  Router extends AnyTRPCRouter,
  Req extends NodeHTTPRequest,
  Res extends NodeHTTPResponse,
>(given: HTTPHandlerOptions<Router, Req, Res>): (req: Req, res: Res) => void {
  const options = {
    ...given,
    router: withErrorDetails(given.router as AnyTRPCRouter),
    responseMeta: withRetryAfter(given.responseMeta as never),
    createContext: loggedContextMaker(given as never),
  } as unknown as HTTPHandlerOptions<Router, Req, Res>;
  const answer = answererOf(options);
  return (req, res) => {
    if (!refuseToken(given.router, req.url, res)) answer(req, res);
  };
}

function answererOf<Router extends AnyTRPCRouter, Req extends NodeHTTPRequest, Res extends NodeHTTPResponse>(
  options: HTTPHandlerOptions<Router, Req, Res>,
): (req: Req, res: Res) => void {
  const theirs = createTRPCHandler(options as never) as unknown as (req: Req, res: Res) => void;
  const { sse } = (options.router as AnyTRPCRouter)._def._config;
  // A stream that ends after its first frame has nothing to push.
  if (sse?.enabled === false || sse?.emitAndEndImmediately) return theirs;
  const handling = toHandling(options);
  return (req, res) => {
    const path = subscriptionPath(handling, req);
    if (path === undefined) theirs(req, res);
    else answerSubscription(handling, req, res, path);
  };
}

/** A server of `node:http` that answers nothing but a tRPC router. */
export function createHTTPServer<Router extends AnyTRPCRouter>(options: HTTPHandlerOptions<Router>): Server {
  return createServer(createHTTPHandler(options));
}

/** The same as {@link createHTTPHandler} for a server of `node:http2`. */
export function createHTTP2Handler<Router extends AnyTRPCRouter>(
  options: HTTPHandlerOptions<Router, Http2ServerRequest, Http2ServerResponse>,
): (req: Http2ServerRequest, res: Http2ServerResponse) => void {
  return createHTTPHandler(options);
}

/** The path of a request as tRPC gets it, where it may name a subscription; `undefined` for everything else. */
function subscriptionPath({ options }: Handling, req: NodeHTTPRequest): string | undefined {
  if (req.method !== "GET" && req.method !== "POST") return undefined;
  const { procedures, lazy } = options.router._def;
  try {
    const path = createURL(req).pathname.slice((options.basePath ?? "/").length);
    const name = decodeURIComponent(path);
    const procedure = procedures[name];
    const mayBe = procedure
      ? procedure._def.type === "subscription"
      : Object.keys(lazy).some((key) => name.startsWith(`${key}.`));
    return mayBe ? path : undefined;
  } catch {
    // tRPC has an answer to what is no URL.
    return undefined;
  }
}
