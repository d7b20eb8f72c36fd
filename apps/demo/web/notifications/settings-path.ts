export const settingsPath = "/notifications/settings";
