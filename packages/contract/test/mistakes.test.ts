import { describeMistakes } from "../../../test/support/mistakes.ts";

describeMistakes("a contract", import.meta.url, {
  "apply-without-event": "'cleared' does not exist in type",
  "channel-named-connection": String.raw`A channel cannot be named \"connection\": the client already has that name`,
  "command-named-like-a-query": String.raw`\"top\" is a query and a command: the router needs two names`,
  "command-named-watch": String.raw`A command cannot be named \"watch\": the router of each channel already has that name`,
  "date-in-event": "This must be plain JSON: no Date, bigint, Map or class. An instant is its milliseconds, z.int()",
  "date-in-state": "This must be plain JSON: no Date, bigint, Map or class. An instant is its milliseconds, z.int()",
  "event-without-apply": "Property 'cleared' is missing in type '{ added: ",
  "field-named-command-id": String.raw`The field \"commandId\" is a param, the commandId or the clientId`,
  "field-named-like-a-param": String.raw`The field \"counterId\" is a param, the commandId or the clientId`,
  "misspelt-facet": "'comands' does not exist in type",
  "misspelt-rejection": "Did you mean to write 'rejections'?",
  "nested-param": "A param is a string, a number or a boolean, since the params name a topic",
  "optimistic-internal": "'clear' does not exist in type",
  "optimistic-wrong-event": "is not assignable to type '(input: { by: number; }, context: PredictionContext<",
  "param-named-client-id": String.raw`A param cannot be named \"clientId\": a procedure of each channel has that field`,
  "query-named-watch": String.raw`A query cannot be named \"watch\": the router of each channel already has that name`,
  "query-without-output": "readonly output: Schema<",
  "rejection-field-named-reason": String.raw`A rejection cannot have a field \"ok\" or \"reason\"`,
  "wrong-apply": "Property 'value' is missing in type '{ total: number; }' but required in type '{ value: number; }'",
  "wrong-initial": "Type 'string' is not assignable to type 'number'",
});
