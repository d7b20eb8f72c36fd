/** The fields of a UUID before its last one. */
const fields = /^(.{8})(.{4})(.{4})(.{4})/;

/**
 * An id for a command: a UUID of version 7 (RFC 9562), which begins with the time, so that a store has those of one time in one place.
 * It can be made before the command is given, to show something under it.
 */
export function newCommandId(): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const marked = Array.from(random, (byte, at) =>
    at === 0 ? 0x70 | (byte & 0xf) : at === 2 ? 0x80 | (byte & 0x3f) : byte,
  );
  return `${hex(Date.now(), 12)}${marked.map((byte) => hex(byte, 2)).join("")}`.replace(fields, "$1-$2-$3-$4-");
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
