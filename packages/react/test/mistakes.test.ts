import { describeMistakes } from "../../../test/support/mistakes.ts";

describeMistakes("what a component does", import.meta.url, {
  "channel-by-name": "Argument of type 'string' is not assignable to parameter of type 'Channel<",
  "dashboard-before-it-is-there": "Object is possibly 'undefined'.",
  "document-field-not-selected": "Property 'status' does not exist on type 'UseDocument<{ title: string; }>'",
  "internal-command": "Property 'close' does not exist on type 'Send<",
  "metric-that-is-not-named": "Property 'memory' does not exist on type '{ readonly cpu:",
  "missing-param": "Property 'pollId' is missing in type '{}' but required in type '{ pollId: string; }'",
  "params-of-another-channel": "'roomId' does not exist in type '{ pollId: string; }'",
  "query-with-a-wrong-input": "'room' does not exist in type",
  "removed-event": `Type '"withdrawn"' is not comparable to type`,
  "renamed-command": "Property 'vote' does not exist on type 'Send<",
  "renamed-command-of-a-mutation": "Property 'vote' does not exist on type",
  "select-of-a-field-that-is-not-there": "Property 'voters' does not exist on type '{ votes: number; }'",
  "send-without-params": "'send' is possibly 'undefined'",
  "state-before-it-is-there": "'state' is possibly 'undefined'",
  "tier-that-is-not-declared": `Type '"fast"' is not assignable to type '"background" | "calm" | "live" | undefined'`,
  "value-of-a-metric-with-labels": "Property 'rate' does not exist on type",
  "without-params": "Expected 2-3 arguments, but got 1.",
});
