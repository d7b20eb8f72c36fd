import { type PushTopic, unsubscribeFromPush } from "@shoal/client/notifications";
import { afterEach, expect, test, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
});

const endpoint = "https://push.example/device";

/** A browser that is subscribed, whose push service answers so. */
function browserThat(unsubscribe: () => Promise<boolean>) {
  const subscription = { endpoint, unsubscribe };
  const registration = { pushManager: { getSubscription: async () => subscription } };
  vi.stubGlobal("navigator", { serviceWorker: { getRegistration: async () => registration } });
}

function devicesThat(unsubscribe: PushTopic["send"]["unsubscribe"]): PushTopic {
  return { send: { unsubscribe, subscribe: async () => ({ ok: true }) } };
}

test("The server is told that push ends although the browser fails to end it", async () => {
  const told: string[] = [];
  browserThat(() => Promise.reject(new Error("no push service")));
  const devices = devicesThat(async ({ endpoint }) => {
    told.push(endpoint);
    return { ok: true };
  });
  await expect(unsubscribeFromPush(devices)).rejects.toThrow("no push service");
  expect(told).toEqual([endpoint]);
});

test("The browser ends push although the server cannot be told", async () => {
  const ended = vi.fn(async () => true);
  browserThat(ended);
  const devices = devicesThat(() => Promise.reject(new Error("closed")));
  await expect(unsubscribeFromPush(devices)).rejects.toThrow("closed");
  expect(ended).toHaveBeenCalledOnce();
});
