export * from "./channel.ts";
export * from "./define-channel.ts";
export * from "./errors.ts";
export * from "./frame.ts";
export * from "./json.ts";
export * from "./outcome.ts";
export * from "./position.ts";
export * from "./schema.ts";
