/** For tests, which ask more often than a person would, and whose clients need not leave one after the other. */
export const hurried = { rates: { commandsPerMinute: 0 }, drainSpreadMs: 0 } as const;
