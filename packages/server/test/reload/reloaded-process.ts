import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { StoreAt } from "../durability/store-at.ts";
import { inTime } from "../support/recorder.ts";
import type { Asked, Told } from "./process.ts";

const file = fileURLToPath(new URL("./process.ts", import.meta.url));

/** How long the process may take for one thing, in milliseconds: it has to be loaded, on a machine that may be busy. */
const patience = 20_000;

/** The development server of `process.ts`, on a store. Disposing of it kills it. */
export function startReloaded(store: StoreAt) {
  const child = spawn(process.execPath, ["--conditions=@shoal/source", "--disable-warning=ExperimentalWarning", file], {
    stdio: ["ignore", "inherit", "pipe", "ipc"],
    env: { ...process.env, SHOAL_STORE: JSON.stringify(store) },
  });
  const exited = once(child, "close");
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  let last: Promise<unknown> = Promise.resolve();
  const ask = (asked: Asked): Promise<Told> => {
    const answer = last.then(async () => {
      const answering = once(child, "message");
      child.send(asked);
      const [told] = (await inTime(answering, `an answer to "${asked}"`, patience)) as [Told];
      if (told.failed) throw new Error(told.failed);
      return told;
    });
    last = answer.catch(() => {});
    return answer;
  };
  return {
    ask,
    /** What it wrote to standard error. */
    complaints: () => complaints,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
