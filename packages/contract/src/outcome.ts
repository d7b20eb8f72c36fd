/** Spreads a type out, so that hovers show fields and not the way they were computed. */
export type Flat<T> = { [K in keyof T]: T[K] } & {};

/**
 * `z.object({})` gives `Record<string, never>`, which would spoil unions and intersections; and nothing declared is `{}` too. `any` stays what
 * it is, so that what has more than a channel, such as an inbox, is a channel of any types as well.
 */
export type Bare<D> = 0 extends 1 & D ? D : unknown extends D ? {} : D extends Record<string, never> ? {} : D;

/** A command that was accepted: `offset` is that of its last event, or the topic's when it emitted none. */
export type Accepted<Result> = unknown extends Result
  ? { readonly ok: true; readonly offset: number }
  : { readonly ok: true; readonly offset: number; readonly result: Result };

/** A command that was rejected, by one of the reasons its contract declares, with the fields of that reason. */
export type Rejected<Rejections> = {
  [K in keyof Rejections]: Flat<{ readonly ok: false; readonly reason: K } & Readonly<Bare<Rejections[K]>>>;
}[keyof Rejections];

/** The answer to a command. A rejection is a result and not an exception: `if (!outcome.ok) switch (outcome.reason)`. */
export type Outcome<Result, Rejections> = Accepted<Result> | Rejected<Rejections>;

/** The answer to a command that makes a topic: accepted, it names the topic that was made. */
export type Created<Result, Rejections, Params> =
  | Flat<Accepted<Result> & { readonly params: Params }>
  | Rejected<Rejections>;

/** An outcome as it is stored and carried, before the contract gives it its types. */
export type AnyOutcome =
  | { readonly ok: true; readonly offset: number; readonly result?: unknown; readonly params?: object }
  | { readonly ok: false; readonly reason: string; readonly [field: string]: unknown };
