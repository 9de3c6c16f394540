import { describe, expect, it } from "vitest";
import { duration, isoDuration, languageName, percent } from "../../src/i18n/format";

describe("duration", () => {
  it.each([
    [-5_000, "0:00"],
    [0, "0:00"],
    [7_999, "0:07"],
    [725_000, "12:05"],
    [3_753_000, "1:02:33"],
    [36_000_000, "10:00:00"],
  ])("%i ms is %s", (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  it("is ISO 8601 for machines", () => {
    expect(isoDuration(725_900)).toBe("PT725S");
  });
});

describe("names and shares", () => {
  it("follow the language of the page", () => {
    expect(languageName("en", "de")).toBe("German");
    expect(languageName("zh", "de")).toBe("德语");
    expect(percent("en", 0.817)).toBe("82%");
  });

  it("show a strange language tag as it is", () => {
    expect(languageName("en", "<b>")).toBe("<b>");
  });
});
