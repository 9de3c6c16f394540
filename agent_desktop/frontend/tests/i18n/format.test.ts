import { describe, expect, it } from "vitest";
import { duration, isoDuration, languageName, percent, upcoming } from "../../src/i18n/format";

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

describe("what is to come", () => {
  const monday = new Date(2026, 0, 5, 9, 0).getTime();

  it.each([
    [new Date(2026, 0, 5, 18, 0), "18:00", "18:00"],
    [new Date(2026, 0, 6, 8, 0), "Tue 08:00", "周二08:00"],
    [new Date(2026, 0, 12, 8, 0), "12 Jan, 08:00", "1月12日 08:00"],
  ])("%s has a day unless it is today", (at, english, chinese) => {
    expect(upcoming("en", at.getTime(), monday)).toBe(english);
    expect(upcoming("zh", at.getTime(), monday)).toBe(chinese);
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
