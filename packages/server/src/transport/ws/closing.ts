import type { TRPCError } from "@trpc/server";

/** How a connection is closed: with a code of WebSocket and, for people, the reason. Without a code there is none. */
export interface Closing {
  readonly code?: number;
  readonly reason?: string;
}

/** What this handler itself closes connections for. */
export const closings = {
  internal: { code: 1011, reason: "Something failed on the server." },
  garbage: { code: 4000, reason: "Too many malformed messages." },
  unauthenticated: { code: 4001, reason: "The client did not say in time who it is." },
  expired: { code: 4001, reason: "What the client signed in with has expired." },
  anotherUser: { code: 4003, reason: "The new credentials are another user's." },
  slow: { code: 4008, reason: "The client reads too slowly." },
  flood: { code: 4008, reason: "The client sends too many messages." },
  draining: { code: 4012, reason: "The server is shutting down." },
} as const satisfies Record<string, Closing>;

/** How a connection is closed that may not begin, for an error that the client was told before. */
export function closingFor({ code }: TRPCError): Closing {
  switch (code) {
    case "UNAUTHORIZED":
      return { code: 4001 };
    case "FORBIDDEN":
      return { code: 4003 };
    case "TOO_MANY_REQUESTS":
      return { code: 1013 };
    default:
      return {};
  }
}
