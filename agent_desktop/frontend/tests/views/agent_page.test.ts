// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ContactLive } from "../../src/protocol/messages";
import App from "../../src/views/App.svelte";
import { FakeServer } from "../fakes/surroundings";
import { AT, agent, agentView, contact, customer, LABELS, ME } from "../samples";
import { complete } from "./dom";

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

const stage = (): string | undefined => screen.getByTestId("call").dataset.stage;
const altShift = (letter: string): Promise<void> =>
  userEvent.setup().keyboard(`{Alt>}{Shift>}[Key${letter}]{/Shift}{/Alt}`);

async function offered(changes: Partial<ContactLive> = {}): Promise<void> {
  server.shows(agentView({ contact: contact({ phase: "offered", ...changes }) }));
  await tick();
}

async function ringing(): Promise<void> {
  await offered();
  server.phone.ring("c1", "+15550100");
  await tick();
}

async function wrapUp(changes: Partial<ContactLive> = {}): Promise<void> {
  server.shows(agentView({ contact: contact({ phase: "wrap_up", wrap_up_until: AT + 30_000, ...changes }) }));
  await tick();
}

describe("a call", () => {
  it("shows the customer before the phone rings, and can be answered only when it rings", async () => {
    await offered({ calling_name: "Mei Lin" });
    expect(screen.getByTestId("customer-name").textContent).toBe("Mei Lin");
    expect(screen.getByTestId("announcement").textContent).toContain("Mei Lin");
    expect(screen.getByTestId("answer")).toHaveProperty("disabled", true);
    server.phone.ring("c1", "+15550100");
    await tick();
    expect(screen.getByTestId("answer")).toHaveProperty("disabled", false);
    expect(server.rings).toBe(1);
  });

  it("is said to be a callback, for the customer does not expect to be asked what he wants of us", async () => {
    await offered({ called_back: true });
    expect(screen.getByTestId("called-back").textContent).toContain("Callback");
    await offered({ called_back: false });
    expect(screen.queryByTestId("called-back")).toBeNull();
  });

  it("is answered, muted, fed with digits and hung up by keys alone", async () => {
    await ringing();
    await altShift("A");
    await waitFor(() => expect(stage()).toBe("talking"));
    await altShift("M");
    await altShift("K");
    await waitFor(() => expect(document.activeElement?.getAttribute("data-testid")).toBe("key-1"));
    await userEvent.setup().keyboard("42#");
    await altShift("E");
    expect(server.phone.commands.slice(2)).toEqual([
      { type: "answer", call: "c1" },
      { type: "set_muted", call: "c1", muted: true },
      { type: "send_digit", call: "c1", digit: "4" },
      { type: "send_digit", call: "c1", digit: "2" },
      { type: "send_digit", call: "c1", digit: "#" },
      { type: "hang_up", call: "c1" },
    ]);
  });

  it("is rejected", async () => {
    await ringing();
    await userEvent.setup().click(screen.getByTestId("reject"));
    expect(server.phone.commands.at(-1)).toEqual({ type: "reject", call: "c1" });
  });

  it("can be answered while the call server is away and nothing is known of it", async () => {
    const away = { cti_up: false, switch_up: true, as_of: AT, words: 0 };
    server.shows(agentView({ link: away }));
    server.phone.ring("c9", "+15550123", "Fallback");
    await tick();
    expect(screen.getByTestId("call-number").textContent).toBe("+15550123");
    await userEvent.setup().click(screen.getByTestId("answer"));
    await waitFor(() => expect(stage()).toBe("talking"));
  });

  it("shows hostile names as text", async () => {
    await offered({ calling_name: "<img src=x onerror=alert(1)>" });
    expect(screen.getByTestId("customer-name").textContent).toBe("<img src=x onerror=alert(1)>");
    expect(document.querySelector("[data-testid=customer] img")).toBeNull();
  });
});

