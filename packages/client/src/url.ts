import { ShoalError } from "@shoal/contract";

const known = /^(http|ws)(?=s?:)/;

/**
 * The WebSocket address of a tRPC endpoint.
 *
 * @param url - absolute (`https://example.org/trpc`), or relative to `page` (`/trpc`)
 * @param page - the address of the page, where there is one
 * @throws {ShoalError} `BAD_REQUEST` when this makes no address
 */
export function socketUrl(url: string, page: string | undefined): string {
  return addressOf(url, page, "ws");
}

/** The HTTP address of a tRPC endpoint, of the same `url`. */
export function httpUrl(url: string, page: string | undefined): string {
  return addressOf(url, page, "http");
}

function addressOf(url: string, page: string | undefined, protocol: string): string {
  const address = URL.canParse(url, page) ? new URL(url, page).href : "";
  if (!known.test(address)) {
    throw new ShoalError(
      "BAD_REQUEST",
      `"${url}" is no address of a server. Outside a browser it needs http(s):// or ws(s)://.`,
    );
  }
  return address.replace(known, protocol);
}
