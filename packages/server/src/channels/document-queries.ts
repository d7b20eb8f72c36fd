import { ShoalError } from "@shoal/contract";
import { type Documents, documentText } from "@shoal/contract/documents";
import type { QueryHandler, TopicReader } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { doFor } from "./document-askers.ts";
import { type DocumentLog, pastAt, readVersions } from "./document-history.ts";
import { listDocuments } from "./document-list.ts";
import type { DocumentTables } from "./document-tables.ts";
import { documentThreads } from "./document-threads.ts";

type Queries<W, C> = {
  readonly [K in keyof Documents["queries"]]: QueryHandler<Documents, K, W, C, DocumentTables>;
};

/** Answers what is asked about documents. */
export function documentQueries<W extends User | null, C>(deadlineMs: number): Queries<W, C> {
  return {
    async list({ input, user, read }) {
      if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to see your documents.");
      return await listDocuments(read, user, input);
    },
    async load({ input, topic }) {
      const { state, offset, at, position } = await topic(input).snapshot();
      return { state, offset, at, position };
    },
    async versions({ input: { documentId, ...page }, topic }) {
      const reader = topic({ documentId });
      await insistOnPresent(reader);
      return await readVersions(reader, page);
    },
    textAt: ({ input: { documentId, offset }, user, read, topic }) =>
      doFor(user, async (by) => {
        const document = { params: { documentId }, tenant: user?.tenant ?? null };
        const past = await pastAt(read, document, await logOf(topic({ documentId })), offset);
        return { text: await documentThreads.run("text", { past, name: documentText }, { deadlineMs, by }) };
      }),
    difference: ({ input: { documentId, from, to }, user, read, topic }) =>
      doFor(user, async (by) => {
        const document = { params: { documentId }, tenant: user?.tenant ?? null };
        const log = await logOf(topic({ documentId }));
        const [earlier, later] = [await pastAt(read, document, log, from), await pastAt(read, document, log, to)];
        const job = { from: earlier, to: later, name: documentText };
        return { pieces: await documentThreads.run("difference", job, { deadlineMs, by }) };
      }),
  };
}

/**
 * The log of a document, for who may watch it: not all of its history stands there, so nothing of it is read before that is certain.
 *
 * @throws {ShoalError} `NOT_FOUND`, `FORBIDDEN`, `UNAUTHORIZED`
 */
async function logOf(topic: TopicReader<Documents>): Promise<DocumentLog> {
  return { offset: await insistOnPresent(topic), history: topic.history };
}

/**
 * @returns the last offset
 * @throws {ShoalError} `NOT_FOUND` unless the document is there. Of one that is removed nobody reads what it said
 */
async function insistOnPresent(topic: TopicReader<Documents>): Promise<number> {
  const { state, offset } = await topic.snapshot();
  if (state.status === "present") return offset;
  throw new ShoalError("NOT_FOUND", "There is no such document.");
}
