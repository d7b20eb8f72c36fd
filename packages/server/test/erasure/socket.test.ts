import { serve, system } from "@shoal/server";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { userOf } from "../support/app.ts";
import { Recorder } from "../support/recorder.ts";
import { board } from "./board.ts";
import { createBoards } from "./board-app.ts";

const home = { boardId: "home" };
const text = "what must not stay";

/** Everything that a server says on a socket to who asks for this. */
async function listen(port: number, requests: readonly object[]) {
  const socket = new WebSocket(`ws://localhost:${port}/trpc`);
  const heard = new Recorder<string>();
  socket.on("message", (data) => heard.push(String(data)));
  socket.on("open", () => {
    for (const [index, request] of requests.entries()) socket.send(JSON.stringify({ id: index + 1, ...request }));
  });
  return { heard, [Symbol.asyncDispose]: async () => socket.terminate() };
}

const watch = (lastEventId?: string) => ({
  method: "subscription",
  params: { path: "realtime.board.watch", input: { ...home, lastEventId } },
});

test("Nothing that a server says on a socket says what was redacted or erased before", async () => {
  await using boards = createBoards();
  const handle = await serve({
    router: boards.router,
    port: 0,
    createContext: () => ({ user: userOf("ann") }),
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => handle.close());
  const topic = boards.realtime.topic(board, home).as(system);
  const positions = [(await topic.snapshot()).position];
  const post = {
    method: "mutation",
    params: { path: "realtime.board.post", input: { ...home, text, commandId: "c1" } },
  };
  {
    await using first = await listen(handle.port, [watch(), post]);
    await first.heard.until((items) => items.filter((item) => item.includes(text)).length >= 2);
  }
  positions.push((await topic.snapshot()).position);
  await topic.send.remove({ offsets: [1] });
  positions.push((await topic.snapshot()).position);
  const all = [undefined, ...positions.map((position) => position.replace("system", "all"))];
  {
    await using later = await listen(handle.port, [...all.map(watch), post]);
    await later.heard.until((items) => all.every((_, index) => items.some((item) => isFrame(item, index + 1))));
    await later.heard.first((item) => item.startsWith(`{"id":${all.length + 1},`));
    expect(later.heard.items.join("\n")).not.toContain(text);
  }
  await topic.erase();
  await using last = await listen(handle.port, all.map(watch));
  await last.heard.until((items) => all.every((_, index) => items.some((item) => isFrame(item, index + 1))));
  expect(last.heard.items.filter((item) => item.includes('"reason":"epoch"'))).toHaveLength(positions.length);
  expect(last.heard.items.join("\n")).not.toContain(text);
});

function isFrame(item: string, id: number): boolean {
  return item.startsWith(`{"id":${id},"result":{"type":"data"`);
}
