interface Outcome {
  readonly ok: boolean;
  readonly reason?: string;
}

const reasons: Readonly<Record<string, string>> = {
  GONE: "The document was removed.",
  LAST_OWNER: "A document needs an owner: make somebody else one first.",
  TOO_MANY: "There are as many as there may be. Take one away first.",
  NOT_FOUND: "There is no such version any more.",
  FULL: "The document is full: it has no room for that.",
};

/** Why something was not done, for people; undefined where it was. */
export async function problemOf(sent: Promise<Outcome>): Promise<string | undefined> {
  try {
    const outcome = await sent;
    if (outcome.ok) return undefined;
    return reasons[outcome.reason ?? ""] ?? "That was refused.";
  } catch (error) {
    return error instanceof Error ? error.message : "That did not work. Try again.";
  }
}