describe("wrap-up", () => {
  it("is not completed without the outcome that is required", async () => {
    await wrapUp();
    await altShift("E");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("disposition")));
    expect(server.commands).toEqual([]);
  });

  it("is completed with outcome and note, whatever was not yet saved", async () => {
    await wrapUp();
    const user = userEvent.setup();
    await user.selectOptions(screen.getByTestId("disposition"), "solved");
    await user.type(screen.getByTestId("note"), "Done.");
    await user.click(screen.getByTestId("complete"));
    expect(server.commands.at(-1)?.command).toEqual({
      type: "contact.complete",
      interaction: contact().interaction,
      note: "Done.",
      disposition: "solved",
    });
  });

  it("can be made longer while that is allowed", async () => {
    await wrapUp();
    await userEvent.setup().click(screen.getByTestId("more-time"));
    expect(server.commands.at(-1)?.command).toMatchObject({ type: "contact.extend_wrap_up" });
    await wrapUp({ wrap_up_extendable: false });
    expect(screen.queryByTestId("more-time")).toBeNull();
  });

  it("cannot be completed without a server, and loses nothing", async () => {
    await wrapUp();
    server.wire.breaks();
    await tick();
    expect(screen.getByTestId("banner-lost").getAttribute("role")).toBe("alert");
    const user = userEvent.setup();
    await user.type(screen.getByTestId("note"), "Typed in the dark");
    await user.click(screen.getByTestId("complete"));
    expect(server.commands).toEqual([]);
    expect(Object.keys(server.storage).some((key) => key.includes(contact().interaction))).toBe(true);
  });
});

describe("my status", () => {
  it("is chosen from the menu by keys", async () => {
    await altShift("S");
    await waitFor(() => expect(document.activeElement?.getAttribute("role")).toBe("menuitemradio"));
    await userEvent.setup().keyboard("{End}{Enter}");
    expect(server.commands.at(-1)?.command).toEqual({ type: "agent.set_state", state: "not_ready", reason: "lunch" });
    expect(screen.queryByTestId("status-menu-list")).toBeNull();
  });

  it("shows what comes after the call, and can be taken back", async () => {
    const me = agent({ state: "busy", pending: "not_ready", pending_reason: "lunch" });
    server.shows(agentView({ me, contact: contact() }));
    await tick();
    expect(screen.getByTestId("pending").textContent).toContain("After this call: Lunch");
    await userEvent.setup().click(screen.getByTestId("pending-cancel"));
    expect(server.commands.at(-1)?.command).toEqual({ type: "agent.set_state", state: "ready" });
  });

  it("says why a request was refused", async () => {
    server.shows(agentView({ me: agent({ state: "not_ready", reason: "break" }) }));
    await tick();
    await altShift("R");
    server.replies(false, "phone_unreachable");
    await waitFor(() => expect(screen.getByTestId("banner-refused").textContent).toContain("not registered"));
  });

  it("stays at a missed call until one key says ready", async () => {
    server.shows(agentView({ me: agent({ state: "not_ready", reason: "missed call" }), contact_gone: "missed" }));
    await tick();
    expect(screen.getByTestId("missed").textContent).toContain("You missed a call");
    await altShift("R");
    expect(server.commands.at(-1)?.command).toEqual({ type: "agent.set_state", state: "ready" });
  });

  it("does not let an agent sign out from ready", async () => {
    const user = userEvent.setup();
    await user.click(screen.getByTestId("account"));
    await user.click(screen.getByTestId("sign-out"));
    expect(server.commands).toEqual([]);
    expect(server.asked.map(({ what }) => what)).not.toContain("DELETE /api/v1/session");
  });

  it("signs off, then out, from not ready", async () => {
    server.answers["DELETE /api/v1/session"] = () => new Response(null, { status: 204 });
    server.shows(agentView({ me: agent({ state: "not_ready", reason: "lunch" }) }));
    await tick();
    const user = userEvent.setup();
    await user.click(screen.getByTestId("account"));
    await user.click(screen.getByTestId("sign-out"));
    expect(server.commands.at(-1)?.command).toEqual({ type: "agent.sign_off" });
    server.replies();
    await waitFor(() => expect(screen.getByTestId("sign-in")).toBeTruthy());
    expect(server.phone.commands.at(-1)).toEqual({ type: "release_microphone" });
  });
});

