import { Store } from "../../src/store.ts";

/** What the client asked the server for, in the order in which it did. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** One machine's way to the server: it can be switched off, loses what it is told to lose, and remembers what it carried. */
export class Network {
  online = true;
  /** Whether it loses what the client sends. */
  swallow = false;
  readonly asked = new Store<readonly Asked[]>([]);
  /** The kinds of all frames that have arrived. */
  readonly frames = new Store<readonly string[]>([]);
  /** Loses each message for which it returns true. */
  lose: (frame: { readonly kind: string }) => boolean = () => false;
  readonly WebSocket: typeof WebSocket;

  constructor() {
    const network = this;
    this.WebSocket = class extends WebSocket {
      constructor(url: string | URL) {
        // Nobody listens on port 2.
        super(network.online ? url : "ws://localhost:2");
        this.addEventListener("message", (event) => network.#carry(event));
      }

      override send(data: string): void {
        network.#remember(data);
        if (!network.swallow) super.send(data);
      }
    };
  }

  /** The inputs of all requests to this procedure, oldest first. */
  inputs(path: string): Asked["input"][] {
    return this.asked.current.filter((asked) => asked.path === path).map(({ input }) => input);
  }

  #remember(data: string): void {
    if (data === "PING" || data === "PONG") return;
    // Every client asks for the time, and no test of what it asks besides is about that.
    const messages = [JSON.parse(data)]
      .flat()
      .filter(({ params }) => params && !params.path.endsWith("connection.time"));
    this.asked.set([
      ...this.asked.current,
      ...messages.map(({ method, params }) => ({ method, path: params.path, input: params.input })),
    ]);
  }

  #carry(event: MessageEvent): void {
    const frame = event.data === "PONG" ? undefined : JSON.parse(event.data).result?.data?.data;
    if (frame?.kind === undefined) return;
    if (this.lose(frame)) event.stopImmediatePropagation();
    else this.frames.set([...this.frames.current, frame.kind]);
  }
}
