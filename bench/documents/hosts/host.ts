/** A contender's server. */
export interface Host {
  readonly port: number;
  /** Makes a document that these users may write. @returns its id */
  create(users: readonly string[]): Promise<string>;
  /** Makes a document of these updates, each an edit of the user who stands beside it, as it is when it was written long ago. */
  fill(edits: readonly Edit[]): Promise<string>;
}

export interface Edit {
  readonly user: string;
  readonly update: Uint8Array;
}
