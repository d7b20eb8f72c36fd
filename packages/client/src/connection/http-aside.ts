import { Fetcher, type FetcherOptions } from "./fetcher.ts";
import { type HttpAnswer, readAnswer } from "./http-answer.ts";
import type { ApartCall, WayApart } from "./line.ts";

const refusals = [401, 403, 404];

/** Asks over HTTP beside a socket, which an answer of many megabytes would hold up. */
export class HttpAside implements WayApart {
  heardAt = performance.now();
  readonly #options: FetcherOptions;
  #fetcher: Fetcher;

  constructor(options: FetcherOptions) {
    // Without a token it is a cookie that tells who asks, if anything does. The socket took it along, wherever its server is.
    this.#options = { ...options, credentials: "include" };
    this.#fetcher = new Fetcher(this.#options);
  }

  send(call: ApartCall): () => void {
    const controller = new AbortController();
    void this.#ask(call, controller.signal);
    return () => controller.abort();
  }

  /** The socket has another token now. */
  authenticate(token: string | null): void {
    this.#fetcher = new Fetcher({ ...this.#options, token });
  }

  async #ask(call: ApartCall, signal: AbortSignal): Promise<void> {
    const wanted = call.prepare();
    if (!wanted) return;
    const fetcher = this.#fetcher;
    const answer = await fetcher
      .fetch("query", call.path, wanted, signal)
      .then((response) => this.#read(response))
      .catch(() => undefined);
    if (signal.aborted) return;
    if (answer?.kind === "data") {
      fetcher.proven();
      call.data(answer.data, undefined, true);
    } else if (answer?.kind === "error") call.failed(answer.shape);
    else call.turnBack();
  }

  /** Whether there is no such procedure, or the user may not ask, is for the socket to say: it may be served by another router. */
  async #read(response: Response): Promise<HttpAnswer | undefined> {
    const { body, status } = response;
    const heard = new TransformStream({
      transform: (part, parts) => {
        this.heardAt = performance.now();
        parts.enqueue(part);
      },
    });
    const answer = await readAnswer(body ? new Response(body.pipeThrough(heard), response) : response);
    return refusals.includes(status) ? undefined : answer;
  }
}
