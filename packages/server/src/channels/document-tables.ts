import type { DocumentRole, Documents } from "@shoal/contract/documents";
import type { Kysely } from "kysely";
import type { Tables } from "../channel/define-tables.ts";
import type { ErasedTopic, TopicChange } from "../channel/serve-options.ts";
import type { DocumentPrivate } from "./document-private.ts";
import { tenantKey } from "./tenant-key.ts";

interface DocumentRow {
  readonly tenant: string;
  readonly document: string;
  /** As JSON, as the name of its owner is. */
  readonly title: string;
  readonly owner: string;
  readonly owner_name: string;
  /** The title without regard to capitals, for searching. */
  readonly folded_title: string;
}

/** With whom a document is shared. It has what a list is ordered by, so that a page is read by the index. */
interface ShareRow {
  readonly tenant: string;
  readonly document: string;
  readonly user_id: string;
  readonly role: DocumentRole;
  readonly changed_at: number;
}

/** What a document says, some seconds old at most. */
interface TextRow {
  readonly tenant: string;
  readonly document: string;
  /** The event of which it is the text. */
  readonly offset: number;
  /** As the document has it, but for what a store does not keep: NUL, and halves of surrogate pairs. */
  readonly text: string;
  /** Without regard to capitals. */
  readonly folded: string;
}

/** A document as it was at an offset, so that one need not read its log from the beginning. */
interface CheckpointRow {
  readonly tenant: string;
  readonly document: string;
  readonly offset: number;
  /** A Yjs update, or, where it was not merged, several: as a list in JSON. */
  readonly updates: string;
}

export interface DocumentTables {
  readonly document: DocumentRow;
  readonly document_share: ShareRow;
  readonly document_text: TextRow;
  readonly document_checkpoint: CheckpointRow;
}

export const documentTables: Tables<DocumentTables> = {
  steps: [
    ({ schema }) => [
      schema
        .createTable("document")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("document", "text", (column) => column.notNull())
        .addColumn("title", "text", (column) => column.notNull())
        .addColumn("owner", "text", (column) => column.notNull())
        .addColumn("owner_name", "text", (column) => column.notNull())
        .addColumn("folded_title", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("document_key", ["tenant", "document"]),
      schema
        .createTable("document_share")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("document", "text", (column) => column.notNull())
        .addColumn("user_id", "text", (column) => column.notNull())
        .addColumn("role", "text", (column) => column.notNull())
        .addColumn("changed_at", "bigint", (column) => column.notNull())
        .addPrimaryKeyConstraint("document_share_key", ["tenant", "document", "user_id"]),
      schema
        .createIndex("document_share_changed")
        .on("document_share")
        .columns(["tenant", "user_id", "changed_at", "document"]),
      schema
        .createTable("document_text")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("document", "text", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addColumn("text", "text", (column) => column.notNull())
        .addColumn("folded", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("document_text_key", ["tenant", "document"]),
      schema
        .createTable("document_checkpoint")
        .addColumn("tenant", "text", (column) => column.notNull())
        .addColumn("document", "text", (column) => column.notNull())
        .addColumn("offset", "bigint", (column) => column.notNull())
        .addColumn("updates", "text", (column) => column.notNull())
        .addPrimaryKeyConstraint("document_checkpoint_key", ["tenant", "document", "offset"]),
    ],
  ],
};

type Change = TopicChange<Documents, DocumentPrivate>;

/** Keeps the tables as the documents are. An edit writes nothing here: what it changes in a list follows with the text. */
export async function projectDocuments(tx: Kysely<DocumentTables>, changes: readonly Change[]): Promise<void> {
  for (const change of changes) {
    if (change.state.status === "removed") await eraseDocument(tx, change);
    else if (change.events.some(({ type }) => listed.has(type))) await writeDocument(tx, change);
    if (change.redacts.length > 0) await beginHistory(tx, change);
  }
}

/** Deletes what the tables hold of a document. */
export async function eraseDocument(tx: Kysely<DocumentTables>, topic: ErasedTopic<Documents>): Promise<void> {
  for (const table of ["document", "document_share", "document_text", "document_checkpoint"] as const) {
    await tx
      .deleteFrom(table)
      .where(({ and }) => and(keyOf(topic)))
      .execute();
  }
}

/** The events that change what is in a list, but for the text. */
const listed: ReadonlySet<string> = new Set(["created", "renamed", "shared", "forgotten"]);

async function writeDocument(tx: Kysely<DocumentTables>, change: Change): Promise<void> {
  const key = keyOf(change);
  const { title, shares } = change.state;
  const owner = shares.find(({ role }) => role === "owner")?.user;
  const row = {
    title: JSON.stringify(title),
    owner: owner?.id ?? "",
    owner_name: JSON.stringify(owner?.name ?? ""),
    folded_title: fold(title),
  };
  await tx
    .insertInto("document")
    .values({ ...key, ...row })
    .onConflict((on) => on.columns(["tenant", "document"]).doUpdateSet(row))
    .execute();
  const before = tx.selectFrom("document_share").select(({ fn }) => fn.max("changed_at").as("changed"));
  const known = await before.where(({ and }) => and(key)).executeTakeFirst();
  const changedAt = change.events.reduce((latest, { at }) => Math.max(latest, at), Number(known?.changed ?? 0));
  await tx
    .deleteFrom("document_share")
    .where(({ and }) => and(key))
    .execute();
  const rows = shares.map(({ user, role }) => ({ ...key, user_id: user.id, role, changed_at: changedAt }));
  if (rows.length > 0) await tx.insertInto("document_share").values(rows).execute();
}

/**
 * What a user wrote who is erased stands in the events that are emptied with this one. The document as it is now, which has it, takes
 * their place: the history begins there.
 */
async function beginHistory(tx: Kysely<DocumentTables>, change: Change): Promise<void> {
  if (change.state.status !== "present") return;
  const key = keyOf(change);
  const offset = change.events.reduce((latest, event) => Math.max(latest, event.offset), 0);
  await tx
    .deleteFrom("document_checkpoint")
    .where(({ and }) => and(key))
    .execute();
  const updates = JSON.stringify(updatesOf(change.state));
  await tx
    .insertInto("document_checkpoint")
    .values({ ...key, offset, updates })
    .execute();
}

/** The updates that a document is made of. */
export function updatesOf({ base, tail }: Pick<Documents["state"], "base" | "tail">): readonly string[] {
  return [...(base === "" ? [] : [base]), ...tail.flat()];
}

/** What is searched for is found whatever capitals it has. */
export function fold(text: string): string {
  return text.toLowerCase();
}

/** A text as every store keeps it. */
export function storableText(text: string): string {
  return text.replaceAll(/\0|\p{Surrogate}/gu, "\ufffd");
}

export function keyOf({ params, tenant }: ErasedTopic<Documents>) {
  return { tenant: tenantKey(tenant), document: params.documentId };
}
