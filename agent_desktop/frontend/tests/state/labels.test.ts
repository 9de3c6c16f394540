import { describe, expect, it } from "vitest";
import { Rest } from "../../src/protocol/http";
import type { LabelCatalogue } from "../../src/protocol/messages";
import { Labels } from "../../src/state/labels.svelte";
import { LABELS } from "../samples";

/** Asked once for each of these answers; `null`: the server was away. */
async function loaded(...answers: (LabelCatalogue | null)[]): Promise<Labels> {
  const coming = answers.values();
  const rest = new Rest(() => {
    const answer = coming.next().value;
    return answer ? Promise.resolve(Response.json(answer)) : Promise.reject(new TypeError("failed to fetch"));
  });
  const labels = new Labels(rest);
  for (const _ of answers) await labels.load();
  return labels;
}

describe("labels", () => {
  it("are those of the language asked for, found by kind and name", async () => {
    const labels = await loaded(LABELS);
    expect(labels.find("queues", "support", "zh", "Support")).toBe("技术支持");
    expect(labels.find("queues", "support", "en", "Support")).toBe("Support");
    expect(labels.find("dispositions", "solved", "zh")).toBe("已解决");
    expect(labels.find("reasons", "solved", "zh")).toBeNull();
  });

  it("are English where the configuration has no other", async () => {
    const labels = await loaded({ ...LABELS, queues: { trade: { en: "Trade", zh: "" } } });
    expect(labels.find("queues", "trade", "zh")).toBe("Trade");
  });

  it("give way to the label that came with a name: another queue's outcome may be called the same", async () => {
    const labels = await loaded(LABELS);
    expect(labels.find("dispositions", "solved", "zh", "Repaired")).toBe("Repaired");
    expect(labels.find("dispositions", "unheard_of", "zh", "Unheard of")).toBe("Unheard of");
  });

  it("are not found for what is no configured name, whatever a caller keyed", async () => {
    const labels = await loaded(LABELS);
    for (const name of ["constructor", "__proto__", "", "40012278"])
      expect(labels.find("queues", name, "zh")).toBeNull();
  });

  it("are the newest that the server gave, and stay when it gives none", async () => {
    const labels = await loaded(LABELS, { ...LABELS, queues: { support: { en: "Support", zh: "支持" } } }, null);
    expect(labels.find("queues", "support", "zh")).toBe("支持");
    expect(labels.find("reasons", "lunch", "zh")).toBe("午餐");
  });
});
