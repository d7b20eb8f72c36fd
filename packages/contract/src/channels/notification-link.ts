const scheme = /^([a-z][a-z0-9+.-]*):/i;

/** Browsers pass over some of these where they read a scheme, and half of a surrogate pair is no text. */
const hidden = /[\p{Cc}\p{Zs}\p{Surrogate}]/u;

/** An address as it may be shown: http, https, or relative to the page; undefined where it is another. */
export function linkOf(address: string | null | undefined): string | undefined {
  if (address === null || address === undefined || hidden.test(address)) return undefined;
  const [, named] = scheme.exec(address) ?? [];
  return named === undefined || /^https?$/i.test(named) ? address : undefined;
}
