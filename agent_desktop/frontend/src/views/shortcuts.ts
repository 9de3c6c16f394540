/** The keyboard shortcuts: one table, read by the page and by the list that `?` opens. Pure. */

import type { Key } from "../i18n/translate";

export type Action =
  | "answer"
  | "reject"
  | "hold"
  | "mute"
  | "keypad"
  | "find"
  | "customers"
  | "swap"
  | "conference"
  | "handOver"
  | "back"
  | "end"
  | "more"
  | "status"
  | "ready"
  | "note"
  | "disposition"
  | "call"
  | "help";

/**
 * Alt+Shift and a letter: free in the browsers. Ctrl+Shift is not: Ctrl+Shift+R reloads the page in the middle of a
 * call. Codes name the key, not the character, since Alt changes what a key types on some systems.
 */
export const SHORTCUTS: readonly { readonly action: Action; readonly code: string; readonly words: Key }[] = [
  { action: "answer", code: "KeyA", words: "shortcuts.answer" },
  { action: "reject", code: "KeyX", words: "shortcuts.reject" },
  { action: "hold", code: "KeyH", words: "shortcuts.hold" },
  { action: "mute", code: "KeyM", words: "shortcuts.mute" },
  { action: "keypad", code: "KeyK", words: "shortcuts.keypad" },
  { action: "find", code: "KeyT", words: "shortcuts.find" },
  { action: "customers", code: "KeyF", words: "shortcuts.customers" },
  { action: "swap", code: "KeyP", words: "shortcuts.swap" },
  { action: "conference", code: "KeyC", words: "shortcuts.conference" },
  { action: "handOver", code: "KeyO", words: "shortcuts.handOver" },
  { action: "back", code: "KeyB", words: "shortcuts.back" },
  { action: "end", code: "KeyE", words: "shortcuts.end" },
  { action: "more", code: "KeyW", words: "shortcuts.more" },
  { action: "status", code: "KeyS", words: "shortcuts.status" },
  { action: "ready", code: "KeyR", words: "shortcuts.ready" },
  { action: "note", code: "KeyN", words: "shortcuts.note" },
  { action: "disposition", code: "KeyD", words: "shortcuts.disposition" },
  { action: "call", code: "KeyV", words: "shortcuts.call" },
];

export type KeyPress = Pick<KeyboardEvent, "code" | "key" | "altKey" | "shiftKey" | "ctrlKey" | "metaKey" | "repeat">;

/** The action of a key press, if it has one. `typing`: the focus is in a field, where `?` is a character. */
export function actionOf(press: KeyPress, typing: boolean, helpKey: boolean): Action | null {
  if (press.repeat || press.ctrlKey || press.metaKey) return null;
  if (press.key === "?" && !press.altKey) return helpKey && !typing ? "help" : null;
  if (!press.altKey || !press.shiftKey) return null;
  return SHORTCUTS.find(({ code }) => code === press.code)?.action ?? null;
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
}

export function keysOf(action: Action): readonly string[] {
  if (action === "help") return ["?"];
  const letter = SHORTCUTS.find((shortcut) => shortcut.action === action)?.code.slice(-1);
  return letter === undefined ? [] : ["Alt", "Shift", letter];
}

/** For `aria-keyshortcuts`. */
export function ariaKeys(action: Action): string {
  return keysOf(action).join("+");
}
