import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { ShoalError } from "@shoal/contract";

/** What there is to be told: `prometheus(realtime)` of `@shoal/server/prometheus`. */
export interface MetricsReport {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/** Who may read metrics: who brings the token, or whom the function lets. One of them is needed, and with both, both. */
export type MetricsGuard =
  | {
      /** What `Authorization: Bearer …` must bring. */
      readonly token: string;
      readonly allow?: (req: IncomingMessage) => boolean | Promise<boolean>;
    }
  | { readonly token?: undefined; readonly allow: (req: IncomingMessage) => boolean | Promise<boolean> };

export type MetricsOptions = MetricsGuard & {
  /** What is told. */
  readonly report: MetricsReport;
};

/**
 * Answers with metrics, to who may read them: a handler for a server of `node:http`, Express and others, mounted where they are to be.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is not said who may
 */
export function metricsHandler({ report, token, allow }: MetricsOptions): RequestListener {
  if (!token && !allow) {
    const message = "Metrics tell strangers how busy the server is. Say who may read them, by `token` or `allow`.";
    throw new ShoalError("BAD_REQUEST", message);
  }
  const expected = token && digest(`Bearer ${token}`);
  const refusalOf = async (req: IncomingMessage): Promise<number | undefined> => {
    if (req.method !== "GET" && req.method !== "HEAD") return 405;
    if (expected && !timingSafeEqual(expected, digest(req.headers.authorization ?? ""))) return 401;
    return allow && !(await allow(req)) ? 403 : undefined;
  };
  return async (req, res) => {
    try {
      const refused = await refusalOf(req);
      if (refused) tell(res, refused, "text/plain", "No metrics for you.\n");
      else tell(res, 200, report.contentType, await report.metrics());
    } catch {
      // What throws is the application's own guard, or a metric of its own in the same registry; a scrape tells of it by failing.
      tell(res, 500, "text/plain", "The metrics could not be read.\n");
    }
  };
}

function tell(res: ServerResponse, status: number, contentType: string, body: string): void {
  if (res.headersSent) return;
  if (status === 401) res.setHeader("WWW-Authenticate", "Bearer");
  if (status === 405) res.setHeader("Allow", "GET, HEAD");
  res.writeHead(status, { "Content-Type": contentType, "Cache-Control": "no-store" });
  res.end(body);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
