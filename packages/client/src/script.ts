// What a page gets as `shoal` that loads this package by a script tag, without a bundler.
export { defineChannel, isRetryable, ShoalError } from "@shoal/contract";
export { createClient } from "./client.ts";
