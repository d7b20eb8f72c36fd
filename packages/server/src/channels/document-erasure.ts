import type { Documents } from "@shoal/contract/documents";
import type { EraseUserCall } from "../channel/command-call.ts";
import type { DocumentPrivate } from "./document-private.ts";

/**
 * Takes a user out of a document. What they wrote stays in the text, and nobody is named for it any more. The first of the editors owns a
 * document that nobody else owns; one that nobody else has is removed.
 */
export function eraseFromDocument(call: EraseUserCall<Documents, DocumentPrivate>): void {
  const { state, private: known, userId, named, emit, redact } = call;
  const others = state.shares.filter(({ user }) => user.id !== userId);
  const heir = others.some(({ role }) => role === "owner") ? undefined : others.find(({ role }) => role === "editor");
  const shares = others.map((share) => (share === heir ? { ...share, role: "owner" as const } : share));
  const versions = state.versions.filter(({ by }) => by.id === userId).map(({ offset }) => offset);
  emit("forgotten", { shares, versions }, { place: known.owners.indexOf(userId) });
  if (state.status === "present" && others.length === 0) emit("removed");
  for (const offset of named) redact(offset);
}
