import { beforeEach, describe, expect, it } from "vitest";
import { Comeback, WITHIN_MS } from "../../src/state/comeback";
import { FakeStorage } from "../fakes/storage";
import { call, contact } from "../samples";

const TALKING = contact({ phase: "talking", call: call() });
const OFFERED = contact({ phase: "offered" });
const OTHER = contact({ phase: "offered", interaction: "0192f3a0-0000-7000-8000-000000000002" });
let storage: FakeStorage;
let now: number;
const tab = (): Comeback => new Comeback("anna", storage, () => now);

beforeEach(() => {
  storage = new FakeStorage();
  now = 1_000_000;
});

describe("a talk that was cut off", () => {
  it("is known again after a reload, for as long as the caller is kept", () => {
    const before = tab();
    before.adopt(TALKING);
    now += 600_000; // a long talk in which nothing changed
    before.leaving();
    const after = tab();
    now += 5_000;
    expect([after.is(OFFERED), after.is(OTHER), after.is(TALKING), after.is(null)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    now += WITHIN_MS;
    expect(after.is(OFFERED)).toBe(false);
  });

  it("is known again after a loss of the network", () => {
    const mine = tab();
    mine.adopt(TALKING);
    now += 600_000;
    mine.adopt(null);
    now += 20_000;
    expect(mine.is(OFFERED)).toBe(true);
  });

  it("is over when the agent has hung up, and not when the switch has lost him", () => {
    const mine = tab();
    mine.adopt(TALKING);
    mine.adopt(contact({ phase: "wrap_up", ended_by: "switch" }));
    expect(mine.is(OFFERED)).toBe(true);
    mine.adopt(contact({ phase: "wrap_up", ended_by: "agent" }));
    expect(mine.is(OFFERED)).toBe(false);
  });

  it("is none of who was only asked, and none in a broken storage", () => {
    const mine = tab();
    mine.adopt(contact({ phase: "talking", call: call({ role: "consulted" }) }));
    mine.leaving();
    expect(mine.is(OFFERED)).toBe(false);
    storage.setItem("callcenter.talk.anna", "{");
    expect(mine.is(OFFERED)).toBe(false);
  });
});
