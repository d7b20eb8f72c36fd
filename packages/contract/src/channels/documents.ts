import * as z from "zod/mini";
import type { Channel, TypesOf } from "../channel.ts";
import { defineChannel } from "../define-channel.ts";
import type { Json } from "../json.ts";
import { base64, documentId, namedVersion, role, share, tailChunk, title } from "./document-fields.ts";
import { givenId, person, storable } from "./room-fields.ts";

export {
  type DocumentRole,
  type DocumentShare,
  maxNamedVersions,
  maxShares,
  maxTitleLength,
  type NamedVersion,
} from "./document-fields.ts";

/** How many items a page of a query may have, and how many it has when nobody says. */
export const documentListLimits = { most: 100, usual: 50 } as const;

/** The name of the `Y.Text` that is a document's text. */
export const documentText = "text";

const listed = z.object({
  documentId: z.string(),
  title: z.string(),
  role,
  owner: person,
  /** When it was last changed, in milliseconds since the epoch by the server's clock. */
  changedAt: z.number(),
  /** The beginning of its text, some seconds old at most. */
  excerpt: z.string(),
});

/** What one person wrote in one go. */
const version = z.object({
  /** The offsets of its first and its last event; the document as of `to` has it in it. */
  from: z.int(),
  to: z.int(),
  /** When its last edit was made. */
  at: z.number(),
  by: z.nullable(person),
  edits: z.int(),
  /** It was made by restoring the version as of this offset. */
  restored: z.nullable(z.int()),
});

const piece = z.object({ kind: z.enum(["same", "added", "removed"]), text: z.string() });

export type ListedDocument = z.output<typeof listed>;
export type DocumentVersion = z.output<typeof version>;
/** A piece of the difference between two texts; the pieces that are `same` or `added`, one after the other, are the later one. */
export type DifferencePiece = z.output<typeof piece>;

const page = {
  cursor: z.optional(z.int().check(z.minimum(1))),
  limit: z.optional(z.int().check(z.minimum(1), z.maximum(documentListLimits.most))),
};
const offset = z.int().check(z.minimum(1));

