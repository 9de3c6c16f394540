// @vitest-environment jsdom
import { cleanup, render, screen, waitFor, within } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { tick } from "svelte";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../src/protocol/messages";
import App from "../../src/views/App.svelte";
import { fields, importStatus, match, PLAN, page, past, preview, problem, record } from "../customers";
import { type Answers, FakeServer } from "../fakes/surroundings";
import { agentView, contact, customer, ME, supervisorView } from "../samples";
import { complete } from "./dom";

beforeAll(complete);
afterEach(cleanup);

const RECORD = "/api/v1/customers/c-1";
const KNOWN: Answers = {
  "GET /api/v1/customers/plan": () => Response.json(PLAN),
  [`GET ${RECORD}`]: () => Response.json(page()),
};

async function opened(path: string, answers: Answers = {}, role: Role = "agent"): Promise<FakeServer> {
  const server = new FakeServer({ ...KNOWN, ...answers });
  server.page.place.go(path);
  server.signedIn({ ...ME, role, agent: role === "agent" ? "anna" : null });
  render(App, { page: server.page, opened: () => {} });
  await waitFor(() => expect(server.wires).toHaveLength(1));
  server.shows(role === "agent" ? agentView() : supervisorView());
  await tick();
  return server;
}

const asked = (server: FakeServer, what: string) => server.asked.filter((one) => one.what === what);

describe("finding customers", () => {
  it("opens the only one that is found with Enter", async () => {
    const server = await opened("/customers", {
      "GET /api/v1/customers?find=mei&limit=20": () =>
        Response.json({ items: [match("c-1", "Mei Lin")], cursor: null }),
    });
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("find-text"), "mei{Enter}");
    expect(await screen.findByTestId("customer-page")).toBeTruthy();
    expect(server.visited.at(-1)).toBe("/customers/c-1");
  });

  it("goes through the list with the arrow keys, and on to the next page", async () => {
    const server = await opened("/customers", {
      "GET /api/v1/customers?find=flat&limit=20": () =>
        Response.json({ items: [match("c-1", "Flat 1"), match("c-2", "Flat 2")], cursor: "x" }),
      "GET /api/v1/customers?find=flat&cursor=x&limit=20": () =>
        Response.json({ items: [match("c-3", "Flat 3")], cursor: null }),
    });
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("find-text"), "flat");
    await waitFor(() => expect(screen.getAllByTestId("match")).toHaveLength(2));
    await user.keyboard("{ArrowDown}{ArrowDown}");
    expect(document.activeElement?.textContent).toContain("Flat 2");
    await user.keyboard("{Home}{ArrowUp}");
    expect(document.activeElement).toBe(screen.getByTestId("find-text"));
    await user.click(screen.getByTestId("find-more"));
    await waitFor(() => expect(screen.getAllByTestId("match")).toHaveLength(3));
    expect(screen.queryByTestId("find-more")).toBeNull();
    expect(server.visited).toEqual(["/customers"]);
  });

  it("shows what customers are called as text, whatever it is", async () => {
    const name = '<img src=x onerror="alert(1)">';
    await opened("/customers", {
      "GET /api/v1/customers?find=img&limit=20": () => Response.json({ items: [match("c-1", name)], cursor: null }),
    });
    await userEvent.setup().type(await screen.findByTestId("find-text"), "img");
    expect((await screen.findByTestId("match")).textContent).toContain(name);
    expect(document.querySelector("img[src=x]")).toBeNull();
  });

  it("is reached from anywhere with its keys", async () => {
    await opened("/");
    await userEvent.setup().keyboard("{Alt>}{Shift>}F{/Shift}{/Alt}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("find-text")));
    await userEvent.setup().click(screen.getByTestId("nav-work"));
    await userEvent.setup().keyboard("{Alt>}{Shift>}F{/Shift}{/Alt}");
    await waitFor(() => expect(document.activeElement).toBe(screen.getByTestId("find-text")));
    expect(document.title).toBe("Customers · Call centre");
  });
});

