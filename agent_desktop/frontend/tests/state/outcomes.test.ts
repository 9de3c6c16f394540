import { describe, expect, it } from "vitest";
import type { DispositionChoice } from "../../src/protocol/messages";
import { outcomeGroups } from "../../src/state/outcomes";

const leaf = (name: string, parent: string | null = null): DispositionChoice => ({ name, label: name, parent });
const group = (name: string, parent: string | null = null): DispositionChoice => ({
  ...leaf(name, parent),
  group: true,
});
const shown = (choices: readonly DispositionChoice[]): unknown =>
  outcomeGroups(choices).map(({ path, outcomes }) => [
    path.map(({ name }) => name).join(" > "),
    outcomes.map(({ name }) => name),
  ]);

describe("outcomes to choose from", () => {
  it("are one list where there are no groups", () => {
    expect(shown([leaf("solved"), leaf("wrong")])).toEqual([["", ["solved", "wrong"]]]);
  });

  it("stand below their groups, whose names cannot be chosen", () => {
    const choices = [
      leaf("solved"),
      group("technical"),
      group("line", "technical"),
      leaf("noise", "line"),
      leaf("router", "technical"),
      group("empty"),
    ];
    expect(shown(choices)).toEqual([
      ["", ["solved"]],
      ["technical", ["router"]],
      ["technical > line", ["noise"]],
    ]);
  });

  it("are never lost, and never led round in circles", () => {
    expect(shown([leaf("orphan", "gone"), group("a", "b"), group("b", "a"), leaf("x", "a")])).toEqual([
      ["b > a", ["x"]],
      ["", ["orphan"]],
    ]);
  });
});
