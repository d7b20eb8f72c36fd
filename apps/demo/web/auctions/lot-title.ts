import { pictures } from "./pictures.ts";

export type Picture = (typeof pictures)[number];

/** A title as its picture and the rest: what is drawn of a lot, and what is read. */
export function splitTitle(title: string): { readonly picture: Picture | undefined; readonly name: string } {
  const picture = pictures.find(({ sign }) => title.startsWith(`${sign} `));
  return { picture, name: picture ? title.slice(picture.sign.length).trim() : title };
}
