import type { AnyFrame, AnyOutcome } from "@shoal/contract";
import type { StoreAt } from "./store-at.ts";

export interface SentCommand {
  readonly ledgerId: string;
  readonly user: string;
  readonly commandId: string;
  readonly entry: number;
  readonly times: number;
}

/** What a writer is told. */
export type ToWriter =
  | { readonly kind: "open"; readonly store: StoreAt }
  | { readonly kind: "send"; readonly command: SentCommand }
  | { readonly kind: "watch"; readonly ledgerId: string; readonly lastEventId: string | null };

/** What a writer tells. */
export type FromWriter =
  | { readonly kind: "ready" }
  | { readonly kind: "opened" }
  | { readonly kind: "refused"; readonly code: string; readonly message: string }
  | { readonly kind: "answered"; readonly commandId: string; readonly outcome: AnyOutcome }
  | { readonly kind: "failed"; readonly commandId: string; readonly message: string }
  | { readonly kind: "frame"; readonly ledgerId: string; readonly id: string; readonly frame: AnyFrame };
