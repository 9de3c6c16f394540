import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CATALOGUES, known, LOCALES, translate, type Words } from "../../src/i18n/translate";

const SOURCES = join(__dirname, "../../src");

/** The holes of a text, as `{name}`. */
function holes(words: Words): string[] {
  const texts = typeof words === "string" ? [words] : Object.values(words);
  return [...new Set(texts.flatMap((text) => text.match(/\{\w+\}/g) ?? []))].sort();
}

describe("the catalogues", () => {
  const { en, zh } = CATALOGUES;

  it("have the same keys", () => {
    expect(Object.keys(zh)).toEqual(Object.keys(en));
  });

  it("have the same holes in each text", () => {
    for (const [key, words] of Object.entries(en)) expect([key, holes(zh[key] ?? "")]).toEqual([key, holes(words)]);
  });

  it("have every plural category that the language needs", () => {
    for (const [language, catalogue] of Object.entries(CATALOGUES)) {
      const needed = new Intl.PluralRules(LOCALES[language as "en"]).resolvedOptions().pluralCategories;
      for (const [key, words] of Object.entries(catalogue)) {
        if (typeof words !== "string") expect([key, Object.keys(words).sort()]).toEqual([key, [...needed].sort()]);
      }
    }
  });

  it("are not the same text in both languages, beyond signs and names", () => {
    const same = Object.keys(en).filter((key) => en[key] === zh[key]);
    expect(same).toEqual(["notify.body"]);
  });

  it("have no text that nothing shows", () => {
    const code = readdirSync(SOURCES, { recursive: true, encoding: "utf-8" })
      .filter((file) => /\.(ts|svelte)$/.test(file))
      .map((file) => readFileSync(join(SOURCES, file), "utf-8"))
      .join("\n");
    // Keys made of a prefix and a code: `state.${state}` and the like.
    const prefixes = [...code.matchAll(/`([\w.]+\.)\$\{/g), ...code.matchAll(/"(\w+\.)"/g)].map(
      (match) => match[1] ?? "",
    );
    const unused = Object.keys(en).filter(
      (key) =>
        !code.includes(`"${key}"`) && !code.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});

describe("translate", () => {
  it("chooses the plural and fills the holes", () => {
    expect(translate("en", "queues.waiting", { count: 1 })).toBe("1 waiting");
    expect(translate("en", "signin.throttled", { count: 1 })).toContain("1 second.");
    expect(translate("zh", "queues.waiting", { count: 3 })).toBe("3 人等待");
  });

  it("does not fill holes in what it filled in", () => {
    expect(translate("en", "call.announce", { name: "{queue}", queue: "Support" })).toBe(
      "Incoming call from {queue}, Support",
    );
  });

  it("knows the engine's codes however they are written, and nothing of strange ones", () => {
    expect(known("en", "reason.", "missed call")).toBe("Missed call");
    expect(known("en", "reason.", "<b>")).toBeNull();
    expect(known("en", "reason.", "__proto__")).toBeNull();
  });
});
