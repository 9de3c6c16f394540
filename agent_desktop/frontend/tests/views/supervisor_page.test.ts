// @vitest-environment jsdom
import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { AgentLive, PromiseLive, RepairLive, Role, WaitingLive } from "../../src/protocol/messages";
import App from "../../src/views/App.svelte";
import { type Answers, FakeServer } from "../fakes/surroundings";
import { AT, agent, ME, promise, queue, repair, supervisorView } from "../samples";
import { complete } from "./dom";

beforeAll(complete);
afterEach(cleanup);

function waiting(interaction: string, changes: Partial<WaitingLive>): WaitingLive {
  return {
    interaction,
    tier: "standard",
    customer_name: null,
    calling_number: "",
    since: AT,
    came_from: null,
    expected_from: null,
    expected_until: null,
    fallback: false,
    ...changes,
  };
}

async function opened(role: Role, answers: Answers = {}): Promise<FakeServer> {
  const server = new FakeServer(answers);
  server.signedIn({ ...ME, role, agent: null });
  render(App, { page: server.page, opened: () => {} });
  await waitFor(() => expect(server.wires).toHaveLength(1));
  server.shows(supervisorView());
  await tick();
  return server;
}

describe("the live board", () => {
  it("shows a queue with its service level and how that is counted", async () => {
    const server = await opened("supervisor");
    const support = queue({
      waiting: 2,
      longest_since: AT - 65_000,
      answered_today: 36,
      abandoned_today: 4,
      answered_in_target_today: 30,
      service_level_target_s: 20,
    });
    server.shows(supervisorView({ queues: [support] }));
    await tick();
    const card = within(screen.getByTestId("queue-support"));
    expect(card.getByTestId("waiting").textContent).toBe("2");
    expect(card.getByTestId("longest").textContent).toBe("1:05");
    expect(card.getByTestId("service-level").textContent).toBe("75%");
    expect(screen.getByText(/answered within 20 s ÷ \(answered \+ abandoned\)/)).toBeTruthy();
    expect(screen.getByText("Needs attention")).toBeTruthy();
  });

  it("shows an agent's state, reason and time in it", async () => {
    const server = await opened("supervisor");
    const ben = agent({ agent: "ben", name: "Ben", state: "not_ready", reason: "lunch", since: AT - 600_000 });
    server.shows(supervisorView({ agents: [ben], queues: [queue()] }));
    await tick();
    expect(screen.getByTestId("agent-ben").textContent?.replace(/\s+/g, " ")).toMatch(/Ben Lunch 10:00 ?Support/);
  });

  it("names queues and reasons in the language of the page, those that only this house has too", async () => {
    const server = await opened("supervisor");
    server.shows(
      supervisorView({
        agents: [agent({ state: "not_ready", reason: "paperwork", contact_queue: "support" })],
        queues: [queue({ waiting: 1, first_waiting: [waiting("i1", { tier: "gold" })] })],
      }),
    );
    const board = (): string => screen.getByTestId("supervisor-page").textContent ?? "";
    await waitFor(() => expect(screen.getByTestId("agent-anna").textContent).toContain("Paperwork"));
    server.page.preferences.language = "zh";
    await tick();
    expect(screen.getByTestId("agent-anna").textContent).toContain("文书工作");
    expect(board().match(/技术支持/g)).toHaveLength(4); // the card, the agent's contact and queues, the waiting list
    expect(board()).not.toMatch(/Support|Paperwork/);
  });

  it("says what to expect: of who waits as time goes by, and of who calls now", async () => {
    const server = await opened("supervisor");
    const first = waiting("i1", { expected_from: AT + 30_000, expected_until: AT + 125_000 });
    const second = waiting("i2", { expected_from: AT - 90_000, expected_until: AT - 1_000 });
    const lines = [first, second, waiting("i3", {})];
    server.shows(
      supervisorView({ queues: [queue({ expected_low_s: 40, expected_high_s: 90, first_waiting: lines })] }),
    );
    await tick();
    expect(screen.getAllByTestId("expected").map((cell) => cell.textContent)).toEqual([
      "0:30–2:05",
      "any moment",
      "unknown",
    ]);
    expect(screen.getAllByTestId("place").map((cell) => cell.textContent)).toEqual(["1", "2", "3"]);
    expect(screen.getByTestId("expected-now").textContent).toContain("0:40–1:30");
  });

  it("counts those who are to be called back, and the promises that were given up", async () => {
    const server = await opened("supervisor");
    server.shows(supervisorView({ queues: [queue({ callbacks: 3, callbacks_dropped_today: 2 })] }));
    await tick();
    expect(screen.getByTestId("callbacks").textContent).toContain("3");
    expect(screen.getByTestId("callbacks-dropped").textContent).toBe("2");
    server.shows(supervisorView({ queues: [queue()] }));
    await tick();
    expect(screen.queryByTestId("callbacks")).toBeNull();
    expect(screen.queryByTestId("callbacks-dropped")).toBeNull();
  });

  it("says when a queue opens or closes, and nothing of one that is always open", async () => {
    const server = await opened("supervisor");
    server.shows(supervisorView({ queues: [queue({ open: false, open_until: AT + 3_600_000 })] }));
    await tick();
    expect(screen.getByTestId("hours").textContent).toMatch(/^\s*Closed until .*\d\d:\d\d\s*$/);
    server.shows(supervisorView({ queues: [queue()] }));
    await tick();
    expect(screen.queryByTestId("hours")).toBeNull();
  });

  it("says why a caller waits, by keyboard, in the language of the page", async () => {
    const server = await opened("supervisor");
    server.shows(supervisorView({ queues: [queue({ first_waiting: [waiting("i1", { customer_name: "Mei Lin" })] })] }));
    await tick();
    const button = screen.getByRole("button", { name: "Why: Mei Lin" });
    button.focus();
    await userEvent.setup().keyboard("{Enter}");
    const asked = server.wire.sent.at(-1);
    expect(asked?.command).toEqual({ type: "supervisor.explain", interaction: "i1" });
    const title = { en: "Waiting for 0:42", zh: "已等待 0:42" };
    const line = { en: "2 agents logged on for English ≥ 8: 2 busy", zh: "在线且可接（英语 ≥ 8）的坐席：2 名：忙碌 2" };
    const offer = {
      title: { en: "Offered to Ben", zh: "已转接给 Ben" },
      lines: [],
      candidates: [{ name: "Ben", score: "2.0" }],
    };
    const explained = {
      type: "routing_explained",
      waiting: { title, lines: [line], candidates: [] },
      offer,
    } as const;
    server.wire.says({ type: "reply", id: asked?.id ?? "", ok: true, explained });
    const dialog = within(screen.getByTestId("why"));
    expect(await dialog.findByText(line.en)).toBeTruthy();
    expect(dialog.getByRole("row", { name: "1. Ben 2.0" })).toBeTruthy();
    server.page.preferences.language = "zh";
    await tick();
    expect(dialog.getByText(line.zh)).toBeTruthy();
  });

  it("says so when nobody can tell why", async () => {
    const server = await opened("supervisor");
    server.shows(supervisorView({ agents: [agent({ contact: "i9", contact_queue: "support" })], queues: [queue()] }));
    await tick();
    await userEvent.setup().click(screen.getByTestId("why-agent"));
    const asked = server.wire.sent.at(-1);
    server.wire.says({ type: "reply", id: asked?.id ?? "", ok: false, code: "unknown_contact", message: "" });
    const told = await within(screen.getByTestId("why")).findByRole("alert");
    expect(told.textContent).toContain("over");
  });

  it("reads what messages carry, in English, if the server does not tell the labels", async () => {
    const server = await opened("supervisor", { "GET /api/v1/labels": () => new Response(null, { status: 500 }) });
    server.page.preferences.language = "zh";
    expect(server.asked.map(({ what }) => what)).toContain("GET /api/v1/labels");
    server.shows(supervisorView({ queues: [queue()] }));
    await tick();
    expect(within(screen.getByTestId("queue-support")).getByRole("heading", { level: 3 }).textContent).toBe("Support");
  });

  it("says that it is stale, and since when", async () => {
    const server = await opened("supervisor");
    server.wire.breaks();
    await tick();
    expect(screen.getByTestId("banner-stale").textContent).toMatch(/not live.*\d\d:\d\d/);
  });

  it("has no phone and shows no sessions to a supervisor", async () => {
    const server = await opened("supervisor");
    expect(server.phone.commands).toEqual([]);
    expect(screen.queryByTestId("sessions")).toBeNull();
  });
});

