"use client";

import { type ConnectionState, initialConnectionState } from "@shoal/client";
import { useSyncExternalStore } from "react";
import { useClient } from "./provider.tsx";

/** The state of the client's connection, for an indicator that all topics share. */
export function useConnection(): ConnectionState {
  const { connection } = useClient();
  return useSyncExternalStore(
    connection.subscribe,
    () => connection.current,
    () => initialConnectionState,
  );
}
