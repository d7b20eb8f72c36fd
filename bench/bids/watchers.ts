import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { answer } from "../support/worker.ts";

export interface Watching {
  readonly port: number;
  readonly auctionId: string;
  readonly watchers: number;
}

export interface Bidding {
  readonly count: number;
  /** From one bid to the next. */
  readonly gapMs: number;
}

/** How long a bid took until a watcher had it, for each bid and watcher, and how long until its bidder had the answer. Milliseconds. */
export interface Lateness {
  readonly heard: readonly number[];
  readonly answered: readonly number[];
}

/** So many connect at a time. */
const wave = 100;
const bidMark = /"type":"bidPlaced","data":\{"offset":(\d+)/g;

let lot: Watching | undefined;
let bidders: WebSocket[] = [];
let bids = 0;
let hear: (offset: number) => void = () => {};

/** @returns the socket once the server has said for the first time what `opened` is in */
function connect(who: string, request: (auctionId: string) => object, opened: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${lot?.port}/`, { headers: { authorization: who } });
    socket.on("error", reject);
    socket.on("open", () => socket.send(JSON.stringify(request(lot?.auctionId ?? ""))));
    socket.on("message", (data: Buffer) => {
      const text = data.toString("latin1");
      if (text.includes(opened)) resolve(socket);
      for (const [, offset] of text.matchAll(bidMark)) hear(Number(offset));
    });
  });
}

const time = () => ({ id: 1, method: "query", params: { path: "realtime.connection.time" } });

function call(id: number, path: string, input: object) {
  return { id, method: "mutation", params: { path, input } };
}

const watch = (auctionId: string) => ({
  id: 1,
  method: "subscription",
  params: { path: "realtime.auctions.watch", input: { auctionId } },
});

answer({
  async watch(watching: Watching) {
    lot = watching;
    for (let first = 0; first < watching.watchers; first += wave) {
      const joining = Array.from({ length: Math.min(wave, watching.watchers - first) }, (_, turn) =>
        connect(`watcher-${first + turn}`, watch, '"kind":"snapshot"'),
      );
      await Promise.all(joining);
    }
    bidders = [await connect("ann", time, '"now"'), await connect("ben", time, '"now"')];
  },
  /** Two people outbid each other, with a pause after each bid, and everybody hears of it. */
  async bid({ count, gapMs }: Bidding): Promise<Lateness> {
    const { auctionId = "", watchers = 0 } = lot ?? {};
    const [heard, answered]: number[][] = [[], []];
    for (let turn = 0; turn < count; turn += 1) {
      bids += 1;
      const bidder = bidders[bids % 2];
      const sent = performance.now();
      const input = { auctionId, amount: bids * 10, currency: "EUR" };
      await new Promise<void>((resolve, reject) => {
        let left = watchers + 1;
        const done = () => {
          left -= 1;
          if (left === 0) resolve();
        };
        hear = () => {
          heard?.push(performance.now() - sent);
          done();
        };
        bidder?.once("message", (data: Buffer) => {
          if (!data.includes('"ok":true')) reject(new Error(`a bid was not accepted: ${data}`));
          answered?.push(performance.now() - sent);
          done();
        });
        bidder?.send(JSON.stringify(call(bids + 1, "realtime.auctions.placeBid", input)));
      });
      await delay(gapMs);
    }
    return { heard: heard ?? [], answered: answered ?? [] };
  },
});
