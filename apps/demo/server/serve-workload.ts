import { serveChannel } from "@shoal/server";
import { restMs, workbench, workload, workMs } from "../contract/workload.ts";

/** Who is signed in may let the server work, one spell at a time and with a rest behind each. */
export const workloadServed = serveChannel(workload, {
  authorize: ({ user }) => user !== null,
  commands: {
    begin({ state: { spell, restUntil }, user, now, emit, reject }) {
      if (spell) return reject("WORKING", spell);
      if (now < restUntil) return reject("RESTING", { until: restUntil });
      if (user) emit("begun", { by: { id: user.id, name: user.name ?? user.id }, until: now + workMs });
    },
    end({ state: { spell }, now, emit }) {
      if (spell && now >= spell.until) emit("ended", { restUntil: now + restMs });
    },
  },
  timers: ({ spell }) => (spell ? [{ name: "end", at: spell.until, command: "end" }] : []),
});

export const workbenchServed = serveChannel(workbench, {
  authorize: () => false,
  retention: { events: 100 },
  commands: { work: ({ emit }) => emit("worked") },
});
