import { ShoalError } from "@shoal/contract";
import { bytesOf, type Documents, documents, maxNamedVersions, maxShares } from "@shoal/contract/documents";
import { effect } from "../channel/effects.ts";
import { serveChannel } from "../channel/serve-channel.ts";
import type { AuthorizeCall, ServedChannel, TopicAction } from "../channel/serve-options.ts";
import { type Handed, withHand } from "../channel/with-hand.ts";
import type { Realtime } from "../realtime.ts";
import type { User } from "../user.ts";
import { checkNumber } from "./check-number.ts";
import { checkScan } from "./document-checks.ts";
import { compactDocument, isCompactable, mostBytes } from "./document-compaction.ts";
import { eraseFromDocument } from "./document-erasure.ts";
import { type DocumentHand, documentHand } from "./document-hand.ts";
import type { DocumentsOptions } from "./document-options.ts";
import { prepareEdit, prepareRestore, type Restoration } from "./document-prepares.ts";
import { type DocumentPrivate, documentPrivate, toSecret } from "./document-private.ts";
import { documentQueries } from "./document-queries.ts";
import { allows, roleOf } from "./document-rights.ts";
import type { Scan } from "./document-scan.ts";
import { type DocumentTables, documentTables, eraseDocument, projectDocuments } from "./document-tables.ts";
import { type DerivedText, deriveText } from "./document-text.ts";
import { toPerson } from "./to-person.ts";

export type { DocumentHand, EditDocumentOptions } from "./document-hand.ts";
export type { DocumentsOptions } from "./document-options.ts";

interface Prepared {
  /** Null for what is too large to be looked at. */
  readonly edit: Scan | null;
  readonly restore: Restoration | null | undefined;
  readonly endWatch: undefined;
}

/**
 * Serves {@link documents}. The realtime then has `realtime.documents`, see {@link DocumentHand}.
 *
 * @throws {ShoalError} `BAD_REQUEST` when an option is no such number
 *
 * @example
 * ```ts
 * const realtime = createRealtime({ channels: [serveDocuments()] });
 * await realtime.documents.edit("minutes", (text) => text.insert(0, "Present: "));
 * ```
 */