describe("an agent", () => {
  const ben = (changes: Partial<AgentLive> = {}): AgentLive => agent({ agent: "ben", name: "Ben", ...changes });
  const shown = (server: FakeServer, ...agents: AgentLive[]): Promise<void> => {
    server.shows(supervisorView({ agents, queues: [queue()] }));
    return tick();
  };
  const answers = (server: FakeServer, code: string | null = null): void => {
    const asked = server.wire.sent.at(-1);
    const refusal = code === null ? {} : { code, message: "" };
    server.wire.says({ type: "reply", id: asked?.id ?? "", ok: code === null, ...refusal });
  };
  const dialog = (): HTMLDialogElement => screen.getByTestId<HTMLDialogElement>("manage");

  it("is set ready or not ready with a reason of the house, by keyboard, by supervisors and administrators", async () => {
    for (const role of ["supervisor", "administrator"] as const) {
      const server = await opened(role);
      await shown(server, ben({ chosen: "not_ready", chosen_reason: "lunch", state: "not_ready", reason: "lunch" }));
      const user = userEvent.setup();
      const given = async (choice: string): Promise<unknown> => {
        screen.getByRole("button", { name: "Ben: set the state, end work" }).focus();
        await user.keyboard("{Enter}");
        const button = await within(dialog()).findByRole("button", { name: choice });
        for (let at = 0; document.activeElement !== button && at < 9; at += 1) await user.tab();
        await user.keyboard("{Enter}");
        answers(server);
        await waitFor(() => expect(dialog().open).toBe(false));
        return server.wire.sent.at(-1)?.command;
      };
      const asked = { type: "supervisor.force_state", agent: "ben" };
      expect(await given("Ready")).toEqual({ ...asked, state: "ready", reason: null });
      expect(screen.getByTestId("force-not-ready-lunch").ariaPressed).toBe("true");
      expect(await given("Not ready: Paperwork")).toEqual({ ...asked, state: "not_ready", reason: "paperwork" });
      expect(await given("Not ready, no reason given")).toEqual({ ...asked, state: "not_ready", reason: null });
      cleanup();
    }
  });

  it("is told on the board to have been set by somebody, and what counts only after the contact", async () => {
    const server = await opened("supervisor");
    await shown(server, ben({ forced_by: "sue" }));
    expect(screen.getByTestId("forced").textContent).toBe("set by sue");
    const user = userEvent.setup();
    await user.click(screen.getByTestId("manage-agent"));
    expect(screen.queryByTestId("manage-later")).toBeNull();
    expect(screen.queryByTestId("clear-work")).toBeNull();
    await shown(server, ben({ state: "busy", activity: "talking", contact: "i1" }));
    expect(screen.getByTestId("manage-later").textContent).toContain("after this contact");
  });

  it("is rid of stuck work after a question that says what will happen", async () => {
    const server = await opened("supervisor");
    const stuck = ben({ state: "working_after_call", activity: "wrap_up", contact: "i1", contact_queue: "support" });
    await shown(server, stuck);
    const user = userEvent.setup();
    const sent = server.wire.sent.length;
    await user.click(screen.getByTestId("manage-agent"));
    await user.click(screen.getByTestId("clear-work"));
    expect(dialog().textContent).toContain("Clear the work of Ben");
    expect(screen.getByTestId("manage-consequence").textContent).toContain("The wrap-up ends now.");
    expect(document.activeElement?.textContent).toBe("Cancel");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("force-ready")));
    expect(server.wire.sent).toHaveLength(sent);
    await user.click(screen.getByTestId("clear-work"));
    await shown(server, { ...stuck, state: "busy", activity: "holding" });
    expect(screen.getByTestId("manage-consequence").textContent).toContain("The customer on hold waits for another");
    await user.click(screen.getByTestId("manage-confirm"));
    expect(server.wire.sent.at(-1)?.command).toEqual({
      type: "supervisor.clear_contact",
      agent: "ben",
      interaction: "i1",
    });
    answers(server);
    await waitFor(() => expect(dialog().open).toBe(false));
  });

  it("keeps the next contact when the stuck one is over in the meantime", async () => {
    const server = await opened("supervisor");
    await shown(server, ben({ state: "working_after_call", activity: "wrap_up", contact: "i1" }));
    const user = userEvent.setup();
    await user.click(screen.getByTestId("manage-agent"));
    await user.click(screen.getByTestId("clear-work"));
    await shown(server, ben({ state: "busy", activity: "talking", contact: "i2" }));
    await user.click(screen.getByTestId("manage-confirm"));
    expect(server.wire.sent.at(-1)?.command).toMatchObject({ interaction: "i1" });
    answers(server, "unknown_contact");
    expect((await screen.findByTestId("manage-refused")).textContent).toBe("The agent does not work on this any more.");
  });

  it("is signed off after a question", async () => {
    const server = await opened("supervisor");
    await shown(server, ben());
    const user = userEvent.setup();
    const sent = server.wire.sent.length;
    await user.click(screen.getByTestId("manage-agent"));
    await user.click(screen.getByTestId("force-sign-off"));
    expect(screen.getByTestId("manage-consequence").textContent).toContain("not cut off");
    expect(server.wire.sent).toHaveLength(sent);
    await user.click(screen.getByTestId("manage-confirm"));
    expect(server.wire.sent.at(-1)?.command).toEqual({ type: "supervisor.force_state", agent: "ben", state: "null" });
    answers(server);
    await waitFor(() => expect(document.activeElement?.id).toBe("agents-title"));
    expect(dialog().open).toBe(false);
  });

  it("is not taken for another one who has been turned to before the answer came", async () => {
    const server = await opened("supervisor");
    await shown(server, ben(), agent({ agent: "chen", name: "Chen" }));
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: /^Ben:/ }));
    await user.click(screen.getByTestId("force-ready"));
    dialog().close();
    await user.click(screen.getByRole("button", { name: /^Chen:/ }));
    answers(server, "phone_unreachable");
    await tick();
    expect(screen.queryByTestId("manage-refused")).toBeNull();
    expect(dialog().open).toBe(true);
    await user.click(screen.getByTestId("force-ready"));
    expect(server.wire.sent.at(-1)?.command).toMatchObject({ agent: "chen" });
  });

  it("stays as it is when that is refused, and the page says why in its own language", async () => {
    const server = await opened("supervisor");
    await shown(server, ben({ registered: false }));
    const user = userEvent.setup();
    await user.click(screen.getByTestId("manage-agent"));
    await user.click(screen.getByTestId("force-ready"));
    answers(server, "phone_unreachable");
    const refused = await screen.findByTestId("manage-refused");
    expect(refused.textContent).toContain("The agent's phone is not registered");
    expect(dialog().open).toBe(true);
    server.page.preferences.language = "zh";
    await waitFor(() => expect(dialog().textContent?.replace("Ben", "")).not.toMatch(/[a-z]/i));
    server.page.preferences.language = "en";
    await user.click(screen.getByTestId("force-sign-off"));
    await user.click(screen.getByTestId("manage-confirm"));
    answers(server, "unknown_agent");
    expect((await screen.findByTestId("manage-refused")).textContent).toContain("not signed on any more");
  });
});

