import { answer } from "../support/worker.ts";
import { callAll } from "./clients/call-all.ts";
import { generator, subscribeBare, subscribeSocketIo, subscribeSse, subscribeTo, watch } from "./clients/subscribe.ts";
import type { Subscribe, Subscriber } from "./clients/subscriber.ts";
import { Inbox, Tally } from "./clients/tally.ts";
import type { ContenderName } from "./contenders.ts";
import type { Calling } from "./pair.ts";

const ways: Readonly<Record<ContenderName, Subscribe>> = {
  naive: subscribeBare,
  shared: subscribeBare,
  joined: subscribeBare,
  socketIo: subscribeSocketIo,
  trpc: subscribeTo(generator),
  shoal: subscribeTo(watch),
  trpcSse: subscribeSse(generator),
  shoalSse: subscribeSse(watch),
};

/** So many connect at a time. */
const wave = 100;

const subscribe = ways[process.argv[2] as ContenderName];
const port = Number(process.argv[3]);
const tally = new Tally();
const inboxes: Inbox[] = [];
let open: Subscriber[] = [];

answer({
  /** Subscribes until so many are. */
  async subscribe(count: number) {
    while (open.length < count) {
      const first = open.length;
      const joining = Array.from({ length: Math.min(wave, count - first) }, (_, turn) => {
        const inbox = new Inbox(tally);
        inboxes.push(inbox);
        return subscribe({ port, index: first + turn }, inbox);
      });
      open.push(...(await Promise.all(joining)));
    }
  },
  reach: (total: number) => tally.reach(total),
  /** Ends all connections at once. */
  drop() {
    for (const subscriber of open) subscriber.drop();
    open = [];
  },
  forget() {
    inboxes.length = 0;
  },
  /** All who were dropped come back at once, each from where it was. */
  async comeBack() {
    open = await Promise.all(inboxes.map((inbox, index) => subscribe({ port, index }, inbox)));
  },
  call: (calling: Calling) => callAll(port, calling),
});
