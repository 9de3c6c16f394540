import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Command, DirectoryEntry } from "../../src/protocol/messages";
import {
  AGAIN_AFTER_MS,
  ASK_AFTER_MS,
  Directory,
  hindrance,
  typedNumber,
  type Way,
} from "../../src/state/directory.svelte";

function entry(changes: Partial<DirectoryEntry> = {}): DirectoryEntry {
  return {
    target: { kind: "agent", agent: "ben" },
    label: "Ben Okafor",
    detail: "Support",
    state: "ready",
    reason: null,
    since: 0,
    waiting: null,
    longest_since: null,
    available: true,
    ...changes,
  };
}

describe("a typed number", () => {
  it.each([
    ["０８２１ １２３", "0821 123"],
    [" +49 (30) 12-34/5 ", "+49 (30) 12-34/5"],
    ["112", "112"],
    ["12;34", "12;34"], // for the server's dial plan to refuse, in words
    ["1".repeat(60), "1".repeat(60)],
  ])("%j is one", (text, number) => {
    expect(typedNumber(text)?.target).toEqual({ kind: "number", number });
  });

  it.each(["", "ben", "1", "line 12", "客户12"])("%j is none", (text) => {
    expect(typedNumber(text)).toBeNull();
  });
});

describe("who cannot be reached now", () => {
  const queue = { kind: "queue", queue: "sales" } as const;
  it.each<[string | null, Way, Partial<DirectoryEntry>]>([
    [null, "transfer_to", {}],
    ["busy", "consult", { state: "busy", available: false }],
    ["wrap_up", "make", { state: "working_after_call", available: false }],
    ["away", "consult", { state: "null", available: false }],
    ["unreachable", "consult", { available: false }],
    [null, "consult", { state: "not_ready" }],
    ["not_ready", "transfer_to", { state: "not_ready" }],
    [null, "transfer_to", { target: queue, state: null, available: false }],
    ["nobody_signed_on", "consult", { target: queue, state: null, available: false }],
  ])("%s by %s", (why, way, changes) => {
    expect(hindrance(entry(changes), way)).toBe(why);
  });
});

describe("the search", () => {
  let sent: Command[];
  let found: readonly DirectoryEntry[];
  let directory: Directory;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    found = [entry()];
    directory = new Directory((command) => {
      sent.push(command);
      return Promise.resolve({ ok: true, reply: { type: "reply", id: "1", ok: true, entries: found } });
    });
  });
  afterEach(() => vi.useRealTimers());

  it("is asked once the typing rests, and again while the list is looked at", async () => {
    directory.open();
    await vi.advanceTimersByTimeAsync(0);
    directory.type("b");
    directory.type("bén");
    await vi.advanceTimersByTimeAsync(ASK_AFTER_MS);
    expect(sent.map((command) => command.type === "directory.search" && command.text)).toEqual(["", "bén"]);
    found = [entry({ state: "busy" })];
    await vi.advanceTimersByTimeAsync(AGAIN_AFTER_MS);
    expect(directory.entries[0]?.state).toBe("busy");
    directory.close();
    await vi.advanceTimersByTimeAsync(10 * AGAIN_AFTER_MS);
    expect(sent).toHaveLength(3);
  });

  it("can be waited for by who types fast", async () => {
    directory.open();
    await vi.advanceTimersByTimeAsync(0);
    found = [entry({ label: "Dóra" })];
    directory.type("dora");
    expect(directory.entries[0]?.label).toBe("Ben Okafor");
    await directory.settled();
    expect(directory.entries[0]?.label).toBe("Dóra");
  });

  it("shows a typed number before who was found", async () => {
    directory.open("12 34");
    await vi.advanceTimersByTimeAsync(0);
    expect(directory.entries.map(({ label }) => label)).toEqual(["12 34", "Ben Okafor"]);
  });
});
