import type { Member } from "@shoal/contract";
import type { DocumentRole, DocumentShare, Documents } from "@shoal/contract/documents";
import { toBase64UrlEncoded } from "lib0/buffer";
import { digest } from "lib0/hash/sha256";
import { encodeUtf8 } from "lib0/string";
import { type PersonColors, personColors } from "./document-colors.ts";

type DocumentMember = Member<Documents["presence"]>;

/** Somebody who is in a document now, with however many tabs. */
export interface DocumentPerson extends PersonColors {
  /** The user's id, or another where nobody is signed in. */
  readonly id: string;
  /** As the server knows them. */
  readonly name: string;
  /** Whether it is the client's own user. */
  readonly self: boolean;
  /** What they may do; undefined where it was not shared with them by name. */
  readonly role: DocumentRole | undefined;
}

/** What others see of a client's id, as the protocol has it: it finds a client among the members of a topic. */
export function publicIdOf(clientId: string): string {
  return toBase64UrlEncoded(digest(encodeUtf8(clientId))).slice(0, 16);
}

/** The member that a client is, as the server tells it. */
export function ownMember(members: readonly DocumentMember[], publicId: string): DocumentMember | undefined {
  return members.find(({ clients }) => clients.some(({ id }) => id === publicId));
}

/** Who is here, the user first. */
export function peopleOf(
  members: readonly DocumentMember[],
  shares: readonly DocumentShare[],
  self: string | undefined,
): DocumentPerson[] {
  const people = members.map((member) => ({
    ...personColors(member.id),
    id: member.id,
    name: nameOf(member),
    self: member.id === self,
    role: roleOf(shares, member.id),
  }));
  return [...people.filter((person) => person.self), ...people.filter((person) => !person.self)];
}

export function roleOf(shares: readonly DocumentShare[], userId: string | undefined): DocumentRole | undefined {
  return shares.find(({ user }) => user.id === userId)?.role;
}

export function nameOf({ id, name }: Pick<DocumentMember, "id" | "name">): string {
  return name ?? (id.startsWith("anonymous-") ? "Somebody" : id);
}

/** Whether who has a role may write, where nobody says otherwise. */
export function isWriter(role: DocumentRole | undefined): boolean {
  return role === "owner" || role === "editor";
}
