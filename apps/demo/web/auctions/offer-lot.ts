import { ShoalError } from "@shoal/contract";
import type { DemoClient } from "../client.ts";
import type { Terms } from "./read-draft.ts";

export interface OfferProblem {
  readonly ok: false;
  readonly problem: string;
  readonly error?: ShoalError;
}

/** Makes a lot, and opens or schedules it. One that was made and could not be opened stays a draft, with which one goes on. */
export async function offerLot(
  client: DemoClient,
  { lot, opensInMs, openMs }: Terms,
): Promise<{ readonly ok: true; readonly auctionId: string } | OfferProblem> {
  try {
    const outcome = await client.auctions.send.create(lot);
    if (!outcome.ok) return { ok: false, problem: "You may not sell here." };
    const { auctionId } = outcome.params;
    // Offered again, it would be there twice: its page says what can be done.
    await openLot(client, auctionId, { opensInMs, openMs }).catch(() => {});
    return { ok: true, auctionId };
  } catch (cause) {
    const error = cause instanceof ShoalError ? { error: cause } : {};
    return { ok: false, problem: error.error?.message ?? "It could not be offered. Try again.", ...error };
  }
}

async function openLot(
  client: DemoClient,
  auctionId: string,
  { opensInMs, openMs }: Pick<Terms, "opensInMs" | "openMs">,
): Promise<void> {
  const { send } = client.auctions({ auctionId });
  const now = client.clock.now();
  if (opensInMs === 0) await send.open({ endsAt: now + openMs });
  else if (opensInMs !== null) await send.schedule({ opensAt: now + opensInMs, endsAt: now + opensInMs + openMs });
}
