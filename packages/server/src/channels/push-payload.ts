import type { Rendered } from "@shoal/contract/notifications";

/** What a service worker gets, as JSON. */
export interface PushPayload extends Rendered {
  /** The item's: a notification of the same id takes the place of the one before. */
  readonly id: string;
  readonly kind: string;
}

/** What every push service takes once it is encrypted is 4,096 bytes: RFC 8291 adds a header of 86, a tag of 16 and a delimiter. */
export const maxPayloadBytes = 4_096 - 86 - 16 - 1;

/** The payload as JSON, with less text where it would be too long. */
export function toPayload({ id, kind, title, body, icon, url }: PushPayload): string {
  const whole = { id, kind, title, body, icon, url };
  const short = { id, kind, title: cut(title, 200), body: cut(body, 400), url };
  const shortest = { id, kind, title: cut(title, 100), body: "" };
  const payloads = [whole, { ...whole, icon: undefined }, short, { ...short, body: "" }, shortest].map((payload) =>
    JSON.stringify(payload),
  );
  return payloads.find((payload) => Buffer.byteLength(payload) <= maxPayloadBytes) ?? "{}";
}

function cut(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join("")}…`;
}
