import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What one request is answered with. */
type Answer = (response: ServerResponse, request: IncomingMessage, input: unknown) => void;

/** An HTTP server that answers by hand, by the path of the procedure. It tells its time, unless it is told otherwise. */
export async function startHttpServer(answers: Readonly<Record<string, Answer>>) {
  const requests: { readonly path: string; readonly authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const path = url.pathname.replace("/trpc/", "");
    requests.push({ path, authorization: request.headers.authorization });
    const answer =
      answers[path] ?? (path === "realtime.connection.time" ? json({ result: { data: { now: 1 } } }) : notFound);
    answer(response, request, JSON.parse(url.searchParams.get("input") ?? "null"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/trpc`,
    requests,
    cut: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Answers with this as JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer {
  return (response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** Answers with an error of tRPC. */
export function error(code: string, status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  return json(
    { error: { message: `It is ${code}.`, code: -32000, data: { code, httpStatus: status } } },
    status,
    headers,
  );
}

/** Begins a stream of events, which goes on until it is ended. */
export function stream(response: ServerResponse, ...blocks: readonly string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.write(blocks.map((block) => `${block}\n\n\n`).join(""));
}

const notFound = error("NOT_FOUND", 404);
