import * as z from "zod/mini";

export const roomId = z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, "1 to 64 letters, digits, - and _"));

/** The longest name of a room, after trimming. */
export const maxRoomNameLength = 80;

/** Not every store keeps a NUL, and half of a surrogate pair is no text. */
export const storable = z.refine<string>((text) => !/\0|\p{Surrogate}/u.test(text), "no NUL, and whole characters");

export const roomName = z
  .string()
  .check(z.trim(), z.minLength(1, "a room needs a name"), z.maxLength(maxRoomNameLength), storable);

/** The id of an entry, which is that of a command, or the id of a user. */
export const givenId = z.string().check(z.minLength(1), z.maxLength(128), storable);

export const person = z.object({ id: z.string(), name: z.string() });

/** Who did something, by the name that they had then. */
export type Person = z.output<typeof person>;
