import { ShoalError } from "@shoal/contract";
import { answeredError, unanswered } from "../errors.ts";
import type { Codec } from "../transformer.ts";
import type { ServerEvent } from "./event-parser.ts";
import { readEvents } from "./event-stream.ts";
import { Fetcher, type FetcherOptions } from "./fetcher.ts";
import { type HttpAnswer, lossOfAnswer, readAnswer } from "./http-answer.ts";
import type { Line, LineCall, LineEvents } from "./line.ts";
import { outage } from "./machine.ts";
import { Turns } from "./turns.ts";

export interface HttpLineOptions extends FetcherOptions {
  readonly codec: Codec;
  /** The path of the query that tells whether the server answers. */
  readonly timePath: string;
  /** How many streams there may be at once, as far as that is known now. */
  readonly maxStreams: () => number;
  /** How long a stream is read while others wait for their turn, in milliseconds. */
  readonly streamTurn: number;
}

/**
 * A line over HTTP, in tRPC's format: queries are GET, mutations are POST, and each subscription is a stream of server-sent events. It is
 * open as long as the server answers.
 */
export class HttpLine implements Line {
  heardAt = performance.now();
  readonly #options: HttpLineOptions;
  readonly #events: LineEvents;
  readonly #fetcher: Fetcher;
  readonly #turns: Turns;
  readonly #underWay = new Set<AbortController>();
  #verifying: Promise<void> | undefined;
  #answered = false;
  #over = false;

  constructor(options: HttpLineOptions, events: LineEvents) {
    this.#options = options;
    this.#events = events;
    this.#fetcher = new Fetcher(options);
    this.#turns = new Turns(options.maxStreams, options.streamTurn);
    void this.#probe(true, () => events.opened());
  }

  send(call: LineCall): () => void {
    const controller = this.#begin();
    const { signal } = controller;
    const end = () => this.#end(controller);
    if (call.type !== "subscription") {
      void this.#run(call, controller, () => this.#request(call, signal));
      return end;
    }
    const leave = this.#turns.enter({
      begin: () => void this.#run(call, controller, () => this.#stream(call, signal)),
      yield: () => {
        if (!call.resumable) return false;
        this.#break(call, controller, takingTurns, true);
        return true;
      },
    });
    signal.addEventListener("abort", leave);
    return end;
  }

  ping(): void {
    void this.#probe(false, () => this.#events.pong());
  }

  /** Over HTTP the server asks for no new credentials: it refuses the old ones. */
  authenticate(): void {}

  close(): void {
    this.#over = true;
    for (const controller of [...this.#underWay]) this.#end(controller);
  }

  /** @param opening - whether an error that the server answers with is more than a sign of life */
  async #probe(opening: boolean, good: () => void): Promise<void> {
    const { timePath, codec } = this.#options;
    const wanted = { input: codec.encode(undefined) };
    const controller = this.#begin();
    const answer = await this.#fetcher
      .fetch("query", timePath, wanted, controller.signal)
      .then(readAnswer)
      .catch((cause): HttpAnswer => ({ kind: "foreign", error: unanswered(cause) }));
    if (this.#over) return;
    this.#end(controller);
    const loss = lossOfAnswer(answer, codec);
    if (loss && (opening || answer.kind === "foreign" || loss.kind !== "retry")) {
      this.close();
      this.#events.lost(loss);
      return;
    }
    this.heardAt = performance.now();
    good();
  }

  /** Runs a call to its end, whatever that is. */
  async #run(call: LineCall, controller: AbortController, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (cause) {
      const error = cause instanceof ShoalError ? cause : unanswered(cause);
      if (!controller.signal.aborted && error.code === "SERVICE_UNAVAILABLE") await this.#verify();
      if (!controller.signal.aborted) this.#break(call, controller, error, false);
    } finally {
      this.#end(controller);
    }
  }

  /** Finds out whether a failure is that of the line, before anybody hears of it who might try again at once. */
  async #verify(): Promise<void> {
    this.#verifying ??= this.#probe(false, () => {}).finally(() => {
      this.#verifying = undefined;
    });
    await this.#verifying;
  }

  async #request(call: LineCall, signal: AbortSignal): Promise<void> {
    const wanted = call.prepare();
    if (!wanted) return;
    const response = await this.#fetcher.fetch(call.type, call.path, wanted, signal);
    this.#answer(call, await readAnswer(response), signal);
  }

  #answer(call: LineCall, answer: HttpAnswer, signal: AbortSignal): void {
    if (signal.aborted) return;
    if (answer.kind === "foreign") throw answer.error;
    this.heardAt = performance.now();
    if (answer.kind === "error") call.failed(answer.shape);
    else {
      this.#prove();
      call.data(answer.data, undefined, true);
    }
  }

  async #stream(call: LineCall, signal: AbortSignal): Promise<void> {
    const wanted = call.prepare();
    if (!wanted) return;
    const { token } = this.#fetcher;
    const response = await this.#fetcher.fetch("subscription", call.path, wanted, signal);
    if (!response.headers.get("content-type")?.startsWith("text/event-stream"))
      return this.#answer(call, await readAnswer(response), signal);
    for await (const event of readEvents(response)) {
      if (signal.aborted) return;
      this.heardAt = performance.now();
      if (event.type === "return") return call.stopped();
      if (event.type === "serialized-error") return await this.#refuse(call, JSON.parse(event.data), token, signal);
      this.#tell(call, event);
    }
    throw outage("The stream ended before the subscription did.").error;
  }

  #tell(call: LineCall, { type, data, id }: ServerEvent): void {
    if (type === "connected") call.started();
    if (type !== "message") return;
    this.#prove();
    call.data(data === "" ? undefined : JSON.parse(data), id || undefined, true);
  }

  /** A token that has expired ends a stream. Another one, if there is one, begins the next. */
  async #refuse(call: LineCall, shape: unknown, token: string | null | undefined, signal: AbortSignal): Promise<void> {
    const error = answeredError(this.#options.codec.decode(shape));
    const renewed = error.code === "UNAUTHORIZED" && (await this.#fetcher.renewed(token));
    if (signal.aborted) return;
    if (renewed) call.broke(error, true);
    else call.failed(shape);
  }

  #prove(): void {
    this.#fetcher.proven();
    if (this.#answered) return;
    this.#answered = true;
    this.#events.answered();
  }

  #begin(): AbortController {
    const controller = new AbortController();
    this.#underWay.add(controller);
    return controller;
  }

  #end(controller: AbortController): void {
    this.#underWay.delete(controller);
    controller.abort();
  }

  #break(call: LineCall, controller: AbortController, error: ShoalError, lost: boolean): void {
    this.#end(controller);
    call.broke(error, lost);
  }
}

const takingTurns = new ShoalError(
  "SERVICE_UNAVAILABLE",
  "Over HTTP/1 only a few topics can be followed at once, so they take turns. Serve over HTTP/2 to follow all of them.",
);
