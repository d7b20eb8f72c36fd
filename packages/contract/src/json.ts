/**
 * What travels and what is stored: plain JSON. An instant is milliseconds since the epoch, a `Date` is a compile error.
 * An optional property may be absent; `undefined` is dropped on the way, as `JSON.stringify` does.
 */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** What a channel's params may hold: flat primitives, since they name a topic. */
export type ParamValue = string | number | boolean | null | undefined;
