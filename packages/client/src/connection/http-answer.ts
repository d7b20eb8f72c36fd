import { type ErrorCode, ShoalError } from "@shoal/contract";
import { answeredError } from "../errors.ts";
import type { Codec } from "../transformer.ts";
import { refusalOf } from "./loss.ts";
import type { Loss } from "./machine.ts";

/** An answer over HTTP: the server's data, its error, or what something else answered in its place. */
export type HttpAnswer =
  | { readonly kind: "data"; readonly data: unknown }
  | { readonly kind: "error"; readonly shape: unknown; readonly retryAfterMs: number | undefined }
  | { readonly kind: "foreign"; readonly error: ShoalError };

export async function readAnswer(response: Response): Promise<HttpAnswer> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly result?: { readonly data?: unknown }; readonly error?: unknown }
    | undefined;
  if (body?.result) return { kind: "data", data: body.result.data };
  const retryAfterMs = retryAfterOf(response);
  if (body?.error) return { kind: "error", shape: body.error, retryAfterMs };
  const { status } = response;
  const code = codes[status] ?? (status >= 500 ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR");
  const message = `The answer, with the HTTP status ${status}, is not of tRPC. Does the client's \`url\` lead to the server?`;
  return { kind: "foreign", error: new ShoalError(code, message, { retryAfterMs }) };
}

/** Why an answer means that the server cannot be used; undefined when it can. */
export function lossOfAnswer(answer: HttpAnswer, codec: Codec): Loss | undefined {
  if (answer.kind === "data") return undefined;
  if (answer.kind === "foreign") return { kind: "retry", error: answer.error };
  const error = answeredError(codec.decode(answer.shape), answer.retryAfterMs);
  // A server that does not tell its time is a server nevertheless.
  if (error.code === "NOT_FOUND") return undefined;
  return { kind: refusalOf(error), error };
}

/** What proxies answer with, and servers before tRPC gets to see the request. */
const codes: Readonly<Record<number, ErrorCode>> = {
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  404: "NOT_FOUND",
  408: "TIMEOUT",
  413: "PAYLOAD_TOO_LARGE",
  414: "PAYLOAD_TOO_LARGE",
  429: "TOO_MANY_REQUESTS",
  431: "PAYLOAD_TOO_LARGE",
  504: "TIMEOUT",
};

/** The header `Retry-After`, in milliseconds: it has seconds, or a date. */
function retryAfterOf({ headers }: Response): number | undefined {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return ms >= 0 ? ms : undefined;
}