describe("a customer's page", () => {
  it("has what must be known on top, and what happened below", async () => {
    const alerts = [{ kind: "do_not_call", text: { en: "Do not call.", zh: "请勿致电。" }, dealing: null }];
    await opened("/customers/c-1", { [`GET ${RECORD}`]: () => Response.json(page({ alerts: alerts as never })) });
    expect((await screen.findByTestId("alerts")).textContent).toContain("Do not call.");
    expect(screen.getAllByTestId("history-entry").map((one) => one.textContent)).toEqual([
      expect.stringContaining("note 2"),
      expect.stringContaining("note 1"),
    ]);
    expect(screen.queryByTestId("row-credit_limit")).toBeNull(); // hidden from this role
  });

  it("changes a field in its place, by keyboard", async () => {
    const edited = {
      type: "edited",
      record: record({ version: 4, fields: fields({ name: "Mei Lin-Wu" }) }),
      joined: [],
    };
    const server = await opened("/customers/c-1", { [`PATCH ${RECORD}`]: () => Response.json(edited) });
    const user = userEvent.setup();
    (await screen.findByTestId("edit-name")).focus();
    await user.keyboard("{Enter}");
    const input = screen.getByLabelText<HTMLInputElement>("Name", { selector: "input" });
    expect(document.activeElement).toBe(input);
    await user.clear(input);
    await user.type(input, "Mei Lin-Wu{Enter}");
    await waitFor(() => expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Mei Lin-Wu"));
    expect(asked(server, `PATCH ${RECORD}`)[0]?.body).toEqual({ version: 3, changes: { name: "Mei Lin-Wu" } });
    expect(document.activeElement).toBe(screen.getByTestId("edit-name"));
  });

  it("leaves a field alone on Escape, and asks nobody", async () => {
    const server = await opened("/customers/c-1");
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("edit-remark"));
    await user.keyboard("something{Escape}");
    expect(screen.queryByTestId("save-remark")).toBeNull();
    expect(asked(server, `PATCH ${RECORD}`)).toEqual([]);
  });

  it("says at the field what is wrong with it, keeps what was typed, and names who has the number", async () => {
    const text = { en: "Somebody else has this number.", zh: "已有" };
    const problems = [{ field: "numbers.0.number", code: "number_taken", text, other: match("c-9", "Zoë") }];
    await opened("/customers/c-1", { [`PATCH ${RECORD}`]: () => problem("refused_values", 422, { problems }) });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("edit-numbers"));
    await user.type(screen.getByLabelText("Number"), "1");
    await user.click(screen.getByTestId("save-numbers"));
    const told = await waitFor(() => {
      const found = document.querySelector<HTMLElement>("#field-numbers-problems");
      if (found === null) throw new Error("nothing is said");
      return found;
    });
    expect(told.textContent).toContain("Somebody else has this number.");
    expect(within(told).getByRole("link").textContent).toBe("Zoë");
    expect(screen.getByLabelText<HTMLInputElement>("Number").value).toBe("+155501001");
  });

  it("shows both values of a conflict and stores the chosen one", async () => {
    const conflict = {
      type: "conflict",
      record: record({ version: 4, fields: fields({ remark: "theirs" }) }),
      conflicts: [{ field: "remark", base: "", theirs: "theirs", mine: "mine", by: "ben", by_name: "Ben", at: 1 }],
      mine: { remark: "mine" },
    };
    let sent = 0;
    const server = await opened("/customers/c-1", {
      [`PATCH ${RECORD}`]: () => {
        sent += 1;
        if (sent === 1) return problem("edit_conflict", 409, { conflict });
        return Response.json({
          type: "edited",
          record: record({ version: 5, fields: fields({ remark: "mine" }) }),
          joined: [],
        });
      },
    });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("edit-remark"));
    await user.type(document.querySelector("#field-remark-input") as HTMLElement, "mine");
    await user.click(screen.getByTestId("save-remark"));
    const dialog = within(await screen.findByTestId("conflict"));
    expect(dialog.getByText("theirs")).toBeTruthy();
    expect(dialog.getByText("mine")).toBeTruthy();
    await user.click(dialog.getByTestId("settle-conflict"));
    await waitFor(() => expect(asked(server, `PATCH ${RECORD}`)).toHaveLength(2));
    expect(asked(server, `PATCH ${RECORD}`)[1]?.body).toEqual({ version: 4, changes: { remark: "mine" } });
  });

  it("opens an interaction by keyboard, and completes its note", async () => {
    const first = past(2);
    const story = {
      entry: { ...first, customer: "c-1", customer_name: "Mei Lin", calling_number: "+15550100" },
      called_number: "+1",
      calling_name: "",
      subject: "",
      ended_at: null,
      cause: null,
      sounds: [
        {
          agent: "ben",
          agent_name: "Ben",
          mos: 3.9,
          worst_mos: 2.2,
          lost_share: 0.08,
          jitter_ms: 4.2,
          round_trip_ms: null,
          cause: "loss_in",
        },
      ],
      segments: [
        {
          kind: "talk",
          started_at: 1,
          seconds: 65,
          queue: "support",
          queue_label: "Support",
          agent: "ben",
          agent_name: "Ben",
          ended: "caller",
        },
        {
          kind: "callback",
          started_at: 66,
          seconds: 600,
          queue: "support",
          queue_label: "Support",
          agent: null,
          agent_name: null,
          ended: "withdrawn",
          ended_by: "Sue",
        },
      ],
      path: [
        { at: 1, node: "welcome" },
        { at: 2, node: "menu" },
      ],
      answers: [{ at: 1, key: "reason", value: "support", keyed: true }],
      notes: [],
      voicemail: 7,
      payload: {},
    };
    const path = `/api/v1/interactions/${first.interaction}`;
    const server = await opened("/customers/c-1", {
      [`GET ${path}`]: () => Response.json(story),
      [`POST ${path}/notes`]: () =>
        Response.json({ ...story, notes: [{ at: 1, by: "anna", by_name: "Anna", text: "done" }] }),
    });
    const user = userEvent.setup();
    const heads = await waitFor(() => {
      const found = [...document.querySelectorAll<HTMLElement>("[data-head]")];
      expect(found).toHaveLength(2);
      return found;
    });
    heads[1]?.focus();
    await user.keyboard("{ArrowUp}{Enter}");
    const shown = within(await screen.findByTestId("story"));
    const [talked, waited] = shown.getAllByTestId("segment").map((segment) => segment.textContent);
    expect(talked).toMatch(/Talked.*1:05.*Ben.*the caller hung up$/s);
    expect(waited).toMatch(/Waited for a call back.*10:00.*given up by Sue$/s);
    expect(shown.getByTestId("path").textContent).toBe("welcome → menu");
    expect(shown.getByLabelText("Message of +15550100").getAttribute("src")).toBe("/api/v1/voicemails/7/audio");
    const sound = shown.getByTestId("story-sound").textContent;
    for (const word of ["Ben", "MOS 3.9", "loss 8.0 %", "worst moment 2.2", "on the way to the agent"])
      expect(sound).toContain(word);
    await user.type(shown.getByTestId("story-note-text"), "done");
    await user.click(shown.getByTestId("story-note-save"));
    expect((await shown.findByTestId("story-note")).textContent).toContain("done");
    expect(asked(server, `POST ${path}/notes`)[0]?.body).toEqual({ text: "done" });
  });

  it("keeps what was read of the timeline when a field is changed", async () => {
    await opened("/customers/c-1", {
      [`GET ${RECORD}`]: () => Response.json(page({ cursor: "x" })),
      [`GET ${RECORD}/timeline?cursor=x&limit=20`]: () => Response.json({ items: [past(7)], cursor: null }),
      [`PATCH ${RECORD}`]: () => Response.json({ type: "edited", record: record({ version: 4 }), joined: [] }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("timeline-more"));
    await waitFor(() => expect(screen.getAllByTestId("history-entry")).toHaveLength(3));
    await user.click(screen.getByTestId("edit-remark"));
    await user.type(document.querySelector("#field-remark-input") as HTMLElement, "x");
    await user.click(screen.getByTestId("save-remark"));
    await waitFor(() => expect(screen.getByTestId("customer-page").dataset.version).toBe("4"));
    expect(screen.getAllByTestId("history-entry")).toHaveLength(3);
  });

  it("shows a few dealings first, then all of them page by page, and settles a promise", async () => {
    const dealing = (number: number) => ({
      dealing: `d-${number}`,
      kind: number === 0 ? "promise" : "order",
      number: "",
      title: `Deal ${number}`,
      state: number === 0 ? "open" : "delivered",
      open: number === 0,
      by: "us",
      opened_on: "2026-01-01",
      due_on: null,
      amount: null,
      unpaid: null,
      currency: null,
      level: "",
      priority: 0,
      requirements: {},
      blocks_sales: false,
      note: "",
    });
    const some = Array.from({ length: 30 }, (_, number) => dealing(number));
    const server = await opened("/customers/c-1", {
      [`GET ${RECORD}`]: () => Response.json(page({ dealings: some as never })),
      [`GET ${RECORD}/dealings?limit=20`]: () => Response.json({ items: some.slice(0, 20), cursor: "x" }),
      [`GET ${RECORD}/dealings?cursor=x&limit=20`]: () => Response.json({ items: [dealing(31)], cursor: null }),
      "PUT /api/v1/dealings/d-0/state": () => Response.json(dealing(0)),
    });
    const user = userEvent.setup();
    await waitFor(() => expect(screen.getAllByTestId("dealing")).toHaveLength(6));
    await user.click(screen.getByTestId("settle"));
    expect(asked(server, "PUT /api/v1/dealings/d-0/state")[0]?.body).toEqual({ state: "kept" });
    await user.click(screen.getByTestId("all-dealings"));
    await waitFor(() => expect(screen.getAllByTestId("dealing")).toHaveLength(20));
    await user.click(screen.getByTestId("more-dealings"));
    await waitFor(() => expect(screen.getAllByTestId("dealing")).toHaveLength(21));
    expect(screen.queryByTestId("more-dealings")).toBeNull();
  });

  it("filters what happened", async () => {
    const server = await opened("/customers/c-1", {
      [`GET ${RECORD}/timeline?outcome=abandoned&limit=20`]: () => Response.json({ items: [], cursor: null }),
    });
    await userEvent.setup().selectOptions(await screen.findByTestId("timeline-outcome"), "abandoned");
    expect((await screen.findByTestId("timeline-none")).textContent).toContain("Nothing like that");
    expect(asked(server, `GET ${RECORD}/timeline?outcome=abandoned&limit=20`)).toHaveLength(1);
  });

  it("joins a double with what stays chosen, and says why when it cannot be", async () => {
    const pair = { one: match("c-1", "Mei Lin"), other: match("c-2", "Mei L."), score: 90, reasons: ["number"] };
    const shown = {
      survivor: record(),
      merged: record({ customer: "c-2", version: 1 }),
      choices: [{ field: "remark", survivor: "a", merged: "b", takes: "survivor" }],
      result: fields(),
    };
    let tried = 0;
    const server = await opened("/customers/c-1", {
      [`GET ${RECORD}`]: () => Response.json(page({ duplicates: 1 })),
      [`GET ${RECORD}/duplicates?limit=20`]: () => Response.json({ items: [pair], cursor: null }),
      [`GET ${RECORD}/merge_preview?with=c-2`]: () => Response.json(shown),
      [`POST ${RECORD}/merges`]: () => {
        tried += 1;
        if (tried === 1) return problem("merge_changed", 409, { words: { en: "Somebody changed it.", zh: "已改" } });
        return Response.json({ type: "merged", merge: {}, record: record({ version: 4 }) }, { status: 201 });
      },
    });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("compare"));
    const dialog = within(screen.getByTestId("merge"));
    await user.click(await dialog.findByTestId("take-merged"));
    await user.click(dialog.getByTestId("merge-confirm"));
    expect((await dialog.findByTestId("merge-failed")).textContent).toBe("Somebody changed it.");
    await user.click(dialog.getByTestId("merge-confirm"));
    await waitFor(() => expect(screen.getByTestId("said").textContent).toContain("joined"));
    const body = { version: 3, merged: "c-2", merged_version: 1, takes: { remark: "merged" } };
    expect(asked(server, `POST ${RECORD}/merges`)[1]?.body).toEqual(body);
  });

  it("says that there is nobody, or that the records are away, and tries again", async () => {
    let away = true;
    await opened("/customers/c-1", {
      [`GET ${RECORD}`]: () => (away ? problem("records_away", 503) : Response.json(page())),
    });
    expect(await screen.findByText(/records cannot be reached/)).toBeTruthy();
    away = false;
    await userEvent.setup().click(screen.getByText("Try again"));
    expect((await screen.findByRole("heading", { level: 1 })).textContent).toBe("Mei Lin");
  });
});

