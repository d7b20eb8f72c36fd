import { once } from "node:events";
import { WebSocket } from "ws";
import type { Calling } from "../pair.ts";
import { tokenOf } from "./subscriber.ts";

const text = "x".repeat(200);

/** Calls the mutation `echo` so many times over one socket, so many at a time. @throws when an answer is not the one asked for */
export async function callAll(port: number, { calls, outstanding }: Calling): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/trpc`, { headers: { authorization: tokenOf(0) } });
  await once(socket, "open");
  const waiting = new Set<number>();
  let made = 0;
  const call = () => {
    if (made === calls) return;
    made += 1;
    waiting.add(made);
    const input = { json: { text } };
    socket.send(JSON.stringify({ id: made, method: "mutation", params: { path: "echo", input } }));
  };
  const finished = new Promise<void>((resolve, reject) => {
    socket.on("close", () => reject(new Error(`${waiting.size} calls were not answered`)));
    socket.on("message", (data: Buffer) => {
      const { id, result } = JSON.parse(data.toString());
      if (!waiting.delete(id) || result?.data?.json?.text !== text) reject(new Error(`a wrong answer: ${data}`));
      call();
      if (made === calls && waiting.size === 0) resolve();
    });
  });
  for (let turn = 0; turn < outstanding; turn += 1) call();
  await finished;
  socket.terminate();
}
