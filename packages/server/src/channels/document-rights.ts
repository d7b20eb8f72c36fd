import type { DocumentRole, Documents } from "@shoal/contract/documents";
import type { TopicAction } from "../channel/serve-options.ts";
import type { User } from "../user.ts";

/** What one has to be to do something with a document. */
const needed: Readonly<Record<Exclude<TopicAction<Documents>, "create">, DocumentRole>> = {
  watch: "viewer",
  presence: "viewer",
  edit: "editor",
  rename: "editor",
  nameVersion: "editor",
  unnameVersion: "editor",
  restore: "editor",
  share: "owner",
  remove: "owner",
};

const order: readonly DocumentRole[] = ["viewer", "editor", "owner"];

/** What the document is to the user; null where it is not shared with them. */
export function roleOf({ shares }: Pick<Documents["state"], "shares">, user: User | null): DocumentRole | null {
  return (user && shares.find((share) => share.user.id === user.id)?.role) ?? null;
}

/** Whether one of that role may do it. Whoever is signed in may create. */
export function allows(role: DocumentRole | null, action: TopicAction<Documents>, user: User | null): boolean {
  if (action === "create") return user !== null;
  return role !== null && order.indexOf(role) >= order.indexOf(needed[action]);
}
