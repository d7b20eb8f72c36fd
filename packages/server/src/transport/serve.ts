import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { AnyTRPCRouter, inferRouterContext } from "@trpc/server";
import type { TRPCRequestInfo } from "@trpc/server/http";
import { type WebSocket, WebSocketServer } from "ws";
import { drainingsOf } from "../draining.ts";
import { type RequestGuardOptions, requestGuard } from "../security/request-guard.ts";
import { Answering } from "./answering.ts";
import { Health } from "./health.ts";
import { type MetricsOptions, metricsHandler } from "./metrics.ts";
import { createHTTPHandler, type HTTPHandlerOptions } from "./sse/create-http-handler.ts";
import type { StreamLimits } from "./sse/limits.ts";
import { applyWSSHandler } from "./ws/apply-wss-handler.ts";
import { type SocketLimits, serverLimits } from "./ws/limits.ts";

export interface ServerOptions<Router extends AnyTRPCRouter> extends Omit<RequestGuardOptions, "router"> {
  readonly router: Router;
  /**
   * Makes the application's context, for HTTP and WebSocket alike. A WebSocket client's token is in
   * `info.connectionParams`, an HTTP client's in the headers of `req`.
   */
  readonly createContext: (request: {
    readonly req: IncomingMessage;
    readonly res: ServerResponse | WebSocket;
    readonly info: TRPCRequestInfo;
  }) => inferRouterContext<Router> | Promise<inferRouterContext<Router>>;
  /** Told of every error that a client is answered with, over HTTP and WebSocket alike, as tRPC's own handlers do it. */
  readonly onError?: NonNullable<HTTPHandlerOptions<Router>["onError"]>;
  /**
   * The port; 0 takes a free one.
   * @default 3000
   */
  readonly port?: number;
  /** @default every address of the machine */
  readonly host?: string;
  /**
   * Where the API is, for HTTP, SSE and WebSocket.
   * @default "/trpc"
   */
  readonly path?: `/${string}`;
  /**
   * Where it is answered whether the process lives, at `live`, and whether clients may be sent here, at `ready`: 200, or 503 from the
   * moment on at which the server drains.
   * @default "/health"
   */
  readonly health?: `/${string}` | false;
  /**
   * Where the node's metrics are read, and by whom: they are for those who run the server, and nobody else. See docs/observing.md.
   * @default nowhere
   */
  readonly metrics?: MetricsOptions & {
    /** @default "/metrics" */
    readonly path?: `/${string}`;
  };
  /**
   * Answers every other request, such as the web page's.
   * @default 404
   */
  readonly fallback?: RequestListener;
  /**
   * The largest message that a WebSocket client may send, and the largest body of an HTTP request, in bytes.
   * @default 262144
   */
  readonly maxPayload?: number;
  /**
   * How many calls an HTTP request may have, where a client puts several into one; more are refused with `BAD_REQUEST`. The stock
   * `httpBatchLink` is told by its own `maxItems`. Over WebSocket there may be any number in one message, since they wait for one another.
   * @default 100
   */
  readonly maxBatchSize?: number;
  /** What a WebSocket client may cost, how many there may be, and how long they may take to say who they are. */
  readonly limits?: SocketLimits;
  /** What a client with a stream over SSE may cost, and how many streams there may be. */
  readonly streamLimits?: Omit<StreamLimits, "trustProxy">;
}

/** A running server. */
export interface ServeHandle {
  readonly port: number;
  /** Where it listens, without the path: a client's `url` is `${url}/trpc`. */
  readonly url: string;
  readonly server: Server;
  /** The open WebSocket connections. */
  readonly sockets: ReadonlySet<WebSocket>;
  /**
   * Stops, within 12 seconds: the realtimes of the router drain, as `realtime.drain()` does it, then the server takes no more requests and
   * those under way end.
   */
  close(): Promise<void>;
}

/** How long requests under way may take to end once all is drained, in milliseconds. */
const closeGraceMs = 1_000;

