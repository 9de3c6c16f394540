import { describe, expect, it, vi } from "vitest";
import { Customers } from "../../src/protocol/customers";
import { Rest } from "../../src/protocol/http";
import { amountOf, amountText, fieldValue, freshContact, groups } from "../../src/state/fields";
import { Finder } from "../../src/state/finder.svelte";
import { ImportDraft } from "../../src/state/import.svelte";
import { Paged, type PageOf } from "../../src/state/paged.svelte";
import { Place, whereIs } from "../../src/state/place.svelte";
import { RecordStore } from "../../src/state/record.svelte";
import { fields, match, PLAN, page, preview, problem, record } from "../customers";

type Asked = { what: string; body: unknown };

function server(answers: Record<string, (body: never) => Response | Promise<Response>>): {
  customers: Customers;
  asked: Asked[];
} {
  const asked: Asked[] = [];
  const rest = new Rest(async (input, init) => {
    const what = `${init?.method} ${String(input)}`;
    const body = typeof init?.body === "string" ? JSON.parse(init.body) : (init?.body ?? null);
    asked.push({ what, body });
    return (await answers[what]?.(body as never)) ?? new Response(null, { status: 404 });
  });
  return { customers: new Customers(rest), asked };
}

describe("where the person is", () => {
  it("is what the address says, whatever somebody typed there", () => {
    expect(whereIs("/")).toEqual({ kind: "work" });
    expect(whereIs("/desktop")).toEqual({ kind: "work" });
    expect(whereIs("/customers")).toEqual({ kind: "find" });
    expect(whereIs("/customers/new")).toEqual({ kind: "new" });
    expect(whereIs("/customers/a%2Fb")).toEqual({ kind: "customer", customer: "a/b" });
    expect(whereIs("/customers/%E0%A4%A")).toEqual({ kind: "customer", customer: "%E0%A4%A" });
    expect(whereIs("/imports")).toEqual({ kind: "imports" });
  });

  it("follows the browser's way back, and adds nothing to it for where one is already", () => {
    let told = (): void => {};
    const pushed: string[] = [];
    const bar = { path: "/", push: (path: string) => void pushed.push(path), onMoved: (to: () => void) => (told = to) };
    const place = new Place(bar);
    place.go("/customers");
    place.go("/customers");
    expect(pushed).toEqual(["/customers"]);
    bar.path = "/";
    told();
    expect(place.where.kind).toBe("work");
  });
});

describe("a list that comes page by page", () => {
  it("goes on from its cursor to the end", async () => {
    const pages: Record<string, PageOf<number>> = {
      null: { items: [1, 2], cursor: "a" },
      a: { items: [3], cursor: null },
    };
    const list = new Paged<number>(async (cursor) => pages[String(cursor)] ?? { items: [], cursor: null });
    await list.restart();
    expect(list.more).toBe(true);
    await list.next();
    expect(list.items).toEqual([1, 2, 3]);
    expect(list.more).toBe(false);
  });

  it("shows the answer to the last question, whichever comes last", async () => {
    const waiting: ((page: PageOf<string>) => void)[] = [];
    const list = new Paged<string>(() => new Promise((resolve) => waiting.push(resolve)));
    const first = list.restart();
    const second = list.restart();
    waiting[1]?.({ items: ["new"], cursor: null });
    await second;
    waiting[0]?.({ items: ["old"], cursor: null });
    await first;
    expect(list.items).toEqual(["new"]);
  });

  it("keeps what it has when the next page does not come, and says so", async () => {
    const { customers } = server({
      "GET /api/v1/customers?find=mei&limit=20": () => Response.json({ items: [match("c-1", "Mei")], cursor: "x" }),
      "GET /api/v1/customers?find=mei&cursor=x&limit=20": () => problem("records_away", 503),
    });
    const finder = new Finder(customers);
    finder.look(" mei ");
    await vi.waitFor(() => expect(finder.found.items).toHaveLength(1));
    await finder.found.next();
    expect(finder.found.items).toHaveLength(1);
    expect(finder.found.failed).toBe("records_away");
  });
});

