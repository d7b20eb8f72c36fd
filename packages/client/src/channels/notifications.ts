export { type ActionsOptions, type NotificationActions, notificationActions } from "./notification-actions.ts";
export { type ArrivalTopic, onArrive } from "./notification-arrivals.ts";
export { type HistoryFilter, type HistoryItem, historyOf } from "./notification-history.ts";
export { type NotificationPreferences, preferencesOf } from "./notification-preferences.ts";
export {
  currentPush,
  type PushOptions,
  type PushOutcome,
  type PushTopic,
  renewPush,
  subscribeToPush,
  unsubscribeFromPush,
} from "./push.ts";
export { readWhileOpen } from "./read-while-open.ts";
export {
  askToNotify,
  closeNotifications,
  mayNotify,
  type NotifyPermission,
  type ShowNotificationOptions,
  showNotification,
} from "./show-notification.ts";
export { titleBadge } from "./title-badge.ts";
