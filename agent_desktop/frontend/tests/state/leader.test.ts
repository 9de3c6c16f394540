import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Leader } from "../../src/state/leader.svelte";
import { FakeAir, FakeLocks } from "../fakes/locks";

let locks: FakeLocks;
let air: FakeAir;
let told: string[];

function tab(name: string, inCall = false): Leader {
  return new Leader(
    locks as unknown as LockManager,
    "desktop.anna",
    () => inCall,
    (state) => told.push(`${name} ${state}`),
    () => air.channel(),
  );
}

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
  locks = new FakeLocks();
  air = new FakeAir();
  told = [];
});

afterEach(() => vi.useRealTimers());

describe("the leader", () => {
  it("is the first tab; the next one follows", async () => {
    const [one, two] = [tab("one"), tab("two")];
    await one.start();
    await two.start();
    expect([one.state, two.state]).toEqual(["leader", "follower"]);
  });

  it("is followed by the other tab when it closes", async () => {
    const [one, two] = [tab("one"), tab("two")];
    await one.start();
    await two.start();
    one.stop();
    await settle();
    expect(two.state).toBe("leader");
  });

  it("gives way when asked, and can get it back", async () => {
    const [one, two] = [tab("one"), tab("two")];
    await one.start();
    await two.start();
    const taken = two.takeOver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await taken).toBe("taken");
    expect([one.state, two.state]).toEqual(["follower", "leader"]);
    two.stop();
    await settle();
    expect(one.state).toBe("leader");
  });

  it("does not give way in a call", async () => {
    const [one, two] = [tab("one", true), tab("two")];
    await one.start();
    await two.start();
    const taken = two.takeOver();
    await vi.advanceTimersByTimeAsync(0);
    expect(await taken).toBe("in_call");
    await vi.advanceTimersByTimeAsync(2_000);
    expect([one.state, two.state]).toEqual(["leader", "follower"]);
  });

  it("is overruled when it is frozen", async () => {
    const [one, two] = [tab("one"), tab("two")];
    await one.start();
    await two.start();
    air = new FakeAir(); // nobody hears
    const three = tab("three");
    await three.start();
    const taken = three.takeOver();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await taken).toBe("taken");
    expect([one.state, three.state]).toEqual(["follower", "leader"]);
  });

  it("is every tab where the browser has no locks", async () => {
    const alone = new Leader(
      undefined,
      "desktop.anna",
      () => false,
      () => {},
      () => air.channel(),
    );
    await alone.start();
    expect(alone.state).toBe("leader");
  });
});