describe("the contacts of all customers", () => {
  it("say whose they were, and are looked for by words", async () => {
    const entry = { ...past(1), customer: "c-9", customer_name: "Zoë Roth", calling_number: "+15550177" };
    const nobody = { ...past(2), customer: null, customer_name: null, calling_number: "" };
    await opened("/contacts", {
      "GET /api/v1/interactions?limit=20": () => Response.json({ items: [entry, nobody], cursor: null }),
      "GET /api/v1/interactions?text=router&limit=20": () => Response.json({ items: [entry], cursor: null }),
    });
    const [first, second] = await screen.findAllByTestId("history-entry");
    expect(
      within(first as HTMLElement)
        .getByRole("link")
        .getAttribute("href"),
    ).toBe("/customers/c-9");
    expect(second?.textContent).toMatch(/Unknown caller.*Number withheld/s);
    await userEvent.setup().type(screen.getByTestId("timeline-text"), "router");
    await waitFor(() => expect(screen.getAllByTestId("history-entry")).toHaveLength(1));
  });
});

describe("a caller", () => {
  it("is shown at once, wherever the agent is, and what was being typed stays", async () => {
    const server = await opened("/customers/c-1");
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("edit-remark"));
    await user.type(document.querySelector("#field-remark-input") as HTMLElement, "half a sent");
    server.shows(agentView({ contact: contact({ phase: "offered", customer: customer() }) }));
    await waitFor(() => expect(server.page.place.path).toBe("/"));
    expect(screen.getByTestId("customer-name").textContent).toBe("Mei Lin");
    await user.click(screen.getByTestId("nav-customers"));
    await tick();
    expect((document.querySelector("#field-remark-input") as HTMLTextAreaElement).value).toBe("half a sent");
    expect(screen.getByTestId("nav-work").textContent).toContain("Mei Lin");
  });

  it("is not kept from being answered by a dialog that was open, which waits with what is in it", async () => {
    const conflict = {
      type: "conflict",
      record: record({ version: 4 }),
      conflicts: [{ field: "remark", base: "", theirs: "theirs", mine: "mine", by: "ben", by_name: "Ben", at: 1 }],
      mine: { remark: "mine" },
    };
    const server = await opened("/customers/c-1", {
      [`PATCH ${RECORD}`]: () => problem("edit_conflict", 409, { conflict }),
    });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("edit-remark"));
    await user.type(document.querySelector("#field-remark-input") as HTMLElement, "mine");
    await user.click(screen.getByTestId("save-remark"));
    const dialog = await screen.findByTestId<HTMLDialogElement>("conflict");
    await waitFor(() => expect(dialog.open).toBe(true));
    server.shows(agentView({ contact: contact({ phase: "offered", customer: customer() }) }));
    await waitFor(() => expect(dialog.open).toBe(false));
    server.page.place.go("/customers/c-1");
    await waitFor(() => expect(dialog.open).toBe(true));
    expect(within(dialog).getByText("mine")).toBeTruthy();
  });

  it("without a record gets one with the number filled in", async () => {
    const server = await opened("/", {
      "POST /api/v1/customers": () => Response.json({ record: record() }, { status: 201 }),
    });
    server.shows(agentView({ contact: contact({ customer: null, calling_number: "+15550177" }) }));
    await tick();
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("new-record"));
    await user.type(await screen.findByLabelText("Name", { selector: "#new-name" }), "Ida Roth");
    await user.click(screen.getByTestId("create"));
    await waitFor(() => expect(server.page.place.path).toBe("/customers/c-1"));
    const kept = `PUT /api/v1/interactions/${contact().interaction}/customer`;
    expect(asked(server, kept)[0]?.body).toEqual({ customer: "c-1" });
    expect(asked(server, "POST /api/v1/customers")[0]?.body).toMatchObject({
      fields: { name: "Ida Roth", numbers: [{ number: "+15550177", label: "mobile", shared: false }] },
    });
  });
});

