import { useNetwork } from "@mantine/hooks";
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
}

export function useLine(): Line {
  const connection = useConnection();
  const { online } = useNetwork();
  const cut = useStore(networkCut);
  const now = useNow(connection.status === "reconnecting");
  return lineOf(connection, online && !cut, now);
}

function lineOf({ status, since }: ConnectionState, online: boolean, now: number): Line {
  switch (status) {
    case "open":
      return { kind: "live", text: "Live" };
    case "failed":
      return { kind: "failed", text: "Refused" };
    case "closed":
      return { kind: "failed", text: "Closed" };
    case "idle":
    case "connecting":
      return online ? { kind: "connecting", text: "Connecting" } : { kind: "offline", text: "Offline" };
    case "reconnecting": {
      const lasting = duration(now - since);
      return online
        ? { kind: "reconnecting", text: "Reconnecting", lasting }
        : { kind: "offline", text: "Offline", lasting };
    }
  }
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
