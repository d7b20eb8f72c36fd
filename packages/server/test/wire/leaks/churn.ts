import { connect, type Socket } from "node:net";
import { httpRequest } from "../hostile/support/ask-http.ts";
import { handshake, request } from "../hostile/support/peer.ts";
import { closeFrame, opcode, wireFrame } from "../hostile/support/wire-frame.ts";

/** A client that connects and says something, waits for what is to come, does something else, and in the end is gone. */
interface Visit {
  readonly says: (index: number) => Buffer;
  /** What it waits for, each followed by what it does then. Without any it goes at once. */
  readonly reacts?: readonly (readonly [heard: string, act: (socket: Socket) => unknown])[];
}

/** Half of the visitors come to one topic, which is there all the time, and half to one of their own. */
function fieldsOf(index: number, presence: boolean): string {
  const counterId = index % 2 === 0 ? "shared" : `own ${index}`;
  return JSON.stringify({ counterId, ...(presence && { presence: { typing: true }, clientId: `client ${index}` }) });
}

const texts = (...said: readonly string[]): Buffer =>
  Buffer.concat([
    Buffer.from(httpRequest("GET /trpc", handshake)),
    ...said.map((text) => wireFrame(opcode.text, text)),
  ]);
const watching = (index: number, presence: boolean): Buffer =>
  texts(request(1, "subscription", "counter.watch", fieldsOf(index, presence)));
const streaming = (index: number, presence: boolean): Buffer =>
  Buffer.from(
    httpRequest(
      `GET /trpc/realtime.counter.watch?input=${encodeURIComponent(`{"json":${fieldsOf(index, presence)}}`)}`,
    ),
  );
const own = (id: number, path: string): string =>
  `{"id":${id},"method":"subscription","params":{"path":"${path}","input":{"json":null}}}`;

const breakOff = (socket: Socket): unknown => socket.destroy();
const reset = (socket: Socket): unknown => socket.resetAndDestroy();
const close = (socket: Socket): unknown => socket.write(closeFrame(1000));
const stop = (socket: Socket): unknown => socket.write(wireFrame(opcode.text, '{"id":1,"method":"subscription.stop"}'));

/** Every way to come and go. */
export const visits: Readonly<Record<string, Visit>> = {
  "closes while it watches, and was here": { says: (index) => watching(index, true), reacts: [['"full"', close]] },
  "breaks off while it watches": { says: (index) => watching(index, false), reacts: [['"full"', breakOff]] },
  "is reset while it watches, and was here": { says: (index) => watching(index, true), reacts: [['"full"', reset]] },
  "stops to watch, and then closes": {
    says: (index) => watching(index, true),
    reacts: [
      ['"full"', stop],
      ['"stopped"', close],
    ],
  },
  "breaks off before its watch has begun": { says: (index) => watching(index, true), reacts: [["101", breakOff]] },
  "leaves an iterable of the application behind": {
    says: () => texts(own(1, "endless")),
    reacts: [['"json":1', breakOff]],
  },
  "leaves an observable of the application behind": {
    says: () => texts(own(1, "observed")),
    reacts: [['"json":1', breakOff]],
  },
  "sends a command, and does not wait for the answer": {
    says: (index) => texts(request(1, "mutation", "counter.touch", fieldsOf(index, false))),
    reacts: [["101", breakOff]],
  },
  "is closed for its garbage": { says: () => texts(...Array(20).fill("garbage")), reacts: [["Too many", breakOff]] },
  "breaks off within a frame": {
    says: () => Buffer.concat([texts(), wireFrame(opcode.text, "{}").subarray(0, 5)]),
    reacts: [["101", breakOff]],
  },
  "breaks off within its handshake": { says: (index) => texts().subarray(0, 20 + (index % 150)) },
  "never says who it is": {
    says: () => Buffer.from(httpRequest("GET /trpc?connectionParams=1", handshake)),
    reacts: [["101", breakOff]],
  },
  "is refused": { says: () => Buffer.from(httpRequest("GET /other", handshake)), reacts: [["404", breakOff]] },
  "breaks off its stream, and was here": { says: (index) => streaming(index, true), reacts: [['"full"', breakOff]] },
  "closes its half of a stream": {
    says: (index) => streaming(index, false),
    reacts: [['"full"', (socket) => socket.end()]],
  },
  "breaks off before its stream has begun": { says: (index) => streaming(index, true) },
};

/** So many are there at a time. */
const crowd = 50;

/** Lets so many come and go, as many in each way. */
export async function churn(port: number, count: number): Promise<void> {
  const ways = Object.values(visits);
  let begun = 0;
  const come = async (): Promise<void> => {
    while (begun < count) {
      const index = begun;
      begun += 1;
      await run(port, ways[index % ways.length] as Visit, index);
    }
  };
  await Promise.all(Array.from({ length: crowd }, come));
}

function run(port: number, { says, reacts = [] }: Visit, index: number): Promise<void> {
  return new Promise((resolve) => {
    let heard = "";
    let step = 0;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.setEncoding("latin1");
    socket.on("error", () => {});
    socket.on("close", () => resolve());
    socket.on("data", (chunk) => {
      heard += chunk;
      for (let next = reacts[step]; next && heard.includes(next[0]); next = reacts[step]) {
        step += 1;
        next[1](socket);
      }
    });
    socket.on("connect", () => socket.write(says(index), () => reacts.length === 0 && socket.destroy()));
  });
}
