import { describe, expect, it } from "vitest";
import { ServerClock } from "../../src/state/clock.svelte";

describe("ServerClock", () => {
  it("starts with the machine's own clock", () => {
    const clock = new ServerClock(
      () => 50,
      () => 1_000,
    );
    expect(clock.read()).toBe(1_000);
  });

  it("follows the server, whatever the machine's clock says", () => {
    let now = 0;
    const clock = new ServerClock(
      () => now,
      () => 0,
    );
    clock.correct(9_000);
    now = 500;
    expect(clock.read()).toBe(9_500);
  });

  it("trusts the frame that travelled fastest", () => {
    let now = 0;
    const clock = new ServerClock(
      () => now,
      () => 0,
    );
    for (const journey of [300, 20, 150]) {
      now += 1_000;
      clock.correct(10_000 + now - journey);
    }
    expect(clock.read()).toBe(10_000 + now - 20);
  });

  it("catches up after the machine has slept, when its own counter stood still", () => {
    let now = 0;
    const clock = new ServerClock(
      () => now,
      () => 0,
    );
    clock.correct(1_000);
    now = 10; // an hour passed outside
    clock.correct(3_601_010);
    expect(clock.read()).toBe(3_601_010);
  });

  it("forgets old measurements when the server's clock was set back", () => {
    const clock = new ServerClock(
      () => 0,
      () => 0,
    );
    clock.correct(50_000);
    for (let frame = 0; frame < 12; frame += 1) clock.correct(20_000);
    expect(clock.read()).toBe(20_000);
  });
});
