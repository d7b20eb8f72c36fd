const aYearMs = 365 * 24 * 60 * 60 * 1_000;

/** Runs something as if a year had passed, so that what looks at the clock gives something else. */
export function atAnotherTime<R>(run: () => R): R {
  const Now = globalThis.Date;
  class Later extends Now {
    constructor(...args: readonly unknown[]) {
      super(...((args.length > 0 ? args : [Later.now()]) as [number]));
    }
    static override now(): number {
      return Now.now() + aYearMs;
    }
  }
  globalThis.Date = Later as DateConstructor;
  try {
    return run();
  } finally {
    globalThis.Date = Now;
  }
}
