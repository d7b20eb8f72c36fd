/**
 * Kills this process as `kill -9` would when `SHOAL_FAILPOINT` names the place. Only sources have it; what is built
 * carries {@link ./no-failpoint.ts} instead.
 */
export function failpoint(name: "before-commit" | "after-commit" | "before-publish"): void {
  if (process.env.SHOAL_FAILPOINT === name) process.kill(process.pid, "SIGKILL");
}
