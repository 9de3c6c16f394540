// @vitest-environment jsdom
import { describe, expect, it } from "vitest";
import { actionOf, ariaKeys, isTyping, type KeyPress, SHORTCUTS } from "../../src/views/shortcuts";

const PRESS: KeyPress = {
  code: "",
  key: "",
  altKey: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  repeat: false,
};
const altShift = (code: string, more: Partial<KeyPress> = {}): KeyPress => ({
  ...PRESS,
  code,
  key: "Å",
  altKey: true,
  shiftKey: true,
  ...more,
});

describe("shortcuts", () => {
  it("are one key each", () => {
    expect(new Set(SHORTCUTS.map(({ code }) => code)).size).toBe(SHORTCUTS.length);
  });

  it("go by the key, whatever character Alt makes of it, also while typing", () => {
    expect(actionOf(altShift("KeyA"), true, true)).toBe("answer");
    expect(ariaKeys("answer")).toBe("Alt+Shift+A");
  });

  it("leave the browser's own combinations alone", () => {
    expect(actionOf(altShift("KeyR", { ctrlKey: true }), false, true)).toBeNull();
    expect(actionOf({ ...PRESS, code: "KeyA", key: "A", shiftKey: true }, false, true)).toBeNull();
  });

  it("do not fire again while a key is held: a second hang-up would complete the contact", () => {
    expect(actionOf(altShift("KeyE", { repeat: true }), false, true)).toBeNull();
  });

  it("open the list with ?, but not in a field, and not when switched off", () => {
    const question = { ...PRESS, code: "Slash", key: "?", shiftKey: true };
    expect(actionOf(question, false, true)).toBe("help");
    expect(actionOf(question, true, true)).toBeNull();
    expect(actionOf(question, false, false)).toBeNull();
  });

  it("know a field", () => {
    expect(isTyping(document.createElement("textarea"))).toBe(true);
    expect(isTyping(document.createElement("button"))).toBe(false);
  });
});
