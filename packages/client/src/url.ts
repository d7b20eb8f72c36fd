import { ShoalError } from "@shoal/contract";

const socketProtocols: Readonly<Record<string, string>> = {
  "http:": "ws:",
  "https:": "wss:",
  "ws:": "ws:",
  "wss:": "wss:",
};
const httpProtocols: Readonly<Record<string, string>> = {
  "http:": "http:",
  "https:": "https:",
  "ws:": "http:",
  "wss:": "https:",
};

/**
 * The WebSocket address of a tRPC endpoint.
 *
 * @param url - absolute (`https://example.org/trpc`), or relative to `page` (`/trpc`)
 * @param page - the address of the page, where there is one
 * @throws {ShoalError} `BAD_REQUEST` when this makes no address
 */
export function socketUrl(url: string, page: string | undefined): string {
  return addressOf(url, page, socketProtocols);
}

/** The HTTP address of a tRPC endpoint, of the same `url`. */
export function httpUrl(url: string, page: string | undefined): string {
  return addressOf(url, page, httpProtocols);
}

function addressOf(url: string, page: string | undefined, protocols: Readonly<Record<string, string>>): string {
  const address = URL.canParse(url, page) ? new URL(url, page) : undefined;
  const protocol = address && protocols[address.protocol];
  if (!protocol) {
    throw new ShoalError(
      "BAD_REQUEST",
      `"${url}" is no address of a server. Outside a browser it needs http(s):// or ws(s)://.`,
    );
  }
  // Assigning `protocol` is no way: URL refuses to change from http to ws in some runtimes.
  return protocol + address.href.slice(address.protocol.length);
}