describe("looking for customers", () => {
  it("asks once the person pauses, and nothing for an empty text", async () => {
    vi.useFakeTimers();
    const { customers, asked } = server({
      "GET /api/v1/customers?find=mei+l&limit=20": () => Response.json({ items: [], cursor: null }),
    });
    const finder = new Finder(customers);
    for (const text of ["m", "me", "mei", "mei l"]) finder.type(text);
    await vi.advanceTimersByTimeAsync(500);
    expect(asked.map(({ what }) => what)).toEqual(["GET /api/v1/customers?find=mei+l&limit=20"]);
    finder.type("  ");
    await vi.advanceTimersByTimeAsync(500);
    expect(asked).toHaveLength(1);
    vi.useRealTimers();
  });
});

describe("a record", () => {
  const PATH = "/api/v1/customers/c-1";
  const theirs = record({ version: 4, fields: fields({ remark: "theirs" }) });
  const conflict = {
    type: "conflict",
    record: theirs,
    conflicts: [{ field: "remark", base: "", theirs: "theirs", mine: "mine", by: "ben", by_name: "Ben", at: 1 }],
    mine: { remark: "mine", industry: "Bakery" },
  };

  it("is changed from the version that was looked at", async () => {
    const edited = { type: "edited", record: record({ version: 4 }), joined: ["tier"] };
    const { customers, asked } = server({
      [`GET ${PATH}`]: () => Response.json(page()),
      [`PATCH ${PATH}`]: () => Response.json(edited),
    });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    expect(await store.save({ remark: "x" }, 2)).toBe(true);
    expect(asked.at(-1)?.body).toEqual({ version: 2, changes: { remark: "x" } });
    expect(store.record?.version).toBe(4);
    expect(store.joined).toEqual(["tier"]);
  });

  it("loses nothing in a conflict: all of mine is sent again as chosen, from their version", async () => {
    let refused = false;
    const { customers, asked } = server({
      [`GET ${PATH}`]: () => Response.json(page()),
      [`PATCH ${PATH}`]: () => {
        if (refused) return Response.json({ type: "edited", record: record({ version: 5 }), joined: [] });
        refused = true;
        return problem("edit_conflict", 409, { conflict });
      },
    });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    expect(await store.save({ remark: "mine", industry: "Bakery" })).toBe(false);
    expect(store.failed).toBeNull();
    expect(store.conflict?.conflicts[0]?.theirs).toBe("theirs");
    expect(await store.settle(new Set(["remark"]))).toBe(true);
    expect(asked.at(-1)?.body).toEqual({ version: 4, changes: { remark: "mine", industry: "Bakery" } });
  });

  it("keeps theirs where that is chosen, and still sends the rest", async () => {
    const { customers, asked } = server({
      [`GET ${PATH}`]: () => Response.json(page()),
      [`PATCH ${PATH}`]: () => problem("edit_conflict", 409, { conflict }),
    });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    await store.save({ remark: "mine", industry: "Bakery" });
    await store.settle(new Set());
    expect(asked.at(-1)?.body).toEqual({ version: 4, changes: { industry: "Bakery" } });
  });

  it("says what is wrong with which value", async () => {
    const text = { en: "No telephone number.", zh: "不是" };
    const problems = [{ field: "numbers.0.number", code: "bad_number", text, other: null }];
    const { customers } = server({
      [`GET ${PATH}`]: () => Response.json(page()),
      [`PATCH ${PATH}`]: () => problem("refused_values", 422, { problems }),
    });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    await store.save({ numbers: [] });
    expect(store.problemOf("numbers")).toHaveLength(1);
    expect(store.problemOf("number")).toHaveLength(0);
    expect(store.failed).toBeNull();
    store.forget();
    expect(store.problems).toEqual([]);
  });

  it("shows the alerts that follow from changed wishes, and the same history", async () => {
    const alert = { kind: "do_not_call", text: { en: "Do not call.", zh: "请勿致电" }, dealing: null } as const;
    let asked = 0;
    const { customers } = server({
      [`GET ${PATH}`]: () => Response.json(page({ alerts: asked++ === 0 ? [] : [alert] })),
      [`PATCH ${PATH}`]: () => Response.json({ type: "edited", record: record({ version: 4 }), joined: [] }),
    });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    const before = store.page?.history;
    await store.save({ "preferences.no_calls": true });
    expect(store.page?.alerts).toEqual([alert]);
    expect(store.page?.history).toBe(before);
  });

  it("says why there is none", async () => {
    const { customers } = server({ [`GET ${PATH}`]: () => problem("unknown_customer", 404) });
    const store = new RecordStore(customers, "c-1");
    await store.load();
    expect(store.failed).toBe("unknown_customer");
  });
});

