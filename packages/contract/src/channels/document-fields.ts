import * as z from "zod/mini";
import { person, storable } from "./room-fields.ts";

/** The longest title, after trimming. */
export const maxTitleLength = 200;

/** How many people a document can be shared with. */
export const maxShares = 200;

/** How many versions of a document can have a name. */
export const maxNamedVersions = 100;

/** How many updates stand together in the tail, so that one more copies few. */
export const tailChunk = 256;

export const documentId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, - and _"));

export const title = z
  .string()
  .check(z.trim(), z.minLength(1, "a document needs a title"), z.maxLength(maxTitleLength), storable);

/** Bytes as base64, with the padding. */
export const base64 = z
  .string()
  .check(z.refine((text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), "base64"));

/** What one may do: an `owner` everything, an `editor` all but sharing and removing, a `viewer` read. */
const roles = ["owner", "editor", "viewer"] as const;
export const role = z.enum(roles);
export type DocumentRole = z.output<typeof role>;

export const share = z.object({ user: person, role });

/** Somebody with whom a document is shared. */
export type DocumentShare = z.output<typeof share>;

export const namedVersion = z.object({
  /** The offset of the last event that is in it. */
  offset: z.int(),
  name: z.string(),
  by: person,
  /** When it was named, in milliseconds since the epoch by the server's clock. */
  at: z.number(),
});

export type NamedVersion = z.output<typeof namedVersion>;