/**
 * Serves a tRPC router over HTTP, SSE and WebSocket on one port, on a server of its own. An application that has a
 * server mounts the router there instead.
 *
 * @throws when the port cannot be listened on
 */
export async function serve<Router extends AnyTRPCRouter>(options: ServerOptions<Router>): Promise<ServeHandle> {
  const { host, fallback = notFound, health: healthPath = "/health", trustProxy = false } = options;
  const path = (options.path ?? "/trpc").replace(/\/+$/, "");
  const { router, createContext, onError, limits, maxPayload = serverLimits.maxPayload, maxBatchSize = 100 } = options;
  const guard = requestGuard(options);
  const drainings = drainingsOf(router);
  const isReady = () => [...drainings].every((draining) => draining.isReady);
  const health = healthPath === false ? undefined : new Health(healthPath, isReady);
  const metrics = options.metrics && {
    path: options.metrics.path ?? "/metrics",
    answer: metricsHandler(options.metrics),
  };
  const api = createHTTPHandler({
    router,
    createContext,
    ...(onError && { onError }),
    basePath: `${path}/`,
    maxBodySize: maxPayload,
    maxBatchSize,
    ...options.streamLimits,
    trustProxy,
  });
  const answering = new Answering();
  const server = createServer((req, res) => {
    answering.begin(req, res);
    if (health?.answer(req, res)) return undefined;
    if (metrics && pathOf(req) === metrics.path) return metrics.answer(req, res);
    if (!isUnder(path, req)) return fallback(req, res);
    const refused = refusalOf(req);
    return refused ? res.writeHead(refused).end() : guard.http(req, res, () => api(req, res));
  });
  const wss = new WebSocketServer({ ...serverLimits, noServer: true, maxPayload, verifyClient: guard.verifyClient });
  const trpc = applyWSSHandler({ wss, router, createContext, ...(onError && { onError }), trustProxy, ...limits });
  server.on("upgrade", (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Who asks before they were answered would find the answers among the frames.
    if (answering.isOn(socket)) return socket.destroy();
    if (!isUnder(path, req)) return refuse(socket);
    wss.handleUpgrade(req, socket, head, (client) => wss.emit("connection", client, req));
  });
  await listen(server, options.port ?? 3000, host);
  const { port } = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await Promise.all([...drainings].map((draining) => draining.drain()));
    await trpc.drain();
    await stop(server, wss);
  };
  return {
    port,
    url: `http://${host ?? "localhost"}:${port}`,
    server,
    sockets: wss.clients,
    close() {
      closed ??= end();
      return closed;
    },
  };
}

/** Ends what is under way, but not without an end. */
async function stop(server: Server, wss: WebSocketServer): Promise<void> {
  const grace = setTimeout(() => {
    for (const client of wss.clients) client.terminate();
    server.closeAllConnections();
  }, closeGraceMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  wss.close();
  clearTimeout(grace);
}

/** As tRPC makes it of the URL. One that names another host has none. */
function pathOf({ url = "/" }: IncomingMessage): string | undefined {
  if (!url.startsWith("/") || url.startsWith("//")) return undefined;
  return URL.parse(url, "http://localhost")?.pathname;
}

/** `/trpc/../admin` is not under `/trpc`. */
function isUnder(path: string, req: IncomingMessage): boolean {
  const pathname = pathOf(req);
  return pathname === path || pathname?.startsWith(`${path}/`) === true;
}

/** The HTTP status for what can be no `Request`, which tRPC would take for a fault of the server. */
function refusalOf({ method, headers: { host = "" } }: IncomingMessage): number | undefined {
  if (method === "TRACE") return 405;
  return host.includes("@") ? 400 : undefined;
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function notFound(_req: IncomingMessage, res: ServerResponse): void {
  res.writeHead(404, { "content-type": "text/plain" }).end("Not found\n");
}

function refuse(socket: Duplex): void {
  socket.on("error", () => socket.destroy());
  // The client need not close its end, and nothing else would.
  socket.once("finish", () => socket.destroy());
  socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}
