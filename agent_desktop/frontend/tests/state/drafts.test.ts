import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Command } from "../../src/protocol/messages";
import type { Outcome } from "../../src/protocol/socket";
import { Drafts } from "../../src/state/drafts.svelte";
import { FakeStorage } from "../fakes/storage";
import { contact } from "../samples";

const FIRST = contact();
const SECOND = contact({ interaction: "0192f3a0-0000-7000-8000-000000000002", offer: "offer-2" });
const DONE: Outcome = { ok: true, reply: { type: "reply", id: "1", ok: true } };
const LOST: Outcome = { ok: false, code: "not_connected", message: "" };
const CLOSED: Outcome = { ok: false, code: "not_your_contact", message: "" };

let storage: FakeStorage;
let answer: Outcome;
let sent: Command[];

function drafts(): Drafts {
  return new Drafts("anna", storage, (command) => {
    sent.push(command);
    return Promise.resolve(answer);
  });
}

const settle = (): Promise<void> => vi.advanceTimersByTimeAsync(0).then(() => undefined);

beforeEach(() => {
  vi.useFakeTimers();
  storage = new FakeStorage();
  answer = DONE;
  sent = [];
});

afterEach(() => vi.useRealTimers());

describe("typing", () => {
  it("is saved once, a moment after the last key", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("L");
    mine.write("Line");
    expect(sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(800);
    expect(sent).toEqual([
      { type: "contact.save_note", interaction: FIRST.interaction, note: "Line", disposition: null },
    ]);
    expect(mine.current?.status).toBe("clean");
    expect(storage.length).toBe(0);
  });

  it("is kept in the tab before the server has it, and found again after a reload", () => {
    const before = drafts();
    before.adopt(FIRST);
    before.write("half a sent");
    before.choose("solved");
    answer = LOST;
    const after = drafts();
    after.adopt(contact({ note: "what the server has" }));
    expect(after.current).toMatchObject({ note: "half a sent", disposition: "solved" });
  });

  it("takes the server's note when this tab has none", () => {
    const mine = drafts();
    mine.adopt(contact({ note: "from before", disposition: "solved" }));
    expect(mine.current).toMatchObject({ note: "from before", disposition: "solved", status: "clean" });
  });

  it("is not overwritten by what the server repeats", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("new");
    await vi.advanceTimersByTimeAsync(800);
    mine.adopt(contact({ note: "old" }));
    expect(mine.current?.note).toBe("new");
  });

  it("goes on while a save is under way, and is saved again", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("one");
    const saving = mine.save();
    mine.write("one two");
    await saving;
    expect(mine.current).toMatchObject({ note: "one two", status: "unsaved" });
    await vi.advanceTimersByTimeAsync(800);
    expect(sent.at(-1)).toMatchObject({ note: "one two" });
    expect(mine.current?.status).toBe("clean");
  });

  it("lives on in memory when the storage is full", async () => {
    storage.full = true;
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("still here");
    await vi.advanceTimersByTimeAsync(800);
    expect(sent).toHaveLength(1);
  });
});

describe("a server that is away", () => {
  it("is asked again, with longer pauses", async () => {
    answer = LOST;
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("kept");
    await vi.advanceTimersByTimeAsync(800);
    expect(mine.current?.status).toBe("waiting");
    await vi.advanceTimersByTimeAsync(2_000);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(sent).toHaveLength(3);
    answer = DONE;
    await vi.advanceTimersByTimeAsync(8_000);
    expect(mine.current?.status).toBe("clean");
    expect(storage.length).toBe(0);
  });

  it("gets it at once when the connection is back", async () => {
    answer = LOST;
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("kept");
    await vi.advanceTimersByTimeAsync(800);
    answer = DONE;
    mine.connected();
    await settle();
    expect(mine.current?.status).toBe("clean");
  });
});

describe("a contact that ends", () => {
  it("sends the last words after it", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("last words");
    mine.adopt(SECOND);
    await settle();
    expect(sent).toEqual([
      { type: "contact.save_note", interaction: FIRST.interaction, note: "last words", disposition: null },
    ]);
    expect(mine.leftovers).toEqual([]);
    expect(mine.current?.interaction).toBe(SECOND.interaction);
  });

  it("shows words that the server no longer takes, until they are discarded", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("too late");
    answer = CLOSED;
    mine.adopt(null);
    await settle();
    expect(mine.leftovers).toMatchObject([{ note: "too late", status: "refused" }]);
    mine.discard(FIRST.interaction);
    expect(mine.leftovers).toEqual([]);
    expect(storage.length).toBe(0);
  });

  it("finds words of a contact that ended while the page was reloading", async () => {
    answer = LOST;
    const before = drafts();
    before.adopt(FIRST);
    before.write("orphan");
    const after = drafts();
    after.adopt(SECOND);
    expect(after.leftovers).toMatchObject([{ interaction: FIRST.interaction, note: "orphan" }]);
    answer = DONE;
    after.connected();
    await settle();
    expect(after.leftovers).toEqual([]);
  });

  it("takes everything along when it is completed", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("done");
    mine.choose("solved");
    expect(await mine.complete()).toEqual(DONE);
    expect(sent).toEqual([
      { type: "contact.complete", interaction: FIRST.interaction, note: "done", disposition: "solved" },
    ]);
    mine.adopt(null);
    await settle();
    expect(sent).toHaveLength(1);
    expect(storage.length).toBe(0);
  });

  it("is not saved once more when its end is shown before the answer", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("done");
    const completed = mine.complete();
    mine.adopt(null);
    expect(mine.leftovers).toEqual([]);
    await completed;
    await settle();
    expect(sent.map(({ type }) => type)).toEqual(["contact.complete"]);
    expect([mine.leftovers, storage.length]).toEqual([[], 0]);
  });

  it("is saved after all when completing fails although it has ended", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("done");
    answer = LOST;
    const completed = mine.complete();
    mine.adopt(null);
    await completed;
    answer = DONE;
    mine.connected();
    await settle();
    expect(sent.at(-1)).toMatchObject({ type: "contact.save_note", note: "done" });
    expect(storage.length).toBe(0);
  });

  it("keeps everything when completing is refused", async () => {
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("done");
    answer = { ok: false, code: "disposition_required", message: "" };
    expect(await mine.complete()).toMatchObject({ ok: false });
    expect(mine.current).toMatchObject({ note: "done", status: "unsaved" });
    expect(storage.length).toBe(1);
  });
});

describe("signing out", () => {
  it("leaves nothing of a customer in the browser, and nothing of other people's touched", () => {
    storage.setItem("callcenter.draft.ben.1", "{}");
    const mine = drafts();
    mine.adopt(FIRST);
    mine.write("private");
    mine.forgetAll();
    expect(Object.keys(storage)).toEqual(["callcenter.draft.ben.1"]);
  });
});
