import { parentPort, workerData } from "node:worker_threads";
import { openReader } from "./reader.ts";
import type { ThreadCall, ThreadReply } from "./thread.ts";
import { openWriter } from "./writer.ts";

/** The thread of one connection. It answers one call after the other, in their order. */
const { role, path } = workerData as { role: "reader" | "writer"; path: string };
const calls = (role === "writer" ? openWriter(path) : openReader(path)) as unknown as Record<
  string,
  (...args: unknown[]) => unknown
>;

function answer({ id, name, args }: ThreadCall): ThreadReply {
  try {
    return { id, value: calls[name]?.(...args) };
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    return { id, error: { message, errcode } };
  }
}

parentPort?.on("message", (asked: readonly ThreadCall[]) => parentPort?.postMessage(asked.map(answer)));
parentPort?.postMessage([]);
