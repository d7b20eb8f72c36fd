const lock = "shoal-visible";

/** Lets the other tabs of this browser know while this one is visible, until the returned function is called. */
export function keepTabKnown(): () => void {
  let leave = new AbortController();
  const look = () => {
    leave.abort();
    leave = new AbortController();
    if (document.visibilityState === "visible") hold(leave.signal);
  };
  document.addEventListener("visibilitychange", look);
  look();
  return () => {
    document.removeEventListener("visibilitychange", look);
    leave.abort();
  };
}

/** Whether somebody sees the app in a tab of this browser, and so needs no notification of the browser's own. */
export async function isSomeTabVisible(): Promise<boolean> {
  const { held = [] } = (await navigator.locks?.query()) ?? {};
  return held.some(({ name }) => name === lock);
}

function hold(signal: AbortSignal): void {
  const until = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  // Locks are there in secure contexts alone, as notifications are. One that is given up before it was got fails.
  navigator.locks?.request(lock, { mode: "shared", signal }, () => until).catch(() => {});
}