describe("fields", () => {
  it("are read by their flat names", () => {
    const some = fields({ custom: { product: "home" } });
    expect(fieldValue(some, "preferences.no_calls")).toBe(false);
    expect(fieldValue(some, "custom.product")).toBe("home");
    expect(fieldValue(some, "custom.other")).toBeNull();
    const custom = groups(PLAN).find(({ name }) => name === "custom");
    expect(custom?.fields[0]?.choices).toEqual(["", "home"]);
  });

  it("hold amounts exactly", () => {
    for (const [units, currency, text] of [
      [123_456, "USD", "1234.56"],
      [5, "USD", "0.05"],
      [1_234, "JPY", "1234"],
      [0, "EUR", "0.00"],
    ] as const) {
      expect(amountText(units, currency)).toBe(text);
      expect(amountOf(text, currency)).toBe(units);
    }
    expect(amountOf("1,234.5", "USD")).toBe(123_450);
    for (const wrong of ["", "1.234,50", "-1", "1.005", "ten"]) expect(amountOf(wrong, "USD")).toBeNull();
  });

  it("give a new person a name that nobody has", () => {
    expect(freshContact([])).toBe("1");
    expect(freshContact(["1", "3"])).toBe("4");
    expect(freshContact(["2"])).toBe("3");
  });
});

describe("a file on its way in", () => {
  const FILES = "/api/v1/imports/files";
  const sent = { file: "f1", name: "list.csv", size: 4 };
  const file = new File(["Name"], "list.csv");

  it("is sent as it is, looked at, mapped and begun", async () => {
    const { customers, asked } = server({
      [`POST ${FILES}?name=list.csv`]: () => Response.json(sent),
      [`POST ${FILES}/f1/preview`]: ({ plan }: { plan: never }) => Response.json(preview(plan ? { plan } : {})),
      "POST /api/v1/imports": () => Response.json({}, { status: 202 }),
    });
    const draft = new ImportDraft(customers);
    await draft.send(file);
    expect(asked[0]?.body).toBe(file);
    await draft.map("Tel", "numbers.mobile");
    expect(draft.plan?.columns).toEqual({ Name: "name", Tel: "numbers.mobile" });
    await draft.map("Name", "");
    expect(draft.plan?.columns).toEqual({ Tel: "numbers.mobile" });
    expect(await draft.start()).toBe(true);
    expect(asked.at(-1)?.body).toMatchObject({ file: "f1", plan: { columns: { Tel: "numbers.mobile" } } });
    expect(draft.preview).toBeNull();
  });

  it("says why it is no table, in the server's words", async () => {
    const said = { en: "The file is neither CSV nor a workbook.", zh: "不是" };
    const { customers } = server({
      [`POST ${FILES}?name=list.csv`]: () => Response.json(sent),
      [`POST ${FILES}/f1/preview`]: () => problem("file_no_table", 422, { words: said }),
    });
    const draft = new ImportDraft(customers);
    await draft.send(file);
    expect(draft.why).toEqual(said);
    expect(draft.busy).toBeNull();
  });
});
