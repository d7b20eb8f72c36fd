import { spawn } from "node:child_process";
import { constants } from "node:os";
import { basename, isAbsolute } from "node:path";

/** How long a child may take to stop once it was asked to: longer than a server that lets its clients go. */
const GRACE_MS = 15_000;

/** Thrown for what the user can put right: shown without a stack. */
export class Failure extends Error {
  constructor(message, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** npm, where it started this: its end, even a violent one, asks this process to stop. */
const npm = process.env.npm_lifecycle_event === undefined ? undefined : process.ppid;
const NPM_CHECK_MS = 500;

let stopped;

/** The signal this process was asked to stop with, if any. */
export function stopSignal() {
  return stopped;
}

/**
 * Runs a program and returns its exit code. The child leads a process group of its own: a signal to this process goes to
 * the child once, a second one or fifteen seconds end the whole group, and nothing of the group outlives the child.
 */
export async function run(file, args, options = {}) {
  if (stopped) throw new Failure(`stopped by ${stopped}`, exitCodeOf(null, stopped));
  const child = spawn(file, args, { stdio: ["ignore", "inherit", "inherit"], ...options, detached: true });
  let deadline;
  const forward = (signal) => {
    if (stopped) return killGroup(child);
    stopped = signal;
    child.kill(signal);
    deadline = setTimeout(() => killGroup(child), GRACE_MS);
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  const watch = setInterval(() => {
    if (npm !== undefined && npm !== process.ppid && !stopped) forward("SIGTERM");
  }, NPM_CHECK_MS);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", (error) => reject(new Failure(`cannot run ${file}: ${error.message}`, 127)));
      child.once("exit", (code, signal) => resolve(exitCodeOf(code, signal)));
    });
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    for (const signal of signals) process.off(signal, forward);
    killGroup(child);
  }
}

/** Runs a program and fails unless it succeeds. */
export async function mustRun(file, args, options) {
  const code = await run(file, args, options);
  if (code !== 0)
    throw new Failure(
      `exit code ${code}: ${[file, ...args].map((part) => (isAbsolute(part) ? basename(part) : part)).join(" ")}`,
      code,
    );
}

function exitCodeOf(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}

function killGroup(child) {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH" && error.code !== "EPERM") throw error;
  }
}
