// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentView, CallLive, ContactLive, DirectoryEntry } from "../../src/protocol/messages";
import { QUALITY_EVERY_MS } from "../../src/state/phone.svelte";
import App from "../../src/views/App.svelte";
import { FakeServer } from "../fakes/surroundings";
import { AT, agent, agentView, call, contact, customer, ME, party } from "../samples";
import { complete } from "./dom";

const INTERACTION = contact().interaction;
let server: FakeServer;

beforeAll(complete);
beforeEach(async () => {
  server = new FakeServer();
  server.signedIn(ME);
  render(App, { page: server.page, opened: () => {} });
  await waitFor(() => expect(server.wires).toHaveLength(1));
  server.shows(agentView());
  await waitFor(() => expect(screen.getByTestId("health-phone").dataset.health).toBe("ok"));
});
afterEach(cleanup);

const user = userEvent.setup();
const altShift = (letter: string): Promise<void> => user.keyboard(`{Alt>}{Shift>}[Key${letter}]{/Shift}{/Alt}`);
const able = (id: string): boolean => screen.getByTestId(id).getAttribute("aria-disabled") !== "true";
const last = () => server.commands.at(-1)?.command;
const text = (id: string): string => screen.getByTestId(id).textContent?.replace(/\s+/g, " ").trim() ?? "";

async function shows(changes: Partial<AgentView>): Promise<void> {
  server.shows(agentView(changes));
  await tick();
}

/** The phone is talking, and the server shows this call. */
async function talking(live: CallLive | null = call(), changes: Partial<ContactLive> = {}): Promise<void> {
  await shows({ contact: contact({ phase: "offered" }) });
  server.phone.ring("c1", "+15550100");
  await tick();
  await altShift("A");
  await shows({ contact: contact({ call: live, customer: customer(), ...changes }) });
}

async function finds(...entries: Partial<DirectoryEntry>[]): Promise<void> {
  const { id } = server.wire.sent.filter(({ command }) => command.type === "directory.search").at(-1) ?? { id: "" };
  const found = entries.map((entry) => ({
    target: { kind: "agent" as const, agent: "ben" },
    label: "Ben Okafor",
    detail: "Support",
    state: "ready" as const,
    reason: null,
    since: AT,
    waiting: null,
    longest_since: null,
    available: true,
    ...entry,
  }));
  server.says({ type: "reply", id, ok: true, entries: found });
  await tick();
  await tick();
}

describe("the controls", () => {
  it("follow what the server allows, and say what is under way", async () => {
    await talking();
    expect(["hold", "mute", "keypad-toggle", "transfer"].map(able)).toEqual([true, true, true, true]);
    await altShift("H");
    expect(last()).toEqual({ type: "call.hold", interaction: INTERACTION });
    expect(screen.getByTestId("hold").getAttribute("aria-busy")).toBe("true");
    expect(able("transfer")).toBe(false);
    server.replies();
    const held = call({ customer: "held", customer_since: AT - 47_000, may: ["retrieve", "consult", "clear"] });
    await shows({ contact: contact({ call: held, customer: customer() }) });
    expect(screen.getByTestId("call").dataset.talk).toBe("holding");
    expect(text("party-time-customer")).toBe("0:47");
    await user.click(screen.getByTestId("hold"));
    expect(last()).toEqual({ type: "call.retrieve", interaction: INTERACTION });
  });

  it("say in words why something was refused", async () => {
    await talking();
    await altShift("H");
    server.replies(false, "operation_under_way");
    await waitFor(() => expect(text("call-refused")).toContain("not finished yet"));
    expect(able("hold")).toBe(true);
  });

  it("are all switched off without the server, but mute and hang-up go on", async () => {
    await talking();
    server.wire.breaks();
    await tick();
    expect(["hold", "transfer", "mute"].map(able)).toEqual([false, false, true]);
    await altShift("E");
    expect(server.phone.commands.at(-1)).toEqual({ type: "hang_up", call: "c1" });
  });

  it("hand over, join, swap, go back and let go by keys", async () => {
    const may = ["alternate", "reconnect", "transfer", "conference", "drop_party", "clear", "digits"] as const;
    await talking(call({ customer: "held", party: party(), may }));
    const sent: unknown[] = [];
    let since = AT;
    for (const key of ["O", "C", "P", "B"]) {
      await altShift(key);
      sent.push(last()?.type);
      server.replies();
      since += 1; // the server shows that something has changed
      await shows({
        contact: contact({ call: call({ customer: "held", customer_since: since, party: party(), may }) }),
      });
    }
    await user.click(screen.getByTestId("drop-party"));
    expect(sent).toEqual(["call.transfer", "call.conference", "call.alternate", "call.reconnect"]);
    expect(last()).toEqual({ type: "call.clear", interaction: INTERACTION, party: "ben" });
  });

  it("work for a telephone that is not this page's", async () => {
    await shows({ contact: contact({ call: call() }) });
    expect(screen.getByTestId("call").dataset.stage).toBe("elsewhere");
    await altShift("K");
    await user.keyboard("7");
    expect(last()).toEqual({ type: "call.digits", interaction: INTERACTION, digits: "7" });
    server.replies();
    await altShift("E");
    expect(last()).toEqual({ type: "call.clear", interaction: INTERACTION });
  });
});

