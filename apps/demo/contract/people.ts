import { type Channel, defineChannel, type TypesOf } from "@shoal/contract";
import { maxMessageLength } from "@shoal/contract/rooms";
import * as z from "zod/mini";

const person = z.object({ id: z.string(), name: z.string() });
const room = { roomId: z.string(), room: z.string() };
const ids = z.array(z.string());
const alert = { alertId: z.string(), rule: z.string(), title: z.string(), value: z.string() };

const definition = defineChannel(
  "people",
  {
    params: z.object({}),
    state: z.object({}),
    events: {
      arrived: person,
      waved: z.object({ by: person, to: z.string() }),
      mentioned: z.object({ by: person, to: ids, ...room, messageId: z.string(), text: z.string() }),
      /** The message is gone, and so is what its people were told. */
      unmentioned: z.object({ to: ids, messageId: z.string() }),
      toldOfRoom: z.object({ by: person, to: ids, ...room }),
      toldOfAlert: z.object({ to: ids, ...alert }),
    },
    commands: {
      /** Lets others find one by name. To be sent by whoever has signed in; again it does nothing. */
      arrive: {},
      wave: { input: z.object({ to: z.string() }), rejections: { NOT_FOUND: z.object({}) } },
      /** Finds out who is mentioned in a text. */
      mention: {
        internal: true,
        input: z.object({
          by: person,
          ...room,
          messageId: z.string(),
          text: z.string().check(z.maxLength(maxMessageLength)),
        }),
      },
      unmention: { internal: true, input: z.object({ messageId: z.string() }) },
      tellOfRoom: { internal: true, input: z.object({ by: person, ...room }) },
      tellOfAlert: { internal: true, input: z.object(alert) },
    },
    queries: {
      /** Who has a name that begins so, those who came last first; for the one who asks the others. */
      find: {
        input: z.object({ name: z.string().check(z.trim(), z.minLength(1), z.maxLength(60)) }),
        output: z.object({ items: z.array(person) }),
      },
    },
  },
  {
    initial: () => ({}),
    apply: {
      arrived: (state) => state,
      waved: (state) => state,
      mentioned: (state) => state,
      unmentioned: (state) => state,
      toldOfRoom: (state) => state,
      toldOfAlert: (state) => state,
    },
  },
);

export interface People extends TypesOf<typeof definition> {}

/** Who has signed in, by name, and what they do to each other. Nobody watches it: what it means is in people's inboxes. */
export const people: Channel<People> = definition;