describe("a caller without a record", () => {
  const interaction = contact().interaction;

  it("is said to be somebody who has one, and the call is kept there", async () => {
    const server = await opened("/customers/c-1", {
      [`PUT /api/v1/interactions/${interaction}/customer`]: () => new Response(null, { status: 204 }),
    });
    server.shows(agentView({ contact: contact({ customer: null }) }));
    await tick();
    server.page.place.go("/customers/c-1");
    await userEvent.setup().click(await screen.findByTestId("is-caller"));
    await waitFor(() => expect(screen.getByTestId("said").textContent).toContain("kept with this customer"));
    expect(asked(server, `PUT /api/v1/interactions/${interaction}/customer`)[0]?.body).toEqual({ customer: "c-1" });
    server.page.place.go("/");
    await tick();
    expect(screen.getByTestId("open-record").textContent).toContain("Mei Lin");
  });

  it("can be said to be somebody again when that did not work", async () => {
    const server = await opened("/customers/c-1");
    server.shows(agentView({ contact: contact({ customer: null }) }));
    await tick();
    server.page.place.go("/customers/c-1");
    await userEvent.setup().click(await screen.findByTestId("is-caller"));
    await waitFor(() => expect(screen.getByTestId("said").textContent).toContain("could not be done"));
    expect(screen.getByTestId("is-caller")).toBeTruthy();
  });
});

