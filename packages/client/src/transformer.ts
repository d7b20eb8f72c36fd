interface OneWay {
  serialize(value: unknown): unknown;
  deserialize(value: unknown): unknown;
}

/** The data transformer of the application's tRPC, such as superjson. Both sides must use the same one. */
export type Transformer = OneWay | { readonly input: OneWay; readonly output: OneWay };
