import { counter, defineDashboard, gauge } from "@shoal/contract/dashboards";
import { useDashboard } from "@shoal/react/dashboards";

const ops = defineDashboard("ops", {
  cpu: gauge({ unit: "percent" }),
  memory: gauge({ unit: "bytes" }),
  requests: counter({ labels: ["route"] }),
});

export function useIt() {
  return useDashboard(ops, { tier: "fast" }).status;
}
