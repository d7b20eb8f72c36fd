import { createHash, hash, randomUUID } from "node:crypto";
import { type Position, parse, parsePosition, ShoalError } from "@shoal/contract";
import type { User } from "../user.ts";
import type { Definition } from "./definition.ts";
import { newCommandId } from "./new-command-id.ts";

const maxIdLength = 128;

/** Everybody on a topic is sent the state of everybody else. */
const maxPresenceBytes = 4 * 1024;

/** A client that watches with presence, and its state. */
export interface MemberRequest {
  readonly clientId: string;
  readonly state: unknown;
}

/** @throws {ShoalError} `BAD_REQUEST` when it is neither absent nor a position */
export function parseLastEventId(value: unknown): Position | null {
  if (value === undefined || value === null) return null;
  return parsePosition(typeof value === "string" ? value : "");
}

/**
 * @throws {ShoalError} `BAD_REQUEST` when the channel has no presence, or the state or the clientId does not fit, `PAYLOAD_TOO_LARGE`
 * when the state is no small one
 */
export function parseMember({ name, presence }: Definition, clientId: unknown, state: unknown): MemberRequest {
  if (!presence) throw new ShoalError("BAD_REQUEST", `Channel "${name}" declares no presence.`);
  const id = parseId("clientId", clientId);
  if (id === undefined) throw new ShoalError("BAD_REQUEST", `Presence on "${name}" needs a clientId.`);
  const parsed = parse(presence, state, `presence of "${name}"`);
  const bytes = Buffer.byteLength(JSON.stringify(parsed) ?? "");
  if (bytes <= maxPresenceBytes) return { clientId: id, state: parsed };
  throw new ShoalError(
    "PAYLOAD_TOO_LARGE",
    `The presence of "${name}" has ${bytes} bytes, more than ${maxPresenceBytes}. Show less of it, or send it as a command.`,
  );
}

/** @throws {ShoalError} `BAD_REQUEST` when it is neither absent nor an audience of the channel */
export function parseAudience({ name, audiences }: Definition, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && audiences.includes(value)) return value;
  throw new ShoalError("BAD_REQUEST", `"${name}" has no such audience. It has: ${audiences.join(", ")}.`);
}

/** @throws {ShoalError} `BAD_REQUEST` when it is no text of 1 to 128 characters; an absent one is made here */
export function parseCommandId(value: unknown): string {
  return parseId("commandId", value) ?? newCommandId();
}

/** @throws {ShoalError} `BAD_REQUEST` when it is neither absent nor a whole number from 1 */
export function parseVersion(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new ShoalError("BAD_REQUEST", "The version must be a whole number from 1.");
}

/**
 * Whose commandIds they are. A user's are its own; an anonymous client's are told apart by its clientId, which only it
 * knows; who gives none cannot send the same command again.
 */
export function senderOf(user: User | null, clientId: unknown): string | null {
  if (user) return `user:${user.id}`;
  const id = parseId("clientId", clientId);
  return id === undefined ? null : `client:${createHash("sha256").update(id).digest("base64url")}`;
}

/**
 * The same for the same command with the same fields, in whatever order they came.
 *
 * @throws {ShoalError} `BAD_REQUEST` when they have no text: a `BigInt`, a circle, or too deep a nest, which a transformer may bring
 */
export function digestOf(name: string, fields: object): string {
  return hash("sha256", textOf([name, fields]), "base64url");
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value, sortKeys);
  } catch {
    throw new ShoalError("BAD_REQUEST", "The input is not plain JSON, or is nested too deeply.");
  }
}

/** @throws {ShoalError} `BAD_REQUEST` when it is no text, or an empty one */
export function parseText(what: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ShoalError("BAD_REQUEST", `\`${what}\` must be a text that is not empty.`);
}

/** Postgres knows no NUL, and half of a surrogate pair is no text. */
const unstorable = /\0|\p{Surrogate}/u;

function isId(text: string): boolean {
  return text.length >= 1 && text.length <= maxIdLength && !unstorable.test(text);
}

/** An id for a topic: the same whenever the same sender sends the same command, and nobody else's. */
export function mintedId(channel: string, sender: string | null, commandId: string): string {
  const text = JSON.stringify([channel, sender ?? randomUUID(), commandId]);
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}

function parseId(what: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && isId(value)) return value;
  throw new ShoalError("BAD_REQUEST", `${what} must be a string of 1 to ${maxIdLength} characters, none of them NUL.`);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