export function serveDocuments<W extends User | null = User | null, C = object>(
  options: DocumentsOptions<W, C> = {},
): ServedChannel<Documents, W, C> & Handed<DocumentHand> {
  const { authorize, maxBytes = 8 * 1024 * 1024, deadlineMs = 10_000, gatherMs = 50 } = options;
  checkNumber("maxBytes", maxBytes, 1);
  checkNumber("deadlineMs", deadlineMs, 1);
  let realtime: Realtime<unknown> | undefined;

  const mayDo = (call: AuthorizeCall<Documents, W, C>) => {
    // Who writes without a name is the server, in the history and to the Yjs clients that are its own.
    if (!call.user && call.action !== "watch" && call.action !== "presence") return false;
    const role = roleOf(call.state, call.user);
    const allowed = allows(role, call.action, call.user);
    return authorize ? authorize({ ...call, role, allowed }) : allowed;
  };
  /** By the shares as they are when it is decided, which may be others than when it was asked. */
  const insist = (state: Documents["state"], user: User | null, action: TopicAction<Documents>) => {
    if (authorize || !user || allows(roleOf(state, user), action, user)) return;
    throw new ShoalError("FORBIDDEN", "The document is not shared with you for this any more.");
  };

  const served = serveChannel<
    Documents,
    W,
    C,
    Prepared,
    DocumentPrivate,
    "all",
    {},
    DocumentTables,
    DerivedText | null
  >(documents, {
    private: documentPrivate,
    authorize: mayDo,
    // What the others read of a document is authorized as a watch of it.
    authorizeQuery: ({ action, user }) => action !== "list" || user !== null,
    rates: { commandsPerMinute: 6_000, ...options.rates },
    prepareDeadlineMs: deadlineMs,
    prepareAgain: ["edit"],
    gatherMs,
    compact: compactDocument,
    compactWhen: (state) => isCompactable(state, maxBytes),
    derive: deriveText,
    tables: documentTables,
    prepare: {
      edit: ({ input: { update }, user, signal }) =>
        bytesOf(update) > maxBytes ? null : prepareEdit(update, { deadlineMs, signal, by: user?.id }),
      restore: (call) => prepareRestore({ ...call, deadlineMs }),
      async endWatch({ input: { userId }, params, tenant }) {
        await realtime?.revoke({ userId, channel: documents, params, tenant: tenant ?? undefined });
        return undefined;
      },
    },
    mint: { create: ({ id }) => ({ documentId: id }) },
    commands: {
      create({ state, input: { title }, user, now, emit }) {
        if (!user) throw new ShoalError("UNAUTHORIZED", "Sign in to create a document.");
        if (state.status !== "absent") {
          throw new ShoalError("CONFLICT", "A document was made with this commandId before. Create with a new id.");
        }
        emit("created", { title, owner: toPerson(user), at: now });
      },
      edit({ state, private: known, input: { update }, prepared: scan, user, now, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "edit");
        const bytes = state.bytes + bytesOf(update);
        if (!scan || bytes > mostBytes(scan, maxBytes)) return reject("FULL", { bytes, most: maxBytes });
        insistOnFrame(update);
        const author = user?.id ?? null;
        const misplaced = checkScan(known, scan, author);
        if (misplaced) return reject("OUT_OF_ORDER", misplaced);
        if (scan.clients.length + scan.deletes.length > 0) emit("edited", { update, at: now }, toSecret(scan, author));
      },
      restore({ state, private: known, input: { offset }, prepared, user, now, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "restore");
        if (prepared === undefined) return reject("NOT_FOUND");
        if (prepared === null) return { edits: state.edits };
        const { update, scan } = prepared;
        const bytes = state.bytes + bytesOf(update);
        if (bytes > maxBytes) return reject("FULL", { bytes, most: maxBytes });
        insistOnFrame(update);
        const author = user?.id ?? null;
        if (checkScan(known, scan, author)) throw new ShoalError("SERVICE_UNAVAILABLE", "It was restored. Try again.");
        emit("restored", { update, offset, at: now }, toSecret(scan, author));
        return { edits: state.edits + 1 };
      },
      rename({ state, input: { title }, user, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "rename");
        if (title !== state.title) emit("renamed", { title });
      },
      share(call) {
        const { state, input, user: sender, emit, reject } = call;
        const { userId, name = userId, role } = input;
        if (isGone(state)) return reject("GONE");
        insist(state, sender, "share");
        const before = state.shares.find(({ user }) => user.id === userId);
        if ((before?.role ?? null) === role) return;
        const owners = state.shares.filter((share) => share.role === "owner");
        if (before?.role === "owner" && owners.length === 1) return reject("LAST_OWNER");
        if (!before && state.shares.length >= maxShares) return reject("TOO_MANY", { most: maxShares });
        emit("shared", { user: before?.user ?? { id: userId, name }, role });
      },
      nameVersion({ state, input: { offset, name }, offset: last, user, now, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "nameVersion");
        if (offset > last) return reject("NOT_FOUND");
        const known = state.versions.some((version) => version.offset === offset);
        if (!known && state.versions.length >= maxNamedVersions) return reject("TOO_MANY", { most: maxNamedVersions });
        emit("versionNamed", { version: { offset, name, by: user ? toPerson(user) : { id: "", name: "" }, at: now } });
      },
      unnameVersion({ state, input: { offset }, user, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "unnameVersion");
        if (!state.versions.some((version) => version.offset === offset)) return reject("NOT_FOUND");
        emit("versionUnnamed", { offset });
      },
      remove({ state, user, emit, reject }) {
        if (isGone(state)) return reject("GONE");
        insist(state, user, "remove");
        emit("removed");
      },
      endWatch() {},
    },
    effects: (event, { params }) =>
      event.type === "shared" && event.data.role === null
        ? [effect(documents, params, "endWatch", { userId: event.data.user.id })]
        : [],
    project: projectDocuments,
    erased: eraseDocument,
    eraseUser: eraseFromDocument,
    queries: documentQueries(deadlineMs),
  });
  return withHand(served, (opened) => {
    realtime = opened;
    return documentHand(opened, deadlineMs);
  });
}

/** @throws {ShoalError} `NOT_FOUND` when it was never there */
function isGone({ status }: Documents["state"]): boolean {
  if (status === "absent") throw new ShoalError("NOT_FOUND", "There is no such document.");
  return status === "removed";
}

/** How long the base64 of an update may be: it travels in one frame. */
const longestUpdate = 2_000_000;

/** @throws {ShoalError} `PAYLOAD_TOO_LARGE` when nobody could be told of the edit */
function insistOnFrame(update: string): void {
  if (update.length <= longestUpdate) return;
  throw new ShoalError("PAYLOAD_TOO_LARGE", "One edit has at most 1.5 MB. Write less at once.");
}
