import { describeMistakes } from "../../../test/support/mistakes.ts";

describeMistakes("what a component does", import.meta.url, {
  "channel-by-name": "Argument of type 'string' is not assignable to parameter of type 'Channel<",
  "internal-command": "Property 'close' does not exist on type 'Send<",
  "missing-param": "Property 'pollId' is missing in type '{}' but required in type '{ pollId: string; }'",
  "params-of-another-channel": "'roomId' does not exist in type '{ pollId: string; }'",
  "state-before-it-is-there": "'state' is possibly 'undefined'",
  "without-params": "Expected 2-3 arguments, but got 1.",
});
