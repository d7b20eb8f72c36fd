import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import { type Auctions, auctions } from "@shoal/contract/auctions";
import { createTRPCClient, createWSClient, getUntypedClient, wsLink } from "@trpc/client";
import { WebSocket } from "ws";
import type { AuctionRouter } from "./auctions-server.ts";

type State = Auctions["state"];

/** Somebody with the stock client over a socket, which comes back by itself, and every text that the server sent to them. */
export function connectTo(webSocketUrl: string, token: string | null) {
  const texts: string[] = [];
  const socket = createWSClient({
    url: webSocketUrl,
    connectionParams: token === null ? null : { token },
    retryDelayMs: () => 50,
    WebSocket: class extends WebSocket {
      constructor(url: string | URL) {
        super(url);
        this.on("message", (data) => texts.push(String(data)));
        this.on("error", () => {});
      }
    } as never,
  });
  const client = createTRPCClient<AuctionRouter>({ links: [wsLink({ client: socket })] });
  return {
    trpc: client.realtime,
    /** Asks for what the compiler would not let pass. */
    untyped: getUntypedClient(client),
    texts,
    [Symbol.asyncDispose]: async () => socket.close(),
  };
}

export type Connection = ReturnType<typeof connectTo>;

/** An auction as a client sees it: each frame is held against the one before, and is applied by the contract alone. */
export class AuctionReplica {
  state: State | undefined;
  offset = 0;
  readonly faults: unknown[] = [];
  readonly #subscription: { unsubscribe(): void };
  readonly #changed: (state: State) => void;

  constructor({ trpc }: Connection, params: Auctions["params"], changed: (state: State) => void = () => {}) {
    this.#changed = changed;
    this.#subscription = trpc.auctions.watch.subscribe(params, {
      onData: ({ data }) => this.#receive(data as Frame<Auctions>),
      onError: (error) => this.faults.push(error),
    });
  }

  stop(): void {
    this.#subscription.unsubscribe();
  }

  #receive(frame: Frame<Auctions>): void {
    try {
      if (frame.kind === "snapshot") {
        this.state = frame.state;
        this.offset = frame.offset;
      } else if (frame.kind === "events") {
        assert.equal(frame.from, this.offset + 1, "events do not follow one another");
        for (const { type, data } of frame.events) {
          const apply = auctions.apply[type] as (state: State, data: unknown) => State;
          this.state = apply(this.state ?? assert.fail("events come before a state"), data);
        }
        this.offset = frame.to;
      }
      if (this.state) this.#changed(this.state);
    } catch (error) {
      this.faults.push(error);
    }
  }
}