describe("configured names", () => {
  const text = (testid: string): string => screen.getByTestId(testid).textContent ?? "";

  async function wrapUpAfterBilling(): Promise<void> {
    server.shows(
      agentView({
        me: agent({ state: "busy", pending: "not_ready", pending_reason: "paperwork" }),
        my_queues: [{ queue: "sales", label: "Sales", waiting: 0, longest_since: null }],
        reasons: [{ name: "paperwork", label: "Paperwork" }],
        contact: contact({
          phase: "wrap_up",
          customer: customer(),
          gathered: [
            { key: "reason", label: "Reason", value: "sales" },
            { key: "account_number", label: "Account number", value: "40012278" },
          ],
        }),
      }),
    );
    await tick();
  }

  it("are read in the language of the page, and change with it at once", async () => {
    await wrapUpAfterBilling();
    const shown = (): string[] =>
      ["my-queue-sales", "queue-label", "gathered", "history-entry", "disposition", "pending", "status-menu-list"].map(
        text,
      );
    await altShift("S");
    for (const [place, words] of ["Sales", "Support", "Sales", "Solved", "Solved", "Paperwork", "Paperwork"].entries())
      expect(shown()[place]).toContain(words);
    server.page.preferences.language = "zh";
    await tick();
    for (const [place, words] of ["销售", "技术支持", "销售", "已解决", "已解决", "文书工作", "文书工作"].entries())
      expect(shown()[place]).toContain(words);
    expect(text("history-entry")).toContain("技术支持");
    expect(text("gathered")).toContain("40012278");
  });

  it("are announced in the language of the page", async () => {
    server.page.preferences.language = "zh";
    await offered();
    expect(text("announcement")).toContain("技术支持");
  });

  it("are asked for again when the server says that they have changed", async () => {
    server.page.preferences.language = "zh";
    await offered();
    expect(text("queue-label")).toBe("技术支持");
    server.answers["GET /api/v1/labels"] = () =>
      Response.json({ ...LABELS, queues: { support: { en: "Support", zh: "支持" } } });
    const asked = () => server.asked.filter(({ what }) => what === "GET /api/v1/labels").length;
    const before = asked();
    server.shows(agentView({ contact: contact(), link: { cti_up: true, switch_up: true, as_of: AT, words: 1 } }));
    await waitFor(() => expect(text("queue-label")).toBe("支持"));
    expect(asked()).toBe(before + 1);
  });

  it("are asked for again when the server was away: it may have come back with others", async () => {
    server.answers["GET /api/v1/labels"] = () =>
      Response.json({ ...LABELS, queues: { support: { en: "Support", zh: "支持" } } });
    server.page.preferences.language = "zh";
    await offered();
    expect(text("queue-label")).toBe("技术支持");
    server.wire.breaks();
    await waitFor(() => expect(server.wires).toHaveLength(2), { timeout: 2_000 });
    await offered();
    await waitFor(() => expect(text("queue-label")).toBe("支持"));
  });
});

describe("trouble", () => {
  it("tells how to allow the microphone, and tries again", async () => {
    server.phone.listener({ type: "microphone_refused", why: "denied" });
    await tick();
    expect(screen.getByTestId("banner-microphone").textContent).toContain("allow the microphone");
    expect(screen.getByTestId("health-microphone").dataset.health).toBe("bad");
  });

  it("gives way to another browser of the same person", async () => {
    server.says({ type: "closing", why: "signed_in_elsewhere" });
    await waitFor(() => expect(screen.getByTestId("dismissed-signed_in_elsewhere")).toBeTruthy());
    // Else the phones of both would take the registration from each other.
    expect(server.phone.commands.slice(-2)).toEqual([{ type: "disconnect" }, { type: "release_microphone" }]);
  });

  it("cuts no caller off when it gives way: its phone is switched off after the call", async () => {
    await ringing();
    await altShift("A");
    await waitFor(() => expect(stage()).toBe("talking"));
    server.says({ type: "closing", why: "signed_in_elsewhere" });
    await waitFor(() => expect(screen.getByTestId("dismissed-signed_in_elsewhere")).toBeTruthy());
    expect(server.phone.commands.at(-1)).toEqual({ type: "answer", call: "c1" });
    server.phone.listener({ type: "call_ended", call: "c1", by: "caller", cause: "" });
    expect(server.phone.commands.slice(-2)).toEqual([{ type: "disconnect" }, { type: "release_microphone" }]);
  });

  it("says that a supervisor has signed the agent off, and how to work again", async () => {
    server.says({ type: "closing", why: "signed_off" });
    const notice = await screen.findByTestId("dismissed-signed_off");
    expect(notice.textContent).toContain("A supervisor signed you off");
    expect(screen.getByTestId("work-here").textContent?.trim()).toBe("Sign on again");
    expect(server.wires).toHaveLength(1);
  });
});
