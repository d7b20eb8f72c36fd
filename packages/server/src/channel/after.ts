/** Calls `run` after so many milliseconds. @returns what takes it back */
export type After = (ms: number, run: () => void) => () => void;

/** By this machine's timers. It keeps no process alive. */
export const afterTime: After = (ms, run) => {
  const timeout = setTimeout(run, ms).unref();
  return () => clearTimeout(timeout);
};
