import type { ConnectionState } from "@shoal/client";
import { useConnection } from "@shoal/react";
import { networkCut } from "../network-switch.ts";
import { useStore } from "../store.ts";
import { useNow } from "../use-now.ts";

/** The line to the server, in words. */
export interface Line {
  readonly kind: "live" | "connecting" | "reconnecting" | "offline" | "failed";
  readonly text: string;
  /** How long it has been so, where that matters. */
  readonly lasting?: string;
  /** In how long the next attempt begins, where that is known. */
  readonly again?: string;
}

export function useLine(): Line {
  const connection = useConnection();
  const cut = useStore(networkCut);
  const now = useNow(connection.status === "reconnecting");
  return lineOf(connection, cut, now);
}

function lineOf(connection: ConnectionState, cut: boolean, now: number): Line {
  switch (connection.status) {
    case "open":
      return { kind: "live", text: "Live" };
    case "failed":
      return { kind: "failed", text: "Refused" };
    case "closed":
      return { kind: "failed", text: "Closed" };
    case "idle":
    case "connecting":
      return cut ? { kind: "offline", text: "Offline" } : { kind: "connecting", text: "Connecting" };
    case "reconnecting": {
      const { since, offline, retryAt } = connection;
      const lasting = duration(now - since);
      if (offline || cut) return { kind: "offline", text: "Offline", lasting };
      const again = retryAt !== undefined && retryAt > now ? { again: duration(Math.max(retryAt - now, 1_000)) } : {};
      return { kind: "reconnecting", text: "Reconnecting", lasting, ...again };
    }
  }
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
