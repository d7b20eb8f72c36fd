import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { inTime } from "../support/recorder.ts";
import type { StoreAt } from "./store-at.ts";

/** How long a process may take to start and die, in milliseconds. */
const patience = 20_000;

/** Runs a program on a store, with one more argument, in a process that dies at the failpoint the first time it gets there. */
export async function dieAt(failpoint: string, program: URL, at: StoreAt, argument: string): Promise<void> {
  const dying = spawn(
    process.execPath,
    ["--conditions=@shoal/source", fileURLToPath(program), JSON.stringify(at), argument],
    { env: { ...process.env, SHOAL_FAILPOINT: failpoint }, stdio: ["ignore", "ignore", "ignore", "ipc"] },
  );
  try {
    expect(await inTime(once(dying, "exit"), "its death", patience)).toEqual([null, "SIGKILL"]);
  } finally {
    dying.kill("SIGKILL");
  }
}