describe("all about one person", () => {
  const proof = { type: "erased", erasure: "e-1", at: 1, by: "adam", fingerprint: "f00", counts: { customers: 1 } };

  it("is erased once its code and a reason are given, and leaves a proof", async () => {
    const server = await opened(
      "/customers/c-1",
      { [`POST ${RECORD}/erasure`]: () => Response.json(proof) },
      "administrator",
    );
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("erase"));
    await user.click(screen.getByTestId("erase-confirm"));
    await user.type(screen.getByTestId("erase-reason"), "asked in writing");
    await user.type(screen.getByTestId("erase-code"), "4001227");
    await user.click(screen.getByTestId("erase-confirm"));
    expect(asked(server, `POST ${RECORD}/erasure`)).toEqual([]); // the code is not that of the record
    await user.type(screen.getByTestId("erase-code"), "8");
    await user.click(screen.getByTestId("erase-confirm"));
    expect((await screen.findByTestId("proof")).textContent).toContain("f00");
    expect(asked(server, `POST ${RECORD}/erasure`)[0]?.body).toEqual({ reason: "asked in writing" });
    expect(document.body.textContent).not.toContain("Mei Lin");
  });

  it("is held for the law, and then not erased", async () => {
    const words = { en: "The customer is under legal hold.", zh: "保留" };
    const server = await opened(
      "/customers/c-1",
      {
        [`PUT ${RECORD}/hold`]: () => new Response(null, { status: 204 }),
        [`POST ${RECORD}/erasure`]: () => problem("erase_on_hold", 409, { words }),
      },
      "administrator",
    );
    const user = userEvent.setup();
    await user.type(await screen.findByTestId("hold-reason"), "Case 7");
    await user.click(screen.getByTestId("put-hold"));
    await waitFor(() =>
      expect(asked(server, `PUT ${RECORD}/hold`)[0]?.body).toEqual({ reason: "Case 7", until: null }),
    );
    await user.click(screen.getByTestId("erase"));
    await user.type(screen.getByTestId("erase-reason"), "asked");
    await user.type(screen.getByTestId("erase-code"), "40012278");
    await user.click(screen.getByTestId("erase-confirm"));
    expect((await screen.findByTestId("person-failed")).textContent).toBe(words.en);
  });

  it("is no business of agents and supervisors", async () => {
    await opened("/customers/c-1", {}, "supervisor");
    await screen.findByTestId("customer-page");
    expect(screen.queryByTestId("person")).toBeNull();
  });
});

