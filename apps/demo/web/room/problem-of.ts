import { ShoalError } from "@shoal/contract";

type Rejection =
  | { readonly reason: "NOT_FOUND" | "NOT_ALLOWED" | "LAST_OWNER" }
  | { readonly reason: "TOO_MANY"; readonly most: number };

/** What kept a command from taking effect, in words; `undefined` when nothing did. */
export async function problemOf(
  sent: Promise<{ readonly ok: true } | ({ readonly ok: false } & Rejection)>,
): Promise<string | undefined> {
  try {
    const outcome = await sent;
    return outcome.ok ? undefined : sentence(outcome);
  } catch (error) {
    return error instanceof ShoalError ? error.message : "That did not get through. Try again.";
  }
}

function sentence(rejection: Rejection): string {
  switch (rejection.reason) {
    case "NOT_FOUND":
      return "This message has been removed meanwhile.";
    case "NOT_ALLOWED":
      return "You may not do this here any more.";
    case "LAST_OWNER":
      return "A room keeps one owner. Make somebody else an owner first.";
    case "TOO_MANY":
      return `A room has at most ${rejection.most} owners and moderators. Take a role back first.`;
  }
}
