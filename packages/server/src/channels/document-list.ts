import { ShoalError } from "@shoal/contract";
import { type Documents, documentListLimits } from "@shoal/contract/documents";
import { type Kysely, sql } from "kysely";
import type { User } from "../user.ts";
import { type DocumentTables, fold } from "./document-tables.ts";
import { tenantKey } from "./tenant-key.ts";

type Page = Documents["queries"]["list"]["input"];

/** How much of a text a list shows, in characters. */
const excerptLength = 200;

/** A page of the documents that are shared with a user, the last changed first. */
export async function listDocuments(read: Kysely<DocumentTables>, user: User, input: Page) {
  const { limit = documentListLimits.usual, search } = input;
  const after = input.cursor === undefined ? undefined : parseCursor(input.cursor);
  const sought = search ? `%${fold(search).replaceAll(/[\\%_]/g, "\\$&")}%` : undefined;
  const rows = await read
    .selectFrom("document_share as share")
    .innerJoin("document", (on) =>
      on.onRef("document.tenant", "=", "share.tenant").onRef("document.document", "=", "share.document"),
    )
    .leftJoin("document_text as said", (on) =>
      on.onRef("said.tenant", "=", "share.tenant").onRef("said.document", "=", "share.document"),
    )
    .select(["share.document", "share.role", "share.changed_at", "title", "owner", "owner_name"])
    .select(({ fn, lit }) => fn<string | null>("substr", ["said.text", lit(1), lit(excerptLength)]).as("excerpt"))
    .where("share.tenant", "=", tenantKey(user.tenant))
    .where("share.user_id", "=", user.id)
    .$if(sought !== undefined, (some) =>
      some.where(sql<boolean>`(folded_title like ${sought} escape '\\' or said.folded like ${sought} escape '\\')`),
    )
    .$if(after !== undefined, (some) =>
      some.where(({ eb, refTuple, tuple }) =>
        eb(refTuple("share.changed_at", "share.document"), "<", tuple(after?.changedAt ?? 0, after?.document ?? "")),
      ),
    )
    .orderBy("share.changed_at", "desc")
    .orderBy("share.document", "desc")
    .limit(limit + 1)
    .execute();
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  const items = page.map((row) => ({
    documentId: row.document,
    title: JSON.parse(row.title) as string,
    role: row.role,
    owner: { id: row.owner, name: JSON.parse(row.owner_name) as string },
    changedAt: row.changed_at,
    excerpt: row.excerpt ?? "",
  }));
  return { items, nextCursor: last ? `${last.changed_at}.${last.document}` : null };
}

/** @throws {ShoalError} `BAD_REQUEST` when it is none that a page gave */
function parseCursor(cursor: string) {
  const [, changedAt = "", document = ""] = /^(\d{1,16})\.([\w-]{1,64})$/.exec(cursor) ?? [];
  if (document !== "" && Number.isSafeInteger(Number(changedAt))) return { changedAt: Number(changedAt), document };
  throw new ShoalError("BAD_REQUEST", "The cursor is none that a page of documents gave. Begin without one.");
}
