import { ShoalError } from "@shoal/contract";
import { type Documents, documentText } from "@shoal/contract/documents";
import type { QueryHandler, TopicReader } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { pastAt, readVersions } from "./document-history.ts";
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
    versions: async ({ input: { documentId, ...page }, topic }) =>
      await readVersions(await present(topic({ documentId })), page),
    async textAt({ input: { documentId, offset }, user, read, topic }) {
      const document = { params: { documentId }, tenant: user?.tenant ?? null };
      const past = await pastAt(read, document, await present(topic({ documentId })), offset);
      return { text: await documentThreads.run("text", { past, name: documentText }, { deadlineMs }) };
    },
    async difference({ input: { documentId, from, to }, user, read, topic }) {
      const document = { params: { documentId }, tenant: user?.tenant ?? null };
      const reader = topic({ documentId });
      const [earlier, later] = [await pastAt(read, document, reader, from), await pastAt(read, document, reader, to)];
      const job = { from: earlier, to: later, name: documentText };
      return { pieces: await documentThreads.run("difference", job, { deadlineMs }) };
    },
  };
}

/** @throws {ShoalError} `NOT_FOUND` unless the document is there. Of one that is removed nobody reads what it said */
async function present(topic: TopicReader<Documents>): Promise<TopicReader<Documents>> {
  if ((await topic.state()).status === "present") return topic;
  throw new ShoalError("NOT_FOUND", "There is no such document.");
}
