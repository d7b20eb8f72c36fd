import { createHash } from "node:crypto";
import { ShoalError } from "@shoal/contract";
import { bytesOf, type Documents, documentText } from "@shoal/contract/documents";
import type { Kysely } from "kysely";
import { isA } from "../channel/is-a.ts";
import type { TopicReader } from "../channel/serve-options.ts";
import type { User } from "../user.ts";
import { doFor } from "./document-askers.ts";
import { refused } from "./document-checks.ts";
import { pastAt } from "./document-history.ts";
import { MalformedUpdate, type Scan, scanUpdate } from "./document-scan.ts";
import { type DocumentTables, updatesOf } from "./document-tables.ts";
import { documentThreads } from "./document-threads.ts";

/** Up to how many bytes an update is read at once: it takes less time than going to another thread. */
const inlineBytes = 4_096;

interface Limits {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * What an update says it does.
 *
 * @throws {ShoalError} `BAD_REQUEST` when it is none that a document takes
 */
export function prepareEdit(
  update: string,
  limits: Limits & { readonly by: string | undefined },
): Scan | Promise<Scan> {
  if (bytesOf(update) > inlineBytes) return documentThreads.run("scan", { update }, limits).catch(refuse);
  try {
    return scanUpdate(new Uint8Array(Buffer.from(update, "base64")));
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): never {
  throw error instanceof MalformedUpdate ? refused(error.message) : error;
}

/** What makes a text what it was. */
export interface Restoration {
  readonly update: string;
  readonly scan: Scan;
}

interface RestoreCall extends Limits {
  readonly read: Kysely<DocumentTables>;
  readonly params: Documents["params"];
  readonly tenant: string | null;
  readonly state: Documents["state"];
  readonly offset: number;
  readonly history: TopicReader<Documents>["history"];
  readonly input: { readonly offset: number };
  readonly user: User | null;
  readonly commandId: string;
}

/** @returns null where the text is that already, and undefined where there is no such version to go back to */
export async function prepareRestore(call: RestoreCall) {
  return call.state.status === "present" ? await doFor(call.user, (by) => restorationOf(call, by)) : undefined;
}

async function restorationOf({ state, input, read, commandId, ...call }: RestoreCall, by: string) {
  const then = await pastAt(read, call, call, input.offset).catch(unlessNotFound);
  if (!then) return undefined;
  // Two restorations at once are of two Yjs clients, since each follows what was there before both.
  const client = createHash("sha256").update(`${call.params.documentId} ${commandId}`).digest().readUInt32BE();
  const job = { now: updatesOf(state), then, name: documentText, client };
  return await documentThreads.run("restore", job, { ...call, by });
}

function unlessNotFound(error: unknown): undefined {
  if (!isA(error, ShoalError) || error.code !== "NOT_FOUND") throw error;
}
