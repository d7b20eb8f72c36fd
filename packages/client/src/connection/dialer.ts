import { ShoalError } from "@shoal/contract";
import type { Transport } from "../connection.ts";
import type { Codec } from "../transformer.ts";
import { httpUrl, socketUrl } from "../url.ts";
import type { WebSocketConstructor } from "../web-socket.ts";
import type { Fetch } from "./fetcher.ts";
import { HttpAside } from "./http-aside.ts";
import { HttpLine } from "./http-line.ts";
import type { Line, LineEvents } from "./line.ts";
import { SocketLine } from "./socket-line.ts";

/** How many characters are put together in one message. A server takes four times that in bytes. */
const largestBatch = 64 * 1024;

/** The default of `streamTurn`. */
const turn = 5_000;

/** How many streams a browser leaves room for beside other requests, where it opens six connections to a server. */
const streamsOverHttp1 = 4;

export interface DialerOptions {
  readonly url: string;
  readonly token?: (() => string | null | Promise<string | null>) | undefined;
  readonly headers?: (() => Record<string, string> | Promise<Record<string, string>>) | undefined;
  readonly codec: Codec;
  readonly WebSocket?: WebSocketConstructor | undefined;
  readonly fetch?: Fetch | undefined;
  readonly maxStreams?: number | undefined;
  /** The largest message that the server takes, in bytes. */
  readonly maxPayload: number;
  /** How long a stream is read while others wait for their turn, in milliseconds; by default five seconds. */
  readonly streamTurn?: number;
  /** The path of the query that tells the server's time. */
  readonly timePath: string;
}

/** Makes lines to one server. */
export class Dialer {
  readonly #options: DialerOptions;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  /** @throws {ShoalError} `SERVICE_UNAVAILABLE` when the application's function threw */
  async askToken(): Promise<string | null> {
    try {
      return (await this.#options.token?.()) || null;
    } catch (cause) {
      const message = "The client's option `token` threw. It will be asked again.";
      throw new ShoalError("SERVICE_UNAVAILABLE", message, { cause });
    }
  }

  /** @throws {ShoalError} `BAD_REQUEST` when there is nothing to dial, or nothing to dial with */
  dial(transport: Transport, token: string | null, events: LineEvents): Line {
    const { url, codec } = this.#options;
    const page = (globalThis as { readonly location?: { readonly href?: string } }).location?.href;
    const given = this.#options.token ? token : undefined;
    const fetch = (this.#options.fetch ?? globalThis.fetch?.bind(globalThis)) as Fetch | undefined;
    const asking = {
      url: httpUrl(url, page),
      token: given,
      renew: () => this.askToken(),
      headers: async () => (await this.#options.headers?.()) ?? {},
    };
    if (transport === "websocket") {
      const WebSocket = platform("WebSocket", this.#options.WebSocket ?? globalThis.WebSocket);
      const batchLimit = Math.min(largestBatch, this.#options.maxPayload / 4);
      const apart = fetch && new HttpAside({ ...asking, fetch });
      return new SocketLine({ url: socketUrl(url, page), token: given, codec, WebSocket, batchLimit, apart }, events);
    }
    const { timePath, streamTurn = turn } = this.#options;
    return new HttpLine(
      {
        ...asking,
        fetch: platform("fetch", fetch),
        codec,
        timePath,
        streamTurn,
        maxStreams: () =>
          this.#options.maxStreams ?? (page === undefined ? Number.POSITIVE_INFINITY : roomFor(timePath)),
      },
      events,
    );
  }
}

function platform<T>(name: string, found: T | undefined): T {
  if (found) return found;
  throw new ShoalError("BAD_REQUEST", `There is no ${name} here. Give the client one by its option \`${name}\`.`);
}

/** As many streams as one likes where the browser tells that it speaks HTTP/2 with the server. */
function roomFor(path: string): number {
  const asked = performance.getEntriesByType("resource") as readonly { name: string; nextHopProtocol?: string }[];
  const last = asked.findLast(({ name }) => name.includes(path));
  return /^h[23]/.test(last?.nextHopProtocol ?? "") ? Number.POSITIVE_INFINITY : streamsOverHttp1;
}
