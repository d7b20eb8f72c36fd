import assert from "node:assert/strict";
import type { Frame } from "@shoal/contract";
import type { DashboardState, DashboardTypes } from "@shoal/contract/dashboards";
import { createTRPCClient, createWSClient, wsLink } from "@trpc/client";
import { WebSocket } from "ws";
import { type DashboardApp, ops } from "./dashboard-app.ts";

type Tier = keyof typeof ops.tiers;

/** Somebody who watches over a socket with the stock client, which comes back by itself: what it has follows from the frames by the contract alone. */
export class DashboardViewer {
  state: DashboardState | undefined;
  offset = -1;
  readonly kinds: string[] = [];
  readonly faults: unknown[] = [];
  readonly #socket;
  /** Whether the network lets it through. */
  #isOnline = true;

  constructor(url: string, tier?: Tier) {
    const isOnline = () => this.#isOnline;
    this.#socket = createWSClient({
      url: () => (isOnline() ? url : "ws://localhost:1"),
      connectionParams: { token: "ann" },
      retryDelayMs: () => 10,
      WebSocket: class extends WebSocket {
        constructor(url: string | URL) {
          super(url);
          this.on("error", () => {});
        }
      } as never,
    });
    const client = createTRPCClient<DashboardApp["router"]>({ links: [wsLink({ client: this.#socket })] });
    client.realtime.ops.watch.subscribe(tier === undefined ? {} : { audience: tier }, {
      onData: ({ data }) => this.#receive(data as Frame<DashboardTypes<"ops">>),
      onError: (error) => this.faults.push(error),
    });
  }

  goOffline(): void {
    this.#isOnline = false;
  }

  comeBack(): void {
    this.#isOnline = true;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#socket.close();
  }

  #receive(frame: Frame<DashboardTypes<"ops">>): void {
    try {
      this.kinds.push(frame.kind);
      if (frame.kind === "snapshot") {
        this.state = frame.state;
        this.offset = frame.offset;
      }
      if (frame.kind !== "events") return;
      assert.equal(frame.from, this.offset + 1, "a frame does not follow the one before");
      for (const { type, data } of frame.events) {
        assert(this.state, "events come before a state");
        this.state = type === "updated" ? ops.apply.updated(this.state, data) : ops.apply.leased(this.state, data);
      }
      this.offset = frame.to;
    } catch (error) {
      this.faults.push(error);
    }
  }
}
