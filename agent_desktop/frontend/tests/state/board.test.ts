import { describe, expect, it } from "vitest";
import { agentLines, hoursOf, promiseLines, serviceLevel, waitConcern, waitingLines } from "../../src/state/board";
import { AT, agent, promise, queue } from "../samples";

describe("service level", () => {
  it("is what was answered in the target over who left the queue, answered or not", () => {
    const day = queue({ offered_today: 45, answered_today: 36, abandoned_today: 4, answered_in_target_today: 30 });
    expect(serviceLevel(day)).toBe(0.75);
  });

  it("is unknown while everybody still waits, not zero", () => {
    expect(serviceLevel(queue({ offered_today: 3 }))).toBeNull();
  });
});

describe("concern", () => {
  it.each([
    [null, "none"],
    [20, "none"],
    [21, "amber"],
    [40, "amber"],
    [41, "red"],
  ])("a longest wait of %s s with a target of 20 s is %s", (seconds, concern) => {
    const longest_since = seconds === null ? null : AT - seconds * 1000;
    expect(waitConcern(queue({ longest_since }), AT)).toBe(concern);
  });
});

describe("opening hours", () => {
  it.each([
    [true, null, null],
    [true, AT, { key: "board.hours.open", at: AT }],
    [false, AT, { key: "board.hours.closed", at: AT }],
    [false, null, { key: "board.hours.always_closed", at: null }],
  ])("open: %s, changing at %s", (open, open_until, said) => {
    expect(hoursOf(queue({ open, open_until }))).toEqual(said);
  });
});

describe("lists", () => {
  const waiting = (name: string, since: number, tier: "standard" | "gold" | "vip") => ({
    interaction: name,
    tier,
    customer_name: null,
    calling_number: "",
    since,
    came_from: null,
    expected_from: null,
    expected_until: null,
    fallback: false,
  });

  it("puts the longest waiting first over all queues, the higher tier first at the same moment", () => {
    const lines = waitingLines([
      queue({ first_waiting: [waiting("a", 30, "standard"), waiting("b", 10, "standard")] }),
      queue({ queue: "sales", label: "Sales", first_waiting: [waiting("c", 30, "vip")] }),
    ]);
    expect(lines.map(({ interaction, queue_label }) => [interaction, queue_label])).toEqual([
      ["b", "Support"],
      ["c", "Sales"],
      ["a", "Support"],
    ]);
  });

  it("leaves promises in the order of service of their queue", () => {
    const [late, early] = [promise({ interaction: "b", since: 20 }), promise({ interaction: "a", since: 10 })];
    const lines = promiseLines([
      queue({ first_promises: [late, early] }),
      queue({ queue: "sales", label: "Sales", first_promises: [promise({ interaction: "c", since: 5 })] }),
    ]);
    expect(lines.map(({ interaction, queue_label }) => [interaction, queue_label])).toEqual([
      ["b", "Support"],
      ["a", "Support"],
      ["c", "Sales"],
    ]);
  });

  it("groups agents by state, the longest in it first, and leaves out who is not signed on", () => {
    const agents = [
      agent({ agent: "a", state: "not_ready" }),
      agent({ agent: "b", state: "busy", since: 20 }),
      agent({ agent: "c", state: "null" }),
      agent({ agent: "d", state: "busy", since: 10 }),
      agent({ agent: "e", state: "ready" }),
    ];
    expect(agentLines(agents).map((line) => line.agent)).toEqual(["d", "b", "e", "a"]);
  });
});