const definition = defineChannel(
  "documents",
  {
    params: z.object({ documentId }),
    state: z.object({
      /** `absent` before it is created. */
      status: z.enum(["absent", "present", "removed"]),
      title: z.string(),
      createdAt: z.number(),
      /** When it was last written in, in milliseconds since the epoch by the server's clock. */
      editedAt: z.number(),
      /** Whom it belongs to, and with whom it is shared. */
      shares: z.array(share),
      /** A Yjs update (v1, base64) of all edits before those of the tail; empty where there are none. */
      base: z.string(),
      /** The updates of the edits since then, in their order, some together. */
      tail: z.array(z.array(z.string())),
      /** How many edits there were; the last of them are those of the tail. */
      edits: z.int(),
      /** How large `base` and `tail` are together, in bytes as they are before base64. */
      bytes: z.int(),
      versions: z.array(namedVersion),
    }),
    events: {
      created: z.object({ title: z.string(), owner: person, at: z.number() }),
      edited: z.object({ update: base64, at: z.number() }),
      /** The document was made as it was at `offset`, by an edit. */
      restored: z.object({ update: base64, offset: z.int(), at: z.number() }),
      renamed: z.object({ title: z.string() }),
      /** `null`: it is shared with them no more. */
      shared: z.object({ user: person, role: z.nullable(role) }),
      versionNamed: z.object({ version: namedVersion }),
      versionUnnamed: z.object({ offset: z.int() }),
      removed: z.object({}),
      /** A user was erased, and nothing names them any more: it is shared like this, and these named versions are nobody's. */
      forgotten: z.object({ shares: z.array(share), versions: z.array(z.int()) }),
    },
    commands: {
      create: { creates: true, input: z.object({ title }) },
      edit: {
        /** A Yjs update, v1. */
        input: z.object({ update: base64 }),
        rejections: {
          /** The document has as much as it may have. */
          FULL: z.object({ bytes: z.int(), most: z.int() }),
          /** It does not follow what the server has of this author. Another update came first, or something before it is missing. */
          OUT_OF_ORDER: z.object({ client: z.number(), expected: z.int() }),
          GONE: z.object({}),
        },
      },
      rename: { input: z.object({ title }), rejections: { GONE: z.object({}) } },
      share: {
        input: z.object({
          userId: givenId,
          name: z.optional(z.string().check(z.maxLength(200), storable)),
          role: z.nullable(role),
        }),
        rejections: { GONE: z.object({}), LAST_OWNER: z.object({}), TOO_MANY: z.object({ most: z.int() }) },
      },
      nameVersion: {
        input: z.object({ offset, name: z.string().check(z.trim(), z.minLength(1), z.maxLength(100), storable) }),
        rejections: { GONE: z.object({}), NOT_FOUND: z.object({}), TOO_MANY: z.object({ most: z.int() }) },
      },
      unnameVersion: { input: z.object({ offset }), rejections: { GONE: z.object({}), NOT_FOUND: z.object({}) } },
      /** Makes the text what it was, by a new edit. */
      restore: {
        input: z.object({ offset }),
        /** How many edits there are with it, as the state counts them: the one by which its author knows it from the others, to undo it. */
        result: z.object({ edits: z.int() }),
        rejections: { GONE: z.object({}), NOT_FOUND: z.object({}), FULL: z.object({ bytes: z.int(), most: z.int() }) },
      },
      remove: { rejections: { GONE: z.object({}) } },
      /** Ends what somebody watches of it with whom it is shared no more. */
      endWatch: { internal: true, input: z.object({ userId: z.string() }) },
    },
    queries: {
      /** What one may open, the last changed first. */
      list: {
        input: z.object({
          cursor: z.optional(z.string().check(z.maxLength(100))),
          limit: page.limit,
          search: z.optional(z.string().check(z.maxLength(200), storable)),
        }),
        output: z.object({ items: z.array(listed), nextCursor: z.nullable(z.string()) }),
      },
      /** The whole document, for what is too large for a watch to begin with: it comes over HTTP, and is watched from `position`. */
      load: {
        input: z.object({ documentId }),
        output: z.object({ state: z.custom<Json>(), offset: z.int(), at: z.number(), position: z.string() }),
        large: true,
      },
      /** Who wrote what and when, the newest first. */
      versions: {
        input: z.object({ documentId, ...page }),
        output: z.object({ items: z.array(version), nextCursor: z.nullable(z.int()) }),
      },
      /** The whole text as it was. */
      textAt: { input: z.object({ documentId, offset }), output: z.object({ text: z.string() }), large: true },
      /** The whole text in pieces, those that were written or taken away between two versions told apart. */
      difference: {
        input: z.object({ documentId, from: z.int().check(z.minimum(0)), to: offset }),
        output: z.object({ pieces: z.array(piece) }),
        large: true,
      },
    },
    presence: z.object({
      /** What the editor shows of this client, as y-protocols' awareness has it: the cursor as relative positions, say. */
      awareness: z.nullable(z.record(z.string(), z.custom<Json>())),
    }),
  },
  {
    initial: () => ({
      status: "absent",
      title: "",
      createdAt: 0,
      editedAt: 0,
      shares: [],
      base: "",
      tail: [],
      edits: 0,
      bytes: 0,
      versions: [],
    }),
    apply: {
      created: (state, { title, owner, at }) => ({
        ...state,
        status: "present",
        title,
        createdAt: at,
        editedAt: at,
        shares: [{ user: owner, role: "owner" }],
      }),
      edited: (state, edit) => withEdit(state, edit),
      restored: (state, edit) => withEdit(state, edit),
      renamed: (state, { title }) => ({ ...state, title }),
      shared: (state, { user, role }) => {
        const others = state.shares.filter((share) => share.user.id !== user.id);
        return { ...state, shares: role ? [...others, { user, role }] : others };
      },
      versionNamed: (state, { version }) => ({
        ...state,
        versions: [...state.versions.filter(({ offset }) => offset !== version.offset), version],
      }),
      versionUnnamed: (state, { offset }) => ({
        ...state,
        versions: state.versions.filter((version) => version.offset !== offset),
      }),
      removed: (state) => ({ ...state, status: "removed", base: "", tail: [], bytes: 0, versions: [] }),
      forgotten: (state, { shares, versions }) => ({
        ...state,
        shares,
        versions: state.versions.map((version) =>
          versions.includes(version.offset) ? { ...version, by: { id: "", name: "" } } : version,
        ),
      }),
    },
  },
);

interface Edited {
  readonly editedAt: number;
  readonly tail: string[][];
  readonly edits: number;
  readonly bytes: number;
}

function withEdit<S extends Edited>(state: S, { update, at }: { readonly update: string; readonly at: number }): S {
  const { tail, edits, bytes } = state;
  const last = tail.at(-1);
  const open = last && last.length < tailChunk;
  return {
    ...state,
    editedAt: at,
    tail: open ? [...tail.slice(0, -1), [...last, update]] : [...tail, [update]],
    edits: edits + 1,
    bytes: bytes + bytesOf(update),
  };
}

/** How many bytes base64 stands for. */
export function bytesOf(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return (text.length / 4) * 3 - padding;
}

export interface Documents extends TypesOf<typeof definition> {}

/**
 * Documents that several people write at once. Their convergence is that of Yjs; that an edit is kept before it is acknowledged, by whom it is
 * and in which order it came, is the log's. Nothing here needs Yjs: it is for who reads or writes what is in a document.
 */
export const documents: Channel<Documents> = definition;
