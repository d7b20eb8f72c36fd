import type { IncomingMessage } from "node:http";
import type { TRPCRequestInfo } from "@trpc/server/http";
import type { Sessions } from "./sessions.ts";
import type { Context } from "./trpc.ts";

interface Request {
  readonly req: IncomingMessage;
  readonly info: TRPCRequestInfo;
}

/** A WebSocket brings its token in the connection params, HTTP and SSE in a header. */
export function contextOf(sessions: Sessions): (request: Request) => Promise<Context> {
  return async ({ req, info }) => ({
    visitor: await sessions.visitor(info.connectionParams?.token ?? bearerOf(req.headers.authorization)),
  });
}

function bearerOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : header.replace(/^Bearer +/i, "");
}
