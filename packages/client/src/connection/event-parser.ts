/** A server-sent event. */
export interface ServerEvent {
  readonly type: string;
  readonly data: string;
  /** The last id that the stream told, with this event or before it; empty where there is none. */
  readonly id: string;
}

/**
 * Reads a stream of server-sent events, in whatever pieces it comes.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export class EventParser {
  readonly #lineEnd = /\r\n?|\n/g;
  /** The beginning of a line whose end has not come. */
  #begun: string[] = [];
  /** Whether the last piece ended with a carriage return: a line feed at the next one's start belongs to it. */
  #halfEnded = false;
  #type = "";
  #data: string | undefined;
  #id = "";

  /** @returns the events that are whole now */
  push(piece: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    if (piece === "") return events;
    let start = this.#halfEnded && piece.startsWith("\n") ? 1 : 0;
    this.#lineEnd.lastIndex = start;
    for (let end = this.#lineEnd.exec(piece); end; end = this.#lineEnd.exec(piece)) {
      this.#begun.push(piece.slice(start, end.index));
      start = this.#lineEnd.lastIndex;
      const event = this.#take(this.#begun.join(""));
      this.#begun = [];
      if (event) events.push(event);
    }
    this.#halfEnded = piece.endsWith("\r");
    if (start < piece.length) this.#begun.push(piece.slice(start));
    return events;
  }

  #take(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
    if (name === "event") this.#type = value;
    else if (name === "data") this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const [type, data] = [this.#type || "message", this.#data];
    this.#type = "";
    this.#data = undefined;
    return data === undefined ? undefined : { type, data, id: this.#id };
  }
}
