import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inTime } from "../support/recorder.ts";
import type { StoreAt } from "./store-at.ts";

/** How long a process may take for anything, in milliseconds: it has to be loaded, on a machine that may be busy. */
const patience = 30_000;

/** Runs a program on a store, and kills it after so many messages and some time. @returns the messages */
export async function killedAfter(
  program: URL,
  at: StoreAt,
  messages: number,
  ms: number,
): Promise<readonly unknown[]> {
  const child = fork(fileURLToPath(program), [JSON.stringify(at)], { execArgv: ["--conditions=@shoal/source"] });
  const heard: unknown[] = [];
  const gone = once(child, "exit");
  try {
    const enough = new Promise<void>((resolve) => {
      child.on("message", (message) => {
        heard.push(message);
        if (heard.length === messages) setTimeout(resolve, ms);
      });
    });
    await inTime(enough, `${messages} messages`, patience);
  } finally {
    child.kill("SIGKILL");
    await gone;
  }
  return heard;
}
