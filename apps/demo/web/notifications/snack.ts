import { ShoalError } from "@shoal/contract";
import { Store } from "../store.ts";

/** How long it stands, in milliseconds. */
const standing = 10_000;

/** What was done a moment ago, with the way back where there is one. */
export interface Snack {
  readonly text: string;
  readonly undo?: (() => Promise<void>) | undefined;
}

export const snack = new Store<Snack | null>(null);

let end: ReturnType<typeof setTimeout> | undefined;

type Done<Outcome> = Extract<Outcome, { ok: true }>;

interface AnyOutcome {
  readonly ok: boolean;
  readonly reason?: string;
}

const refusals: Readonly<Record<string, string>> = {
  NOT_FOUND: "It was gone already.",
  TOO_MANY: "You have muted as many as you can. Unmute one first.",
  CRITICAL: "This always comes.",
};

/** Tells what happens, at once, and what went wrong, if it does. An undo waits for what it takes back. */
export async function tell<Outcome extends AnyOutcome>(
  done: Promise<Outcome>,
  text?: string,
  undo?: (outcome: Done<Outcome>) => Promise<AnyOutcome>,
): Promise<void> {
  if (text !== undefined) show({ text, undo: undo && (() => takeBack(done, undo)) });
  try {
    const outcome = await done;
    if (!outcome.ok) show({ text: refusals[outcome.reason ?? ""] ?? problem });
  } catch (error) {
    // Whoever has signed out has left it.
    if (error instanceof ShoalError && error.code === "CLOSED") return;
    show({ text: error instanceof Error ? error.message : problem });
  }
}

async function takeBack<Outcome extends AnyOutcome>(
  done: Promise<Outcome>,
  undo: (outcome: Done<Outcome>) => Promise<AnyOutcome>,
): Promise<void> {
  snack.set(null);
  // What went wrong with it was told.
  const outcome = await done.catch(() => undefined);
  if (outcome?.ok) await tell(undo(outcome as Done<Outcome>));
}

const problem = "Something went wrong. Try again.";

function show(next: Snack): void {
  clearTimeout(end);
  end = setTimeout(() => snack.set(null), standing);
  snack.set(next);
}
