import type { Rooms } from "@shoal/contract/rooms";
import { type Effect, type EventOf, effect } from "@shoal/server";
import { inbox } from "../contract/inbox.ts";
import { type People, people } from "../contract/people.ts";

type Person = { readonly id: string; readonly name: string };

/** What an event of a room means for people: that somebody may be mentioned, or is no more. */
export function whatRoomsMean(
  event: EventOf<Rooms>,
  { params: { roomId }, state }: { readonly params: Rooms["params"]; readonly state: Rooms["state"] },
): readonly Effect[] {
  const { type, data } = event;
  const room = state.name || roomId;
  switch (type) {
    case "posted":
      if (!data.text.includes("@")) return [];
      return [effect(people, {}, "mention", { by: data.author, roomId, room, messageId: data.id, text: data.text })];
    case "removed":
      return [effect(people, {}, "unmention", data)];
    case "created":
      return [effect(people, {}, "tellOfRoom", { by: data.by, roomId, room })];
    default:
      return [];
  }
}

/** What people do to each other, as it comes into their inboxes. */
export function whatPeopleAreTold({ type, data }: EventOf<People>): readonly Effect[] {
  switch (type) {
    case "arrived":
      return [notify(data.id, { kind: "welcome", data: { name: data.name } }, { key: "welcome" })];
    case "waved":
      return [
        notify(data.to, { kind: "wave", data: { by: data.by.id } }, { actor: data.by, source: `person:${data.by.id}` }),
      ];
    case "mentioned": {
      const { by, to, roomId, room, messageId, text } = data;
      const content = { kind: "mention", data: { roomId, room, text } };
      return to.map((id) => notify(id, content, { actor: by, source: `room:${roomId}`, key: messageId }));
    }
    case "unmentioned":
      return data.to.map((userId) => effect(inbox, { userId }, "retract", { key: data.messageId }));
    case "toldOfRoom": {
      const { by, to, roomId, room } = data;
      return to.map((id) => notify(id, { kind: "roomOpened", data: { roomId, room } }, { actor: by }));
    }
    case "toldOfAlert": {
      const { to, alertId, rule, title, value } = data;
      return to.map((id) => notify(id, { kind: "alert", data: { rule, title, value } }, { key: alertId }));
    }
  }
}

interface Sent {
  readonly actor?: Person;
  readonly source?: string;
  readonly key?: string;
}

/** Makes an effect of it. */
export function notify(
  userId: string,
  content: { readonly kind: string; readonly data: object },
  { actor, source, key }: Sent,
): Effect {
  const more = { actor: actor ?? null, link: null, source: source ?? null, key: key ?? null };
  return effect(inbox, { userId }, "notify", { content: content as never, ...more });
}