describe("repairs", () => {
  const shown = (server: FakeServer, ...repairs: RepairLive[]): Promise<void> => {
    const agents = [agent({ agent: "ben", name: "Ben Okafor" })];
    server.shows(supervisorView({ agents, queues: [queue()], repairs }));
    return tick();
  };
  const rows = (): string[] =>
    screen
      .getAllByTestId<HTMLTableRowElement>("repair-row")
      .map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join(" | "));

  it("are told in words, with whose and by whom, and are no table when there are none", async () => {
    const server = await opened("supervisor");
    expect(screen.queryByTestId("repairs")).toBeNull();
    await shown(
      server,
      repair({ repair: "contact_cleared", agent: "ben", interaction: "i1", by: "sue" }),
      repair({ repair: "agent_freed", agent: "gone" }),
      repair({ repair: "call_found" }),
    );
    expect(rows()).toEqual([
      expect.stringMatching(/^\d\d:\d\d \| An agent's work was cleared \| Ben Okafor \| sue \| Story$/),
      expect.stringMatching(/An agent counted as busy with nothing to do \| gone \| the platform itself \| $/),
      expect.stringMatching(/The switch had a call that was not known here \| {2}\| the platform itself \| $/),
    ]);
    expect(screen.getByTestId("repairs-hint").textContent).toContain("a fault of its own");
    const old = repair({ at: AT - 90_000_000 });
    await shown(server, repair({ repair: "state_forced", agent: "ben", by: "sue" }), old);
    expect(rows()[1]).toMatch(/^\d.*\d\d:\d\d \|/); // with its day
    expect(screen.queryByTestId("repairs-hint")).toBeNull();
  });

  it("have words for each in both languages", async () => {
    const kinds = [
      "call_forgotten",
      "call_found",
      "agent_freed",
      "customer_without_agent",
      "connection_cleared",
      "contact_cleared",
      "state_forced",
      "promise_dropped",
      "phone_changed",
    ] as const;
    const server = await opened("supervisor");
    await shown(server, ...kinds.map((kind) => repair({ repair: kind })));
    await userEvent.setup().click(screen.getByTestId("repairs-all"));
    expect(rows()).toHaveLength(kinds.length);
    expect(rows().join()).not.toContain("repair.");
    server.page.preferences.language = "zh";
    await tick();
    expect(screen.getByTestId("repairs").textContent).not.toMatch(/[a-z]/i);
  });

  it("are the newest few until all are wanted", async () => {
    const server = await opened("administrator");
    await shown(server, ...Array.from({ length: 7 }, (_, before) => repair({ at: AT - before * 60_000 })));
    expect(rows()).toHaveLength(5);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Show all 7" }));
    expect(rows()).toHaveLength(7);
    await user.click(screen.getByRole("button", { name: "Show the newest only" }));
    expect(rows()).toHaveLength(5);
  });

  it("open the story of their contact", async () => {
    const server = await opened("supervisor", {
      "GET /api/v1/interactions/i1": () => new Response(null, { status: 404 }),
    });
    await shown(server, repair({ repair: "customer_without_agent", interaction: "i1" }));
    await userEvent.setup().click(screen.getByTestId("repair-story"));
    await waitFor(() => expect(server.asked.map(({ what }) => what)).toContain("GET /api/v1/interactions/i1"));
    expect(screen.getByTestId<HTMLDialogElement>("repair-story-dialog").open).toBe(true);
    expect(await within(screen.getByTestId("repair-story-dialog")).findByRole("alert")).toBeTruthy();
  });
});

