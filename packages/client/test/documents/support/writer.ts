import { documents } from "@shoal/contract/documents";
import type { Random } from "../../../../server/test/durability/random.ts";
import { openDocument } from "../../../src/channels/documents.ts";
import { createClient } from "../../../src/client.ts";
import { ShakyLink } from "./shaky-link.ts";

export interface WriterOptions {
  readonly who: string;
  readonly documentId: string;
  /** The port of the server that the next connection is made with. */
  readonly target: () => number;
  readonly random: Random;
}

/** Somebody who has a document open, on a link of their own, and remembers what they were told of what they wrote. */
export class Writer implements AsyncDisposable {
  readonly link: ShakyLink;
  readonly document;
  readonly #client;
  /** What they wrote, in the order in which they did. */
  readonly #written: Uint8Array[] = [];
  #saved = 0;

  private constructor(link: ShakyLink, { who, documentId }: WriterOptions) {
    this.link = link;
    this.#client = createClient({
      url: link.url,
      channels: [documents],
      token: () => who,
      user: () => ({ id: who, name: who.toUpperCase() }),
      timeoutMs: 1_000,
    });
    this.document = openDocument(this.#client, { documentId });
    this.document.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this.document) this.#written.push(update);
    });
    this.document.on("status", ({ status }) => {
      if (status === "saved") this.#saved = this.#written.length;
    });
  }

  static async open(options: WriterOptions): Promise<Writer> {
    return new Writer(await ShakyLink.open(options.target, options.random), options);
  }

  /** What they wrote before they were last shown that it is saved. */
  get saved(): readonly Uint8Array[] {
    return this.#written.slice(0, this.#saved);
  }

  /** Connects now, where the connection was lost, instead of when the client tries again by itself. @returns whether it is open */
  comeBack(): boolean {
    const { current, retry } = this.#client.connection;
    if (current.status === "reconnecting") retry();
    return current.status === "open";
  }

  /** Closes the page. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.document.destroy();
    await this.#client.close();
    await this.link[Symbol.asyncDispose]();
  }
}
