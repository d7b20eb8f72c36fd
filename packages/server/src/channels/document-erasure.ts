import type { Documents } from "@shoal/contract/documents";
import type { EraseUserCall } from "../channel/command-call.ts";
import type { DocumentPrivate } from "./document-private.ts";

/**
 * Takes a user out of a document. What they wrote stays in the text, and nobody is named for it any more. The first of the editors owns a
 * document that nobody else owns; one that nobody else has is removed.
 */
export function eraseFromDocument({
  state,
  userId,
  named,
  emit,
  redact,
}: EraseUserCall<Documents, DocumentPrivate>): void {
  const others = state.shares.filter(({ user }) => user.id !== userId);
  emit("forgotten", { userId });
  for (const offset of named) redact(offset);
  if (state.status !== "present") return;
  if (others.length === 0) emit("removed");
  const heir = others.some(({ role }) => role === "owner") ? undefined : others.find(({ role }) => role === "editor");
  if (heir) emit("shared", { user: heir.user, role: "owner" });
}
