/** How many words a name may have that somebody is mentioned by. */
const mostWords = 4;

/** How many people a text may mention. */
const mostMentions = 10;

/** What a name is found by, however it is written. It is JSON, since not every database keeps half of a surrogate pair. */
export function handleOf(name: string): string {
  return JSON.stringify(name.normalize("NFKC").toLowerCase());
}

/** For each `@` of a text, the handles that it may mean, the longest first: a name may have several words. */
export function mentionsIn(text: string): readonly (readonly string[])[] {
  const found = [...text.matchAll(/(?<![\p{L}\p{N}])@([\p{L}\p{N}][^@\n]*)/gu)].slice(0, mostMentions);
  return found.map(([, rest = ""]) => {
    const words = rest.trim().split(/\s+/u).slice(0, mostWords);
    return words.map((_, index) => handleOf(nameOf(words.slice(0, index + 1)))).toReversed();
  });
}

/** A sentence may end with a name. */
function nameOf(words: readonly string[]): string {
  return words.join(" ").replace(/\p{P}+$/u, "");
}