describe("promised callbacks", () => {
  const mei = promise({ interaction: "i1", customer_name: "Mei Lin" });
  const shown = (server: FakeServer, ...promises: PromiseLive[]): Promise<void> => {
    server.shows(supervisorView({ queues: [queue({ callbacks: promises.length, first_promises: promises })] }));
    return tick();
  };
  const cells = (id: string): (string | undefined)[] =>
    screen.getAllByTestId(id).map((cell) => cell.textContent?.replace(/\s+/g, " ").trim());

  it("are listed with who, how often in vain and why, and what comes next", async () => {
    const server = await opened("supervisor");
    await shown(
      server,
      mei,
      promise({ interaction: "i2", attempts: 1, failed: "busy", not_before: AT + 120_000 }),
      promise({ interaction: "i3", attempts: 2, failed: "no_answer", not_before: AT - 1_000 }),
      promise({ interaction: "i4", attempts: 1, calling_since: AT - 7_000 }),
    );
    const rows = cells("promise-row");
    expect(rows[0]).toContain("Support");
    expect(rows[0]).toContain("Mei Lin +4930123456");
    expect(cells("attempts")).toEqual(["0 of 3", "1 of 3 last one: busy", "2 of 3 last one: no answer", "1 of 3"]);
    expect(cells("next")).toEqual([
      "when an agent is free",
      expect.stringMatching(/^not before \d\d:\d\d$/),
      "when an agent is free",
      "Being called 0:07",
    ]);
    server.page.preferences.language = "zh";
    await tick();
    expect(cells("attempts")[1]).toBe("1/3 上次：忙线");
    // The queue's words come with the labels, which may not be here yet.
    await waitFor(() =>
      expect(screen.getByTestId("promises").textContent?.replace("Mei Lin", "")).not.toMatch(/[a-z]/i),
    );
  });

  it("say so when there are none, and how many more there are than lines", async () => {
    const server = await opened("administrator");
    expect(screen.getByTestId("promises").textContent).toContain("Nobody is to be called back.");
    server.shows(supervisorView({ queues: [queue({ callbacks: 3, first_promises: [mei] })] }));
    await tick();
    expect(screen.getByTestId("promises-more").textContent).toContain("2 more");
    expect(within(screen.getByTestId("promises")).getByRole("heading").textContent).toMatch(/3$/);
  });

  it("are given up after a question, by keyboard, by supervisors and administrators", async () => {
    for (const role of ["supervisor", "administrator"] as const) {
      const server = await opened(role);
      await shown(server, mei);
      const sent = server.wire.sent.length;
      const user = userEvent.setup();
      screen.getByRole("button", { name: "Give up the callback to Mei Lin" }).focus();
      await user.keyboard("{Enter}");
      expect(server.wire.sent).toHaveLength(sent);
      screen.getByTestId("drop-promise-confirm").focus();
      await user.keyboard("{Enter}");
      const asked = server.wire.sent.at(-1);
      expect(asked?.command).toEqual({ type: "supervisor.drop_promise", interaction: "i1" });
      server.wire.says({ type: "reply", id: asked?.id ?? "", ok: true });
      await shown(server);
      await waitFor(() => expect(document.activeElement?.id).toBe("promises-title"));
      expect(screen.queryByTestId("promise-refused")).toBeNull();
      cleanup();
    }
  });

  it("say why one is not given up", async () => {
    const server = await opened("supervisor");
    await shown(server, mei);
    const user = userEvent.setup();
    await user.click(screen.getByTestId("drop-promise"));
    await user.click(screen.getByTestId("drop-promise-confirm"));
    const asked = server.wire.sent.at(-1);
    server.wire.says({ type: "reply", id: asked?.id ?? "", ok: false, code: "promise_gone", message: "" });
    expect((await screen.findByTestId("promise-refused")).textContent).toContain("gone");
    await shown(server, promise({ interaction: "i1", calling_since: AT }));
    const sent = server.wire.sent.length;
    await user.click(screen.getByTestId("drop-promise"));
    expect(screen.getByTestId("promise-refused").textContent).toContain("being called right now");
    expect(server.wire.sent).toHaveLength(sent);
  });
});

