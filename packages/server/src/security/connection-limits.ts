/** How many connections there may be. They are counted by the realtime, whichever handlers serve it on this node. */
export interface ConnectionLimits {
  /**
   * How many connections this node may have. One more is answered `TOO_MANY_REQUESTS` and closed with 1013.
   * @default 10000
   */
  readonly maxConnections: number;
  /**
   * How many of them may be of one user who is signed in. One more is answered `TOO_MANY_REQUESTS` and closed with 1013.
   * @default 20
   */
  readonly maxConnectionsPerUser: number;
}

/** The one place where their defaults stand. */
export function withConnectionDefaults(limits: Partial<ConnectionLimits>): ConnectionLimits {
  return {
    maxConnections: limits.maxConnections ?? 10_000,
    maxConnectionsPerUser: limits.maxConnectionsPerUser ?? 20,
  };
}
