import * as Y from "yjs";

/** How many characters are written in one place, on average, before another one is gone to. */
const run = 12;

/** One in so many edits takes a character away. */
const slips = 10;

/** Writes into a text, one character at a time, as a person does: some here, some there, some taken back. */
export class Typist {
  readonly #doc: Y.Doc;
  readonly #random: () => number;
  #place: Y.RelativePosition | undefined;

  /** @param typed called with what each edit does */
  constructor(doc: Y.Doc, seed: number, typed?: (update: Uint8Array) => void) {
    this.#doc = doc;
    this.#random = mulberry32(seed);
    if (typed) doc.on("update", (update: Uint8Array, _origin, _doc, { local }) => local && typed(update));
  }

  /** One edit, in a transaction of its own. */
  type(): void {
    const text = this.#doc.getText("text");
    const at = this.#cursor(text);
    if (at > 0 && this.#oneIn(slips)) {
      text.delete(at - 1, 1);
      return;
    }
    text.insert(at, letters[Math.floor(this.#random() * letters.length)] ?? " ");
    this.#place = Y.createRelativePositionFromTypeIndex(text, at + 1, -1);
  }

  #cursor(text: Y.Text): number {
    const known = this.#place && Y.createAbsolutePositionFromRelativePosition(this.#place, this.#doc)?.index;
    return known === undefined || this.#oneIn(run) ? Math.floor(this.#random() * (text.length + 1)) : known;
  }

  #oneIn(times: number): boolean {
    return this.#random() * times < 1;
  }
}

const letters = "etaoin shrdlu cmfwyp";

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