describe("messages left by callers", () => {
  const line = {
    voicemail: 7,
    mailbox: "support",
    left_at: AT,
    seconds: 12.3,
    number: "+4930123456",
    customer: null,
    handled_at: null,
    handled_by: null,
  };

  it("can be listened to, and are marked as seen to", async () => {
    let handled = false;
    const server = await opened("supervisor", {
      "GET /api/v1/voicemails": () =>
        Response.json({ items: [handled ? { ...line, handled_at: AT, handled_by: "sue" } : line] }),
      "POST /api/v1/voicemails/7/handled": () => {
        handled = true;
        return new Response(null, { status: 204 });
      },
    });
    const row = await screen.findByTestId("voicemail-row");
    expect(within(row).getByLabelText("Message of +4930123456").getAttribute("src")).toBe("/api/v1/voicemails/7/audio");
    await userEvent.setup().click(within(row).getByTestId("voicemail-handled"));
    await waitFor(() => expect(screen.getByTestId("voicemail-row").textContent).toContain("sue"));
    expect(server.asked.map(({ what }) => what)).toContain("POST /api/v1/voicemails/7/handled");
  });

  it("say so when they cannot be read", async () => {
    await opened("supervisor", { "GET /api/v1/voicemails": () => new Response(null, { status: 500 }) });
    expect((await screen.findByRole("alert")).textContent).toContain("could not be read");
  });
});

describe("the administrator", () => {
  it("ends a session after a question", async () => {
    const line = { session: "s1", person: "ben", name: "Ben", role: "agent", created_at: AT, last_seen_at: AT };
    const mine = { ...line, session: "s0", person: "adam", name: "Adam", current: true };
    const server = await opened("administrator", {
      "GET /api/v1/sessions": () => Response.json({ items: [mine, { ...line, current: false }] }),
      "DELETE /api/v1/sessions/s1": () => new Response(null, { status: 204 }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("end-session"));
    expect(server.asked.map(({ what }) => what)).not.toContain("DELETE /api/v1/sessions/s1");
    await user.click(screen.getByTestId("end-session-confirm"));
    await waitFor(() => expect(server.asked.map(({ what }) => what)).toContain("DELETE /api/v1/sessions/s1"));
  });
});
