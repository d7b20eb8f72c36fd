import { openAt } from "../durability/store-at.ts";
import { startDashboardNode } from "./dashboard-node.ts";

/** A node in a process of its own that collects, tells its parent of each reading, and lives until it is killed. */
const [, , at = ""] = process.argv;
process.on("disconnect", () => process.exit());
const app = startDashboardNode({ store: openAt(JSON.parse(at)), node: "killed" });
for (let told = 1; ; told += 1) {
  await app.readings.count(told);
  process.send?.(told);
}
