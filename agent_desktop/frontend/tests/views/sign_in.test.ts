// @vitest-environment jsdom
import { cleanup, render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import App from "../../src/views/App.svelte";
import { type Answers, FakeServer } from "../fakes/surroundings";
import { ME } from "../samples";
import { complete } from "./dom";

const SIGN_IN = "POST /api/v1/session";
const problem = (status: number, code: string, retry_after?: number): Response =>
  Response.json({ type: "about:blank", title: "", status, code, detail: "", retry_after }, { status });

beforeAll(complete);
afterEach(cleanup);

function opened(answers: Answers): FakeServer {
  const server = new FakeServer(answers);
  server.page.session.phase = "signed_out";
  render(App, { page: server.page, opened: () => {} });
  return server;
}

async function signIn(person = "anna", password = "secret"): Promise<void> {
  const user = userEvent.setup();
  if (person) await user.type(screen.getByTestId("person"), person);
  if (password) await user.type(screen.getByTestId("password"), password);
  await user.click(screen.getByTestId("sign-in-submit"));
}

describe("signing in", () => {
  it("sends name and password, and opens the workplace", async () => {
    const server = opened({ [SIGN_IN]: () => Response.json(ME) });
    await signIn(" anna ", "  with spaces ");
    await waitFor(() => expect(server.wires).toHaveLength(1));
    expect(server.asked[0]).toEqual({ what: SIGN_IN, body: { person: "anna", password: "  with spaces " } });
  });

  it("lets password managers and paste in", () => {
    opened({});
    expect(screen.getByTestId("person")).toHaveProperty("autocomplete", "username");
    expect(screen.getByTestId("password")).toHaveProperty("autocomplete", "current-password");
    const paste = new Event("paste", { cancelable: true, bubbles: true });
    screen.getByTestId("password").dispatchEvent(paste);
    expect(paste.defaultPrevented).toBe(false);
  });

  it("says that name or password is wrong, and not which", async () => {
    opened({ [SIGN_IN]: () => problem(401, "wrong_credentials") });
    await signIn();
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("User name or password is wrong."));
    expect(screen.getByTestId("password")).toHaveProperty("value", "secret");
  });

  it("counts down when there were too many attempts, and asks nothing until then", async () => {
    const server = opened({ [SIGN_IN]: () => problem(429, "too_many_attempts", 30) });
    await signIn();
    await waitFor(() => expect(screen.getByRole("alert").textContent).toContain("30 seconds"));
    await signIn("", "");
    expect(server.asked).toHaveLength(1);
  });

  it("asks for what is missing without asking the server", async () => {
    const server = opened({});
    await signIn("anna", "");
    expect(screen.getByRole("alert").textContent).toContain("Please give");
    expect(server.asked).toEqual([]);
  });

  it("speaks the chosen language at once", async () => {
    opened({});
    await userEvent.setup().selectOptions(screen.getByTestId("language"), "zh");
    await waitFor(() => expect(screen.getByRole("heading").textContent).toBe("登录"));
    expect(document.documentElement.lang).toBe("zh-CN");
  });
});

describe("the first password", () => {
  async function change(first: string, second: string, answers: Answers = {}): Promise<FakeServer> {
    const server = opened({ [SIGN_IN]: () => Response.json({ ...ME, must_change_password: true }), ...answers });
    await signIn();
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("current-password"), "secret");
    await user.type(screen.getByTestId("new-password"), first);
    await user.type(screen.getByTestId("repeat-password"), second);
    await user.click(screen.getByTestId("password-submit"));
    return server;
  }

  it("must be changed before anything else", async () => {
    const server = await change("ten letters", "ten letters", {
      "PUT /api/v1/me/password": () => Response.json(ME),
    });
    await waitFor(() => expect(server.wires).toHaveLength(1));
    expect(server.asked[1]?.body).toEqual({ current: "secret", new: "ten letters" });
  });

  it.each([
    ["too short", "short", "short"],
    ["not repeated", "ten letters", "ten letterz"],
  ])("is not sent when it is %s", async (_, first, second) => {
    const server = await change(first, second);
    expect(screen.getByTestId("password-error").textContent).not.toBe("");
    expect(server.asked).toHaveLength(1);
  });

  it("says that the server finds it weak", async () => {
    await change("anna anna anna", "anna anna anna", {
      "PUT /api/v1/me/password": () => problem(422, "weak_password"),
    });
    await waitFor(() => expect(screen.getByTestId("password-error").textContent).toContain("too easy to guess"));
  });
});
