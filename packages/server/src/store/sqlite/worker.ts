import { parentPort, workerData } from "node:worker_threads";
import { openReader } from "./reader.ts";
import { openWriter } from "./writer.ts";

/** The thread of one connection. It answers one call after the other, in their order. */
const { role, path } = workerData as { role: "reader" | "writer"; path: string };
const calls = (role === "writer" ? openWriter(path) : openReader(path)) as unknown as Record<
  string,
  (...args: unknown[]) => unknown
>;

parentPort?.on("message", ({ id, name, args }: { id: number; name: string; args: unknown[] }) => {
  try {
    parentPort?.postMessage({ id, value: calls[name]?.(...args) });
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number };
    parentPort?.postMessage({ id, error: { message, errcode } });
  }
});
parentPort?.postMessage({ ready: true });
