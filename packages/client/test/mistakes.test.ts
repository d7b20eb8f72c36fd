import { describeMistakes } from "../../../test/support/mistakes.ts";

describeMistakes("what a client does", import.meta.url, {
  "channel-not-given": "Property 'rooms' does not exist on type 'Client<",
  "document-role": `Type '"writer"' is not assignable to type '"editor" | "owner" | "viewer" | null'`,
  "internal-command": "Property 'clear' does not exist on type 'Send<",
  "list-of-other-params": "'roomId' does not exist in type '{ counterId: string; page?: number | undefined; }'",
  "missing-input": "Expected 1-2 arguments, but got 0.",
  "missing-param":
    "Property 'counterId' is missing in type '{ page: number; }' but required in type '{ counterId: string; ",
  "misspelt-param": "Did you mean to write 'counterId'?",
  "outcome-not-looked-at": "Property 'limit' does not exist on type 'Outcome<unknown, { TOO_LARGE: ",
  "outcome-without-await": "Property 'ok' does not exist on type 'Promise<Outcome<",
  "param-of-another-type": "Type 'number' is not assignable to type 'string'",
  "query-as-command": "Property 'double' does not exist on type 'Send<",
  "removed-event": 'Type \'"halved"\' is not comparable to type \'"added" | "cleared"\'',
  "renamed-command": "Property 'add' does not exist on type 'Send<",
  "state-before-it-is-there":
    "Property 'value' does not exist on type '{ value: number; history: number[]; } | undefined'",
  "state-without-a-field": "Property 'history' is missing in type '{ value: number; }'",
  "unhandled-rejection": "Function lacks ending return statement and return type does not include 'undefined'",
  "unhandled-rejection-with-never":
    "Type '{ readonly ok: false; readonly reason: \"FROZEN\"; }' does not satisfy the expected type 'never'",
  "wrong-input": "Type 'string' is not assignable to type 'number'",
});
