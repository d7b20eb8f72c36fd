/** One function for each name, as `topic.send`, `topic.broadcast` and `query` have them. */
export type RequestFunctions<Options> = Readonly<
  Record<string, (input?: object, options?: Options) => Promise<unknown>>
>;

/** Makes a function of each name, which calls `run` with it. */
export function requestFunctions<Options>(
  names: readonly string[],
  run: (name: string, input: object, options: Options | undefined) => Promise<unknown>,
): RequestFunctions<Options> {
  return Object.fromEntries(names.map((name) => [name, (input = {}, options) => run(name, input, options)]));
}
