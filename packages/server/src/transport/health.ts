import type { IncomingMessage, ServerResponse } from "node:http";

/** Answers what an orchestrator or a load balancer asks: whether the process lives, and whether clients may be sent to it. */
export class Health {
  readonly #path: string;
  readonly #isReady: () => boolean;

  /**
   * @param path - under which `live` and `ready` are answered
   */
  constructor(path: string, isReady: () => boolean) {
    this.#path = path;
    this.#isReady = isReady;
  }

  /** @returns whether it was asked */
  answer({ url = "/", method }: IncomingMessage, res: ServerResponse): boolean {
    const [pathname] = url.split("?", 1);
    if (method !== "GET" && method !== "HEAD") return false;
    if (pathname === `${this.#path}/live`) tell(res, 200, "live");
    else if (pathname !== `${this.#path}/ready`) return false;
    else if (this.#isReady()) tell(res, 200, "ready");
    else tell(res, 503, "draining");
    return true;
  }
}

function tell(res: ServerResponse, status: number, word: string): void {
  res.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  res.end(`${JSON.stringify({ status: word })}\n`);
}
