import type { Logger } from "@shoal/server";

/** For tests that make a realtime of their own and have nothing to do with what it logs. */
export const quiet: Logger = { info: () => {}, warn: () => {}, error: () => {} };
