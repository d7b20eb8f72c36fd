interface OneWay {
  serialize(value: unknown): unknown;
  deserialize(value: unknown): unknown;
}

/** The data transformer of the application's tRPC, such as superjson. Both sides must use the same one. */
export type Transformer = OneWay | { readonly input: OneWay; readonly output: OneWay };

/** What travels, as JSON, through the transformer. */
export interface Codec {
  /** @returns undefined for what has no JSON, such as undefined */
  encode(input: unknown): string | undefined;
  decode(data: unknown): unknown;
}

export function codecOf(transformer: Transformer | undefined): Codec {
  if (!transformer) return { encode: JSON.stringify, decode: (data) => data };
  const { input, output } = "input" in transformer ? transformer : { input: transformer, output: transformer };
  return {
    encode: (value) => JSON.stringify(input.serialize(value)),
    decode: (data) => output.deserialize(data),
  };
}
