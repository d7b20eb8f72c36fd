import { defineNotifications } from "@shoal/contract/notifications";
import type { Person } from "@shoal/contract/rooms";
import * as z from "zod/mini";

const week = 7 * 24 * 60 * 60 * 1_000;

/** What people are notified of. */
export const inbox = defineNotifications(
  {
    mention: {
      data: z.object({ roomId: z.string(), room: z.string(), text: z.string() }),
      category: "mentions",
      group: ({ roomId }) => `room:${roomId}`,
      render: ({ roomId, room, text }, { actors, count }) => ({
        title: `${whoOf(actors)} mentioned you ${count > 1 ? `${count} times ` : ""}in ${nameOf(room)}`,
        body: text,
        url: `/rooms/${roomId}`,
      }),
    },
    wave: {
      data: z.object({ by: z.string() }),
      category: "people",
      group: ({ by }) => `wave:${by}`,
      render: (_, { actors, count }) => ({
        title: `${whoOf(actors)} waved at you`,
        body: count > 1 ? `${count} times by now. Wave back?` : "Wave back?",
        url: "/rooms/lobby",
      }),
    },
    roomOpened: {
      data: z.object({ roomId: z.string(), room: z.string() }),
      category: "rooms",
      lifeMs: week,
      render: ({ roomId, room }, { actors }) => ({
        title: `${whoOf(actors)} opened ${nameOf(room)}`,
        body: "Have a look, or say the first word.",
        url: `/rooms/${roomId}`,
      }),
    },
    welcome: {
      data: z.object({ name: z.string() }),
      category: "account",
      critical: true,
      render: ({ name }) => ({
        title: `Welcome, ${name}`,
        body: "Here you are told who mentions you and who waves. Choose how in the settings.",
        url: "/notifications/settings",
      }),
    },
  },
  { deliver: ["email"] },
);

/** On one line with its sign. */
function nameOf(room: string): string {
  return `#\u00a0${room}`;
}

function whoOf(actors: readonly Person[]): string {
  const [first, second, third] = actors.map(({ name }) => name);
  if (third !== undefined) return `${first}, ${second} and others`;
  return second === undefined ? (first ?? "Somebody") : `${first} and ${second}`;
}