describe("who is asked", () => {
  it("is told that it is a question, sees the notes, and writes none", async () => {
    await shows({
      contact: contact({
        phase: "offered",
        handed_over: { agent: "ben", agent_name: "Ben Okafor", how: "consultation", at: AT },
        notes_before: [{ agent: "ben", agent_name: "Ben Okafor", note: "Wants to leave.", disposition: null, at: AT }],
        call: call({ role: "consulted", customer: "held", party: party({ state: "alerting" }), may: ["clear"] }),
      }),
    });
    expect(text("call")).toContain("Ben Okafor has a question");
    expect(text("before")).toContain("Ben Okafor asks you about this customer");
    expect(text("note-before")).toContain("Wants to leave.");
    await talking(call({ role: "consulted", customer: "held", party: party(), may: ["clear", "digits"] }));
    expect(screen.queryByTestId("note-panel")).toBeNull();
    expect(screen.queryByTestId("consultation")).toBeNull();
  });
});

describe("whom to call", () => {
  it("is found, chosen and asked by keys alone", async () => {
    await talking();
    await altShift("T");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("target")));
    await finds({}, { target: { kind: "agent", agent: "dora" }, label: "Dóra", state: "busy", available: false });
    await user.keyboard("{ArrowDown}{Enter}");
    expect(text("targets-why")).toBe("Dóra is in a call.");
    expect(last()?.type).toBe("directory.search");
    await user.keyboard("{ArrowUp}{Enter}");
    expect(last()).toEqual({ type: "call.consult", interaction: INTERACTION, target: { kind: "agent", agent: "ben" } });
    server.replies();
    await waitFor(() => expect(screen.getByTestId("targets")).toHaveProperty("open", false));
  });

  it("is sent the customer at once with Control and Enter; a refusal stays in the dialog", async () => {
    await talking();
    await altShift("T");
    await finds({ target: { kind: "queue", queue: "sales" }, label: "Sales", state: null, waiting: 2 });
    expect(text("target-queue-sales")).toContain("2 waiting");
    await user.keyboard("{Control>}{Enter}{/Control}");
    expect(last()).toEqual({
      type: "call.transfer_to",
      interaction: INTERACTION,
      target: { kind: "queue", queue: "sales" },
    });
    server.replies(false, "target_unknown");
    await waitFor(() => expect(text("targets-why")).toContain("no such colleague or queue"));
    expect(screen.getByTestId("targets")).toHaveProperty("open", true);
  });

  it("is a number as it was typed, from an idle page", async () => {
    await altShift("T");
    await user.type(screen.getByTestId("target"), "０８２１ １２３４{Enter}");
    expect(last()).toEqual({ type: "call.make", target: { kind: "number", number: "0821 1234" }, about: null });
    server.replies(false, "country_not_allowed");
    await waitFor(() => expect(text("targets-why")).toContain("that country"));
  });

  it("makes room for a call that comes in", async () => {
    await altShift("T");
    await shows({ contact: contact({ phase: "offered" }) });
    await waitFor(() => expect(screen.getByTestId("targets")).toHaveProperty("open", false));
  });
});

describe("a number on the page", () => {
  it("is asked about first while in a call", async () => {
    await talking(call(), { customer: customer({ numbers: ["+15550177"] }) });
    await user.click(screen.getByTestId("dial-+15550177"));
    expect(last()?.type).toBe("directory.search");
    await waitFor(() => expect(screen.getByTestId("target")).toHaveProperty("value", "+15550177"));
    expect(text("targets-about")).toContain("You are in a call with Mei Lin");
  });

  it("is called with one click when there is nothing to do; the phone picks up by itself", async () => {
    await shows({ contact: contact({ phase: "offered" }) });
    await shows({ me: agent({ state: "not_ready", reason: "missed call" }), contact_gone: "missed" });
    await user.click(screen.getByTestId("dial-+15550100"));
    expect(last()).toMatchObject({ type: "call.make", target: { kind: "number", number: "+15550100" } });
    server.replies();
    const dialled = contact({
      phase: "dialling",
      direction: "out",
      calling_number: "",
      called_number: "+15550100",
      call: call({ direction: "out", customer: "alerting", may: ["clear"] }),
    });
    await shows({ contact: dialled });
    server.phone.ring("c2", "+15550100", "", true);
    await waitFor(() => expect(server.phone.commands.at(-1)).toEqual({ type: "answer", call: "c2" }));
    expect(server.rings).toBe(0);
    expect(screen.getByTestId("call").dataset.stage).toBe("dialling");
    await shows({ not_reached: "busy", contact_gone: "failed" });
    expect(text("not-reached")).toContain("is busy");
  });
});

