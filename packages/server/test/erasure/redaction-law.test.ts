import { definePrivate, serveChannel } from "@shoal/server";
import { checkRedaction, type LawCommand, type RedactionLawOptions } from "@shoal/server/testing";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { tries } from "../support/seed.ts";
import { type Board, board } from "./board.ts";

const commands: fc.Arbitrary<LawCommand<Board>> = fc.oneof(
  fc.record({
    command: fc.constant("post" as const),
    input: fc.record({ text: fc.string({ minLength: 8 }), remindAt: fc.constant(0) }),
    user: fc.constantFrom({ id: "ann" }, { id: "ben" }, null),
  }),
  fc.record({ command: fc.constant("remind" as const), input: fc.record({ texts: fc.constant<string[]>([]) }) }),
);

const options: RedactionLawOptions<Board> = {
  params: { boardId: "home" },
  commands,
  redact: ({ type, offset }) => (type === "posted" ? { command: "remove", input: { offsets: [offset] } } : null),
  texts: (event) => (event.type === "posted" ? [event.data.text] : []),
  run: tries(50),
};

/** A board that decides well, with a private part that keeps a copy of each text, or takes it out again. */
function serveBoard({ keeps = false, forgetsTo = false, copies = false }) {
  const hidden = definePrivate(
    board,
    { state: z.object({ texts: z.array(z.string()) }) },
    {
      initial: () => ({ texts: [] }),
      apply: {
        posted: ({ texts }, { text }) => ({ texts: [...texts, text] }),
        removed: (state) => (keeps ? state : { texts: [] }),
      },
    },
  );
  return serveChannel(board, {
    private: hidden,
    commands: {
      post({ input: { text }, offset, emit }) {
        emit("posted", { offset: offset + 1, by: null, text });
        return { said: text };
      },
      remove({ state, input: { offsets }, emit, redact }) {
        if (copies) emit("posted", { offset: 0, by: null, text: state.posts[0]?.text ?? "" });
        emit("removed", { offsets: copies ? [...offsets, 0] : offsets });
        if (!forgetsTo) for (const offset of offsets) redact(offset);
      },
      removeQuietly: () => {},
      remind: ({ emit }) => emit("reminded"),
    },
    queries: { texts: () => [] },
  });
}

describe("The law of redaction", () => {
  it("holds for a channel that keeps it", () => checkRedaction(serveBoard({}), options));

  it("finds a state that keeps what was redacted", () => {
    const careless = { ...board, apply: { ...board.apply, removed: (state: Board["state"]) => state } };
    const served = { ...serveBoard({}), channel: careless };
    expect(() => checkRedaction(served, options)).toThrow(/The state still says/);
  });

  it("finds a private state that keeps it", () => {
    expect(() => checkRedaction(serveBoard({ keeps: true }), options)).toThrow(/The state still says/);
  });

  it("finds an event that says it again", () => {
    expect(() => checkRedaction(serveBoard({ copies: true }), options)).toThrow(/The redacting event says/);
  });

  it("finds a command that redacts nothing", () => {
    expect(() => checkRedaction(serveBoard({ forgetsTo: true }), options)).toThrow(
      /is to redact event \d+, and does not/,
    );
  });
});
