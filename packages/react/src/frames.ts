/** How long to wait where there are no frames, in milliseconds: about as long as one. */
const withoutFrames = 16;

/** How long to wait for a frame that does not come, as in a page that is hidden, in milliseconds. */
const lateFrame = 250;

const waiting = new Set<() => void>();
let cancel: (() => void) | undefined;

/**
 * Calls `run` before the next frame is painted, once however often it was asked for. In a page that paints nothing, a timer takes
 * the frame's place.
 */
export function nextFrame(run: () => void): void {
  waiting.add(run);
  if (!cancel) schedule();
}

/** Forgets what waits for the next frame. */
export function forgetFrame(run: () => void): void {
  waiting.delete(run);
}

function schedule(): void {
  const hasFrames = typeof requestAnimationFrame === "function";
  const frame = hasFrames ? requestAnimationFrame(flush) : undefined;
  const timer = setTimeout(flush, hasFrames ? lateFrame : withoutFrames);
  cancel = () => {
    if (frame !== undefined) cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}

function flush(): void {
  cancel?.();
  cancel = undefined;
  const runs = [...waiting];
  waiting.clear();
  for (const run of runs) run();
}