describe("the sound of a call", () => {
  const reports = () =>
    server.commands.map(({ command }) => command).filter(({ type }) => type === "call.report_quality");

  it("is shown with its likely cause, and is stored with the contact at the end", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      await talking();
      server.phone.sound = { packetsLost: 400 };
      await vi.advanceTimersByTimeAsync(QUALITY_EVERY_MS);
      await waitFor(() => expect(screen.getByTestId("quality").dataset.grade).toBe("poor"));
      expect(text("quality")).toContain("on the way to you");
      server.phone.end("c1");
      await waitFor(() => expect(reports()).toHaveLength(1));
      expect(reports()[0]).toMatchObject({ interaction: INTERACTION, jitter_ms: 4, cause: "loss_in" });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the two axes of my state", () => {
  it("are what I am seen to do, and what comes after it", async () => {
    const me = agent({ state: "busy", activity: "holding", chosen: "ready", pending: "ready" });
    await shows({ me, contact: contact({ call: call({ customer: "held" }) }) });
    expect(text("status-menu")).toContain("Customer on hold");
    expect(text("next-ready")).toBe("After this call: Ready");
    await altShift("S");
    await user.click(screen.getByTestId("set-after-call"));
    expect(last()).toEqual({ type: "agent.set_state", state: "working_after_call" });
    await shows({ me: { ...me, pending: "working_after_call" }, contact: contact({ call: call() }) });
    expect(text("pending")).toContain("After this call: Wrap-up");
  });

  it("say who has set my state for me", async () => {
    await shows({ me: agent({ state: "not_ready", reason: "supervisor", forced_by: "sue" }) });
    expect(text("forced-by")).toBe("set by sue");
  });
});

describe("the headset", () => {
  it("is missed when the chosen one is not plugged in, and not any more when it is", async () => {
    server.page.preferences.speaker = "headset";
    server.sound.plug("in:Laptop", "out:Laptop");
    await waitFor(() => expect(screen.getByTestId("banner-headset")).toBeTruthy());
    server.sound.plug("in:Laptop", "out:Laptop", "in:Headset", "out:Headset");
    await waitFor(() => expect(screen.queryByTestId("banner-headset")).toBeNull());
  });
});

describe("a caller who was cut off by a reload", () => {
  it("is connected again without a ring", async () => {
    await talking();
    window.dispatchEvent(new Event("pagehide"));
    server.phone.end("c1", "failure");
    await shows({ contact: contact({ phase: "offered", customer: customer() }) });
    expect(text("call")).toContain("connected again");
    server.phone.ring("c3", "+15550100");
    await waitFor(() => expect(server.phone.commands.at(-1)).toEqual({ type: "answer", call: "c3" }));
    expect(server.rings).toBe(1); // of the first time
  });
});

describe("a telephone on the desk", () => {
  it("takes the page's place: calls are controlled through the server", async () => {
    await user.click(screen.getByTestId("account"));
    await user.click(screen.getByTestId("open-sound"));
    await user.click(screen.getByTestId("own-phone"));
    expect(server.phone.commands.slice(-2).map(({ type }) => type)).toEqual(["disconnect", "release_microphone"]);
    expect(screen.queryByTestId("health-microphone")).toBeNull();
    await shows({ contact: contact({ phase: "offered", call: call({ customer: "alerting", may: ["reject"] }) }) });
    expect(text("call")).toContain("Answer at your telephone.");
    await altShift("X");
    expect(last()).toEqual({ type: "call.reject", interaction: INTERACTION });
    server.replies();
    await shows({ me: agent({ registered: false }) });
    expect(screen.getByTestId("health-phone").dataset.health).toBe("bad");
    await user.click(screen.getByTestId("own-phone"));
    await waitFor(() => expect(screen.getByTestId("health-phone").dataset.health).toBe("ok"));
  });
});
