import { describeMistakes } from "../../../test/support/mistakes.ts";

describeMistakes("what the server does", import.meta.url, {
  "async-handler": "=> Promise<void>' is not assignable to type '(call: CommandCall<",
  "async-handler-with-result": "=> Promise<{ sum: number; }>' is not assignable to type '(call: CommandCall<",
  "command-without-handler": "Property 'touch' is missing in type '{ add: ",
  "effect-without-input": "Expected 4 arguments, but got 3.",
  "emit-undeclared-event":
    'Argument of type \'"touched"\' is not assignable to parameter of type \'"added" | "cleared"\'',
  "emit-without-secret": "Expected 3 arguments, but got 1.",
  "emit-wrong-data": "Type 'string' is not assignable to type 'number'",
  "hand-named-as-a-member": "This channel brings functions, and is named as a member of the realtime: rename it",
  "handler-without-command": "'remove' does not exist in type 'CommandHandlers<Counter, ",
  "handler-without-result": "Type 'void' is not assignable to type '{ sum: number; }'",
  "misspelt-option": "Did you mean to write 'authorize'?",
  "no-commands": "& { readonly commands: unknown; }",
  "pace-of-undeclared-audience": "'slow' does not exist in type",
  "prepare-without-command": String.raw`\"remove\" is no command of this channel`,
  "reject-undeclared-reason": "Argument of type '\"TOO_SMALL\"' is not assignable to parameter of type '\"TOO_LARGE\"'",
  "reject-where-none-is-declared": "The contract declares no rejection of this command",
  "reject-without-fields": "Expected 2 arguments, but got 1.",
  "reject-wrong-field": "Type 'string' is not assignable to type 'number'",
  "timer-of-a-public-command": 'readonly command: "clear";',
  "undeclared-audience": '(user: User | null) => "guests" | "staff"\' is not assignable to type \'',
  "user-of-another-type": "This channel is served for another type of user or context than that of initRealtime",
  "user-without-id": "Type '{ userId: string; }' is not assignable to type 'Promise<User | null> | User | null'",
});
