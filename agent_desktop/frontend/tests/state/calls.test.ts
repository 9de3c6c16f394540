import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { CallLive, Command } from "../../src/protocol/messages";
import type { Outcome } from "../../src/protocol/socket";
import { Calls, SHOWN_WITHIN_MS } from "../../src/state/calls.svelte";
import { talk } from "../../src/state/stage";
import { AT, call, contact, party } from "../samples";

const INTERACTION = contact().interaction;
let sent: Command[];
let answer: (outcome: Outcome) => void;
let calls: Calls;

const shows = (live: CallLive | null, phase: "talking" | "wrap_up" = "talking"): void =>
  calls.adopt(contact({ call: live, phase }));
const granted = async (): Promise<void> => {
  answer({ ok: true, reply: { type: "reply", id: "1", ok: true } });
  await Promise.resolve();
};

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  calls = new Calls((command) => {
    sent.push(command);
    return new Promise((settle) => {
      answer = settle;
    });
  });
  shows(call());
});
afterEach(() => vi.useRealTimers());

describe("a request about the call", () => {
  it("is under way until the server shows what it led to", async () => {
    const asked = calls.toggleHold();
    expect(sent).toEqual([{ type: "call.hold", interaction: INTERACTION }]);
    expect(calls.underWay).toBe("hold");
    shows(call({ may: ["clear"] })); // the order is on its way: nothing has changed yet
    await granted();
    expect(await asked).toBe(true);
    expect(calls.underWay).toBe("hold");
    shows(call({ customer: "held", customer_since: AT + 1, may: ["retrieve", "consult", "clear"] }));
    expect(calls.underWay).toBeNull();
    expect(calls.may("retrieve")).toBe(true);
  });

  it("is refused in words, and the buttons come back", async () => {
    const asked = calls.toggleHold();
    answer({ ok: false, code: "not_in_this_state", message: "" });
    expect(await asked).toBe(false);
    expect([calls.underWay, calls.refusal]).toEqual([null, "not_in_this_state"]);
    void calls.toggleHold();
    expect(calls.refusal).toBeNull();
  });

  it("is not sent while another one is under way, but the phone can always be put down", () => {
    void calls.toggleHold();
    void calls.consult({ kind: "agent", agent: "ben" });
    void calls.clear();
    expect(sent.map(({ type }) => type)).toEqual(["call.hold", "call.clear"]);
  });

  it("is not sent when the server would not do it", () => {
    void calls.transfer();
    void calls.conference();
    void calls.dropParty();
    expect(sent).toEqual([]);
  });

  it("that is never seen to happen gives the buttons back", async () => {
    void calls.toggleHold();
    await granted();
    vi.advanceTimersByTime(SHOWN_WITHIN_MS);
    expect(calls.underWay).toBeNull();
  });

  it("ends with the contact", async () => {
    void calls.transferTo({ kind: "queue", queue: "sales" });
    await granted();
    shows(null, "wrap_up");
    expect(calls.underWay).toBeNull();
  });

  it("takes back who is held, and lets a third go by its name", () => {
    shows(call({ customer: "held", may: ["retrieve", "clear"] }));
    void calls.toggleHold();
    shows(call({ customer: "connected", customer_since: AT + 1, party: party(), may: ["drop_party", "clear"] }));
    void calls.dropParty();
    expect(sent).toEqual([
      { type: "call.retrieve", interaction: INTERACTION },
      { type: "call.clear", interaction: INTERACTION, party: "ben" },
    ]);
  });
});

describe("a new call", () => {
  it("has begun when it is shown", async () => {
    calls.adopt(null);
    void calls.make({ kind: "number", number: "+49 30 123" });
    await granted();
    expect(calls.underWay).toBe("make");
    calls.adopt(contact({ phase: "dialling", direction: "out", call: call({ customer: "alerting", may: ["clear"] }) }));
    expect(calls.underWay).toBeNull();
  });

  it("keeps saying why it was refused, until there is another contact", async () => {
    calls.adopt(null);
    const asked = calls.make({ kind: "number", number: "0900" });
    answer({ ok: false, code: "number_class_not_allowed", message: "" });
    await asked;
    calls.adopt(null);
    expect(calls.refusal).toBe("number_class_not_allowed");
    shows(call());
    expect(calls.refusal).toBeNull();
  });
});

describe("how the three stand to each other", () => {
  it.each([
    ["alone", null],
    ["alone", call()],
    ["holding", call({ customer: "held" })],
    ["calling", call({ customer: "held", party: party({ state: "alerting" }) })],
    ["consulting", call({ customer: "held", party: party() })],
    ["alternated", call({ party: party({ state: "held" }) })],
    ["holding", call({ customer: "held", party: party({ state: "failed", failed: "busy" }) })],
    ["conference", call({ party: party(), joined: true })],
    ["left", call({ customer: "null", party: party() })],
    ["asked", call({ role: "consulted", customer: "held", party: party() })],
    ["conference", call({ role: "consulted", party: party(), joined: true })],
    ["alone", call({ role: "consulted", direction: "internal" })],
  ] as const)("is %s", (expected, live) => {
    expect(talk(live)).toBe(expected);
  });
});
