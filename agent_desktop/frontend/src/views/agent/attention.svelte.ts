/** Tells the agent of a call when the page is not in front: a notification and a flashing title. */

import type { Words } from "../words";

export interface Incoming {
  readonly name: string;
  readonly queue: string;
}

const FLASH_MS = 1_000;

/** Call from a component; follows `incoming` and cleans up behind itself. */
export function attract(incoming: () => Incoming | null, words: Words): void {
  $effect(() => {
    const call = incoming();
    if (call === null) return;
    const stopFlashing = flashTitle(`☎ ${words.t("notify.title")}: ${call.name}`);
    const notification = document.hidden ? notify(call, words) : null;
    return () => {
      stopFlashing();
      notification?.close();
    };
  });
}

function flashTitle(text: string): () => void {
  const usual = document.title;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.title = text;
  const timer = setInterval(() => {
    if (!still) document.title = document.title === text ? usual : text;
  }, FLASH_MS);
  return () => {
    clearInterval(timer);
    document.title = usual;
  };
}

function notify({ name, queue }: Incoming, words: Words): Notification | null {
  if (!("Notification" in globalThis) || Notification.permission !== "granted") return null;
  const notification = new Notification(words.t("notify.title"), {
    body: words.t("notify.body", { name, queue }),
    icon: "/favicon.svg",
    tag: "incoming-call", // a second one replaces the first
    requireInteraction: true,
  });
  notification.onclick = () => {
    window.focus();
    notification.close();
  };
  return notification;
}
