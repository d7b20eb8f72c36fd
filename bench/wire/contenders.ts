/** The contenders, as tables name them. */
export const contenders = {
  naive: "bare ws, a send for each client",
  shared: "bare ws, one shared frame",
  joined: "bare ws, one shared write a tick",
  socketIo: "Socket.IO",
  trpc: "tRPC's handler",
  shoal: "Shoal",
  trpcSse: "tRPC's SSE",
  shoalSse: "Shoal's SSE",
} as const;

export type ContenderName = keyof typeof contenders;
