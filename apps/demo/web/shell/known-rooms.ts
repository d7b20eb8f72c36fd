import { Store } from "../store.ts";

const key = "shoal-rooms";
const suggested = ["lobby", "reef", "harbour", "deep-end"];

/** The rooms to choose from: the suggested ones, and those that this browser has been in. */
export const knownRooms = new Store<readonly string[]>([...new Set([...suggested, ...stored()])]);

export function rememberRoom(roomId: string): void {
  if (knownRooms.current.includes(roomId)) return;
  knownRooms.set([...knownRooms.current, roomId]);
  localStorage.setItem(key, JSON.stringify(knownRooms.current.filter((known) => !suggested.includes(known))));
}

function stored(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(value) ? value.filter((roomId) => typeof roomId === "string") : [];
  } catch {
    return [];
  }
}
