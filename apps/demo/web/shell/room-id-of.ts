/** The room that a name means: "Café au lait" is `cafe-au-lait`. Empty when nothing of the name is left. */
export function roomIdOf(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9_-]+/g, "-")
    .slice(0, 64)
    .replace(/^-+|-+$/g, "");
}
