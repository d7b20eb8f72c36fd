import type { ShoalError } from "@shoal/contract";
import { type ConnectionState, initialConnectionState } from "../connection.ts";
import { sameFields } from "../same.ts";
import type { Attempt, Machine } from "./machine.ts";

/** What people are shown of the connection; the object that they have while nothing of it has changed. */
export function show(machine: Machine, wall: number): ConnectionState {
  const { shown } = machine;
  const next = described(machine);
  const since = next.status === shown.status ? shown.since : wall;
  const state = { ...next, since };
  return sameFields(shown, state) ? shown : state;
}

function described(machine: Machine): ConnectionState {
  const { phase, error } = machine;
  switch (phase.name) {
    case "attempting":
      return error ? reconnecting(machine, phase.attempt, error) : { ...initialConnectionState, status: "connecting" };
    case "open":
      return { ...initialConnectionState, status: "open", transport: phase.line.transport };
    case "failed":
      return { ...initialConnectionState, status: "failed", error: phase.error };
    default:
      return { ...initialConnectionState, status: phase.name };
  }
}

function reconnecting({ attempt, offline }: Machine, current: Attempt, error: ShoalError): ConnectionState {
  const retryAt = current.step === "waiting" ? current.retryAt : undefined;
  return { ...initialConnectionState, status: "reconnecting", error, attempt, retryAt, offline };
}
