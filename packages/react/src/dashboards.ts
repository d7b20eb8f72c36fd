"use client";

export { type AlertOf, type UseAlerts, type UseAlertsOptions, useAlerts } from "./use-alerts.ts";
export { type UseDashboard, type UseDashboardOptions, useDashboard } from "./use-dashboard.ts";
