/** Runs what somebody else wrote. What it throws is told as not caught, and harms nobody who called it. */
export function apart(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
