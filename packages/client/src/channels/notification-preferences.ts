import type { Notifications, NotificationTypes } from "@shoal/contract/notifications";

type State<D, C, V extends string> = NotificationTypes<D, C, V>["state"];
type Category<D, C> = keyof State<D, C, never>["counts"]["byCategory"];
type Via<D, C, V extends string> = State<D, C, V>["off"][number]["via"];

/** What a user wants to be told of, and how. */
export interface NotificationPreferences<D, C, V extends string> {
  /** Whether notifications of the category come that way. Everything does until it is switched off. */
  isOn(category: Category<D, C>, via: Via<D, C, V>): boolean;
  /** Whether nothing of the category can be switched off. */
  isCritical(category: Category<D, C>): boolean;
  isMuted(source: string): boolean;
}

/** @param state - of the inbox of a user; undefined while it is not known, when everything is taken to be on */
export function preferencesOf<D, C, V extends string>(
  inbox: Notifications<D, C, V>,
  state: State<D, C, V> | undefined,
): NotificationPreferences<D, C, V> {
  const isCritical = (category: Category<D, C>) => inbox.isCritical(category as never);
  return {
    isCritical,
    isOn: (category, via) =>
      isCritical(category) || !state?.off.some((one) => one.category === category && one.via === via),
    isMuted: (source) => state?.muted.includes(source) ?? false,
  };
}
