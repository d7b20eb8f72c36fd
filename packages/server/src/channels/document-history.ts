import { ShoalError } from "@shoal/contract";
import { type Documents, type DocumentVersion, documentListLimits } from "@shoal/contract/documents";
import type { Kysely } from "kysely";
import type { ErasedTopic, HistoryEvent, TopicReader } from "../channel/serve-options.ts";
import type { Past } from "./document-jobs.ts";
import { type DocumentTables, keyOf } from "./document-tables.ts";

type Page = Omit<Documents["queries"]["versions"]["input"], "documentId">;
type Event = HistoryEvent<Documents>;
type Edit = Extract<Event, { type: "edited" | "restored" }>;

/** How many events are read at a time. */
const eventsAtOnce = 500;

/** How many events a page of versions looks at. One that found too few versions in them ends there, and others follow it. */
const mostEvents = 20 * eventsAtOnce;

/** For how long an author stops between two versions, in milliseconds. */
const pauseMs = 5 * 60_000;

/** The log of a document, to its last event. */
export interface DocumentLog extends Pick<TopicReader<Documents>, "history"> {
  readonly offset: number;
}

/**
 * The document as it was after the event `offset`: a checkpoint, and the edits since then from the log.
 *
 * @throws {ShoalError} `NOT_FOUND` when there is no such event, or the log does not reach back so far any more
 */
export async function pastAt(
  read: Kysely<DocumentTables>,
  document: ErasedTopic<Documents>,
  log: DocumentLog,
  offset: number,
): Promise<Past> {
  if (offset === 0) return [];
  if (offset > log.offset) throw unknown(offset);
  const checkpoint = await read
    .selectFrom("document_checkpoint")
    .select(["offset", "updates"])
    .where(({ and }) => and(keyOf(document)))
    .where("offset", "<=", offset)
    .orderBy("offset", "desc")
    .limit(1)
    .executeTakeFirst();
  const begin = checkpoint?.offset ?? 0;
  const pages: string[][] = [];
  for (let before = offset + 1; before > begin + 1; ) {
    const limit = Math.min(eventsAtOnce, before - 1 - begin);
    const events = await log.history({ before, limit });
    // Of what was redacted, or is kept no more, nothing is handed out.
    if (events.length < limit) throw unknown(offset);
    pages.push(
      events
        .filter(isEdit)
        .map(({ data }) => data.update)
        .reverse(),
    );
    before -= limit;
  }
  const earlier = checkpoint ? (JSON.parse(checkpoint.updates) as string[]) : [];
  return [...earlier, ...pages.reverse().flat()];
}

/**
 * A page of versions, the newest first: of each author the edits without a pause between them, until somebody else writes. The history
 * begins where somebody was erased who wrote.
 */
export async function readVersions(topic: TopicReader<Documents>, { cursor, limit = documentListLimits.usual }: Page) {
  const { state, offset } = await topic.snapshot();
  const runs: Run[] = [];
  const first = Math.min(cursor ?? Number.POSITIVE_INFINITY, offset + 1);
  let before = first;
  for (; before > 1 && before > first - mostEvents; before = Math.max(1, before - eventsAtOnce)) {
    const events = await topic.history({ before, limit: eventsAtOnce });
    for (const edit of events) {
      if (edit.type === "forgotten") return { items: runs.map(toVersion(state)), nextCursor: null };
      if (!isEdit(edit)) continue;
      const run = runs.at(-1);
      if (run && isOf(run, edit)) runs[runs.length - 1] = { ...run, from: edit, edits: run.edits + 1 };
      else if (runs.length === limit) return { items: runs.map(toVersion(state)), nextCursor: edit.offset + 1 };
      else runs.push({ from: edit, to: edit, edits: 1 });
    }
  }
  return { items: runs.map(toVersion(state)), nextCursor: before > 1 ? before : null };
}

/** Edits of one author, one after the other. */
interface Run {
  readonly from: Edit;
  readonly to: Edit;
  readonly edits: number;
}

/** Whether an edit that is older than a run belongs to it. What was restored is a version of its own. */
function isOf({ from }: Run, edit: Edit): boolean {
  if (from.type === "restored" || edit.type === "restored") return false;
  return from.userId === edit.userId && from.at - edit.at <= pauseMs;
}

/** Who has the document no more is named by the id. */
function toVersion({ shares }: Documents["state"]): (run: Run) => DocumentVersion {
  const personOf = (id: string) => shares.find(({ user }) => user.id === id)?.user ?? { id, name: id };
  return ({ from, to, edits }) => ({
    from: from.offset,
    to: to.offset,
    at: to.at,
    by: to.userId === null ? null : personOf(to.userId),
    edits,
    restored: to.type === "restored" ? to.data.offset : null,
  });
}

function isEdit(event: Event): event is Edit {
  return event.type === "edited" || event.type === "restored";
}

function unknown(offset: number): ShoalError {
  const message = `The document has no version ${offset}, or its history does not reach back so far any more.`;
  return new ShoalError("NOT_FOUND", message);
}
