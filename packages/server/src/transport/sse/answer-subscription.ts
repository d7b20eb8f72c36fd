import { getTRPCErrorFromUnknown, getTRPCErrorShape, transformTRPCResponse } from "@trpc/server";
import { incomingMessageToRequest, type NodeHTTPRequest, type NodeHTTPResponse } from "@trpc/server/adapters/node-http";
import { resolveResponse } from "@trpc/server/http";
import { EventStream } from "./event-stream.ts";
import type { Handling } from "./handling.ts";
import { outletOf } from "./stream-outlet.ts";
import { SubscriptionCall } from "./subscription-call.ts";
import { withholdWatch } from "./withhold-watch.ts";
import { setHead, writeResponse } from "./write-response.ts";

/**
 * Answers a request for a subscription. All of it is resolved by tRPC, and what it answers is written as it is; but a `watch` is
 * taken from it and pushed.
 */
export function answerSubscription(
  handling: Handling,
  req: NodeHTTPRequest,
  res: NodeHTTPResponse,
  path: string,
): void {
  const { middleware } = handling.options;
  const answer = async (problem?: unknown): Promise<void> => {
    try {
      await resolve(handling, req, res, path, problem);
    } catch (cause) {
      refuse(handling, req, res, cause);
    }
  };
  try {
    if (middleware) middleware(req, res, answer);
    else void answer();
  } catch (cause) {
    refuse(handling, req, res, cause);
  }
}

async function resolve(
  handling: Handling,
  req: NodeHTTPRequest,
  res: NodeHTTPResponse,
  path: string,
  problem: unknown,
): Promise<void> {
  const { options } = handling;
  const request = incomingMessageToRequest(req, res, { maxBodySize: options.maxBodySize ?? null });
  const call = new SubscriptionCall(handling, req);
  const response = await resolveResponse({
    ...options,
    router: withholdWatch(options.router, call),
    req: request,
    path,
    error: problem ? getTRPCErrorFromUnknown(problem) : null,
    async createContext(given) {
      call.understood(given.info);
      return await options.createContext?.({ ...given, req, res });
    },
    onError: (fault) => options.onError?.({ ...fault, req }),
  });
  const { watch } = call;
  if (!watch || response.headers.get("content-type") !== "text/event-stream") {
    await writeResponse(res, response, request.signal);
    return;
  }
  await response.body?.cancel();
  if (request.signal.aborted) {
    call.controller.abort();
    return;
  }
  setHead(res, response);
  new EventStream(handling, res, outletOf(req, res), watch, call);
}

/** An answer that cannot be put into words, since the application's own hooks throw, ends the request. */
function refuse(handling: Handling, req: NodeHTTPRequest, res: NodeHTTPResponse, cause: unknown): void {
  try {
    answerError(handling, req, res, cause);
  } catch (error) {
    handling.logger.error({ error }, "a request could not be answered");
    res.destroy();
  }
}

/** What is no fault of a procedure, such as a request that is none. */
function answerError({ options }: Handling, req: NodeHTTPRequest, res: NodeHTTPResponse, cause: unknown): void {
  const { router, onError } = options;
  const config = router._def._config;
  const fault = {
    error: getTRPCErrorFromUnknown(cause),
    type: "unknown",
    path: undefined,
    input: undefined,
    ctx: undefined,
  } as const;
  const shape = getTRPCErrorShape({ config, ...fault });
  onError?.({ ...fault, req });
  if (res.headersSent) {
    res.end();
    return;
  }
  res.statusCode = shape.data.httpStatus;
  res.end(JSON.stringify(transformTRPCResponse(config, { error: shape })));
}
