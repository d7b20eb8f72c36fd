import type { IncomingHttpHeaders } from "node:http";
import { ShoalError } from "@shoal/contract";
import type { AnyTRPCRouter } from "@trpc/server";
import { connectionsOf } from "./connections.ts";

/** Which web pages may use an API. */
export interface OriginOptions {
  /**
   * The origins whose pages may use it, beside its own: `["https://app.example.com"]`, or a function that says so of an origin.
   * @default none: only pages of the host that is asked
   */
  readonly origins?: readonly string[] | ((origin: string) => boolean);
  /**
   * Whether a proxy in front of this server says by `X-Forwarded-Host` which host was asked, and by the last entry of
   * `X-Forwarded-For` who asked. Where there is none, anybody could.
   * @default false
   */
  readonly trustProxy?: boolean;
}

/** What becomes of a request: `origin` is that of a page elsewhere that may see the answer. */
export type Verdict =
  | { readonly allowed: true; readonly origin: string | undefined }
  | { readonly allowed: false; readonly why: string };

/** How many different refusals are told: whoever asks can name as many origins as they like. */
const maxTold = 20;

/** Decides by a request's headers whether the page that it comes from may make it. */
export class Origins {
  readonly #isNamed: (origin: string) => boolean;
  readonly #trustProxy: boolean;
  readonly #tell: ((why: string) => void) | undefined;
  readonly #told = new Set<string>();

  /**
   * @param tell - told of each refusal, once. Scripts of a page are not told by the browser why they were refused
   * @throws {ShoalError} `BAD_REQUEST` when one of them is no origin
   */
  constructor({ origins = [], trustProxy = false }: OriginOptions, tell?: (why: string) => void) {
    this.#tell = tell;
    this.#isNamed = typeof origins === "function" ? origins : includedIn(origins);
    this.#trustProxy = trustProxy;
  }

  /**
   * A browser names the origin of a page with whatever can change something or be read by the page; and, where it does not, says by
   * `Sec-Fetch-Site` that the page is of another one. Who says neither is no browser, or is on this origin.
   */
  verdictOf(headers: IncomingHttpHeaders): Verdict {
    const { origin } = headers;
    const host = this.#hostOf(headers);
    if (origin === undefined) {
      const site = headers["sec-fetch-site"];
      if (site !== "cross-site" && site !== "same-site") return { allowed: true, origin: undefined };
      return this.#refuse("another origin that is not named", host);
    }
    if (isOf(host, origin)) return { allowed: true, origin: undefined };
    if (this.#isNamed(origin)) return { allowed: true, origin };
    return this.#refuse(JSON.stringify(origin.slice(0, 200)), host);
  }

  #refuse(origin: string, host: string): Verdict {
    const why = refusal(origin, host);
    if (this.#tell && this.#told.size < maxTold && !this.#told.has(why)) {
      this.#told.add(why);
      this.#tell(why);
    }
    return { allowed: false, why };
  }

  #hostOf(headers: IncomingHttpHeaders): string {
    const forwarded = this.#trustProxy
      ? String(headers["x-forwarded-host"] ?? "")
          .split(",", 1)[0]
          ?.trim()
      : "";
    return forwarded || (headers.host ?? String(headers[":authority"] ?? ""));
  }
}

function refusal(origin: string, host: string): string {
  const own = JSON.stringify(host.slice(0, 200));
  return `Pages of ${origin} may not use this API, which is at ${own}. Allow their origin by the server's option "origins".`;
}

/** The scheme is not compared: before a proxy it may be another one than here. */
function isOf(host: string, origin: string): boolean {
  const page = URL.parse(origin);
  return page !== null && URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}

function includedIn(origins: readonly string[]): (origin: string) => boolean {
  const known = new Set(origins);
  for (const origin of known) {
    if (URL.parse(origin)?.origin === origin && !origin.includes("*")) continue;
    const message = `origins: "${origin}" is no origin. Write a scheme, a host and, unless it is the scheme's own, a port: "https://app.example.com".`;
    throw new ShoalError("BAD_REQUEST", message);
  }
  return (origin) => known.has(origin);
}

/** Where refusals are told: in the log of the first realtime in a router. */
export function tellerOf(router: AnyTRPCRouter): ((why: string) => void) | undefined {
  const logger = connectionsOf(router)[0]?.options.logger;
  return logger && ((why) => logger.warn({ why }, "a web page was refused"));
}
