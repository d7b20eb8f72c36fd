import type { ListedDocument } from "@shoal/contract/documents";
import { useServerTime } from "@shoal/react";
import { Link } from "../link.tsx";
import { pathOfDocument } from "../router.ts";
import { agoOf } from "../shell/ago-of.ts";
import { useUser } from "../user.ts";
import classes from "./document-card.module.css";

const roles = { owner: "Yours", editor: "You may write", viewer: "Read only" } as const;

/** A document in a list. */
export function DocumentCard({ document }: { readonly document: ListedDocument }) {
  const { documentId, title, role, owner, changedAt, excerpt } = document;
  const user = useUser();
  const now = useServerTime({ every: 30_000 }) ?? changedAt;
  return (
    <Link href={pathOfDocument(documentId)} className={classes.card}>
      <h2 className={classes.title}>{title}</h2>
      <p className={classes.excerpt}>{excerpt.trim().replaceAll(/\n\s*\n/g, "\n") || "Empty so far"}</p>
      <p className={classes.notes}>
        <span>{owner.id === user.id ? roles.owner : `${owner.name}’s · ${roles[role]}`}</span>
        <time dateTime={new Date(changedAt).toISOString()}>{agoOf(changedAt, now)}</time>
      </p>
    </Link>
  );
}
