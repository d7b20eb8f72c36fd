import { Store } from "../store.ts";

/** What was done a moment ago, with the way back where there is one. */
export interface Snack {
  readonly text: string;
  readonly undo?: (() => Promise<unknown>) | undefined;
}

export const snack = new Store<Snack | null>(null);

/** Tells what happens, at once, and what went wrong, if it does. An undo waits for what it takes back. */
export async function tell<Outcome extends { readonly ok: boolean }>(
  done: Promise<Outcome>,
  text?: string,
  undo?: (outcome: Extract<Outcome, { ok: true }>) => Promise<unknown>,
): Promise<void> {
  if (text !== undefined) snack.set({ text, undo: undo && (() => takeBack(done, undo)) });
  try {
    const outcome = await done;
    if (!outcome.ok) snack.set({ text: "It was gone already." });
  } catch (error) {
    snack.set({ text: problemOf(error) });
  }
}

async function takeBack<Outcome extends { readonly ok: boolean }>(
  done: Promise<Outcome>,
  undo: (outcome: Extract<Outcome, { ok: true }>) => Promise<unknown>,
): Promise<void> {
  snack.set(null);
  try {
    const outcome = await done;
    if (outcome.ok) await undo(outcome as Extract<Outcome, { ok: true }>);
  } catch (error) {
    snack.set({ text: problemOf(error) });
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
}
