import type { Wanted } from "./line.ts";

/** As much of `fetch` as the client uses. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface FetcherOptions {
  /** `http://…` or `https://…`. */
  readonly url: string;
  /** The token to begin with; undefined where the client has none to give. */
  readonly token: string | null | undefined;
  /** Asks for another token. */
  readonly renew: () => Promise<string | null>;
  /** What to send besides. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly fetch: Fetch;
  /** How cookies travel where there is no token; by default as the platform does it: with requests to the page's own origin. */
  readonly credentials?: RequestCredentials;
}

/** Asks over HTTP, in tRPC's format, with the token in a header; and for another token when the server refuses this one. */
export class Fetcher {
  readonly #options: FetcherOptions;
  #token: string | null | undefined;
  #renewing: Promise<string | null> | undefined;
  /** Whether the token is a new one, to which nothing was answered yet. */
  #unproven = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#token = options.token;
  }

  /** The token of the next request. */
  get token(): string | null | undefined {
    return this.#token;
  }

  async fetch(type: "query" | "mutation" | "subscription", path: string, wanted: Wanted, signal: AbortSignal) {
    const token = this.#token;
    const response = await this.#fetch(type, path, wanted, signal);
    if (response.status !== 401 || !(await this.renewed(token))) return response;
    return await this.#fetch(type, path, wanted, signal);
  }

  /** To be called when the server has answered well. */
  proven(): void {
    this.#unproven = false;
  }

  /** To be called when the server has refused a token. @returns whether there is another one now, which is worth a try */
  async renewed(refused: string | null | undefined): Promise<boolean> {
    if (refused === undefined) return false;
    if (this.#token !== refused) return true;
    if (this.#unproven) return false;
    this.#renewing ??= this.#options.renew().finally(() => {
      this.#renewing = undefined;
    });
    const token = await this.#renewing.catch(() => refused);
    if (token === refused) return false;
    this.#token = token;
    this.#unproven = true;
    return true;
  }

  async #fetch(type: string, path: string, { input }: Wanted, signal: AbortSignal): Promise<Response> {
    const { fetch, headers, credentials } = this.#options;
    const url = new URL(this.#options.url);
    url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
    const isMutation = type === "mutation";
    if (!isMutation && input !== undefined) url.searchParams.set("input", input);
    const token = this.#token;
    return await fetch(url.href, {
      method: isMutation ? "POST" : "GET",
      cache: "no-store",
      signal,
      ...(!token && credentials && { credentials }),
      headers: {
        accept: type === "subscription" ? "text/event-stream" : "application/json",
        ...(isMutation && { "content-type": "application/json" }),
        ...(token && { authorization: `Bearer ${token}` }),
        ...(await headers()),
      },
      ...(isMutation && input !== undefined && { body: input }),
    });
  }
}
