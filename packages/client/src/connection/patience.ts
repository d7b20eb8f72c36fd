/** How long things may take, in milliseconds. */
export const patience = {
  /** The option `token` to answer. */
  token: 10_000,
  /** A line to open. */
  opening: 10_000,
  /** Silence before the server is asked whether it is there. */
  silence: 25_000,
  /** Its answer. */
  pong: 10_000,
  /** Its answer where there is reason to doubt. */
  doubt: 5_000,
  /** A line until it counts as stable. */
  stability: 30_000,
  /** From one tick to the next at most: a tick that comes much too late tells that the device slept. */
  tick: 10_000,
  lateness: 5_000,
  /** What the server asks for before the next attempt, at most. */
  retryAfter: 300_000,
} as const;