describe("files", () => {
  const FILES = "/api/v1/imports/files";

  it("are sent, mapped, taken in, and undone after a question", async () => {
    const status = importStatus();
    const server = await opened(
      "/imports",
      {
        "GET /api/v1/imports": () => Response.json({ items: [status] }),
        [`POST ${FILES}?name=list.csv`]: () =>
          Response.json({ file: "f1", name: "list.csv", size: 4 }, { status: 201 }),
        [`POST ${FILES}/f1/preview`]: () => Response.json(preview()),
        "POST /api/v1/imports": () => Response.json(status, { status: 202 }),
        [`POST /api/v1/imports/${status.id}/undo`]: () => Response.json(status, { status: 202 }),
      },
      "supervisor",
    );
    const user = userEvent.setup();
    await user.upload(await screen.findByTestId("file"), new File(["Name"], "list.csv"));
    await user.selectOptions(await screen.findByTestId("map-Tel"), "numbers.mobile");
    await waitFor(() => expect(asked(server, `POST ${FILES}/f1/preview`)).toHaveLength(2));
    expect(asked(server, `POST ${FILES}/f1/preview`)[1]?.body).toMatchObject({
      plan: { columns: { Name: "name", Tel: "numbers.mobile" } },
    });
    await user.click(screen.getByTestId("start-import"));
    await waitFor(() => expect(asked(server, "POST /api/v1/imports")).toHaveLength(1));
    expect(screen.getByTestId("refused-report").getAttribute("href")).toBe(`/api/v1/imports/${status.id}/refused.csv`);
    await user.click(screen.getByTestId("undo"));
    expect(asked(server, `POST /api/v1/imports/${status.id}/undo`)).toEqual([]);
    await user.click(screen.getByTestId("undo-confirm"));
    await waitFor(() => expect(asked(server, `POST /api/v1/imports/${status.id}/undo`)).toHaveLength(1));
  });

  it("are no business of agents", async () => {
    await opened("/imports");
    expect(await screen.findByTestId("find-customers")).toBeTruthy();
    expect(screen.queryByTestId("nav-imports")).toBeNull();
  });

  it("are written and fetched", async () => {
    const one = { export: "e1", format: "csv", state: "done", rows: 3, size: 1_200_000, error: null };
    const server = await opened(
      "/exports",
      {
        "GET /api/v1/exports": () => Response.json({ items: [one] }),
        "POST /api/v1/exports": () => Response.json(one, { status: 202 }),
      },
      "administrator",
    );
    await userEvent.setup().click(await screen.findByTestId("start-export"));
    expect(asked(server, "POST /api/v1/exports")[0]?.body).toEqual({ format: "csv", find: "" });
    expect((await screen.findByTestId("download")).getAttribute("href")).toBe("/api/v1/exports/e1/file");
    expect(screen.getByTestId("export").textContent).toContain("1.2 MB");
  });
});
