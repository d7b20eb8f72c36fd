export { type AlertHistory, type AlertHistoryState, alertHistory, unreadHistory } from "./alert-history.ts";
export type { CounterColumns, GaugeColumns, HistogramColumns } from "./dashboard-columns.ts";
export { type FormatOptions, formatValue } from "./dashboard-format.ts";
export type { Column } from "./dashboard-grid.ts";
export type { CounterReading, GaugeReading, HistogramReading, Latest } from "./dashboard-latest.ts";
export { askForTier, type TierTopic } from "./dashboard-tier.ts";
export { type DashboardView, dashboardView, type Series, type Staleness, type ViewOptions } from "./dashboard-view.ts";
