/** The words of the screen, per language. Pure: text in, text out; nothing here is ever taken for HTML. */

import en from "./en.json";
import zh from "./zh.json";

export type Language = "en" | "zh";
/** A sentence, or one per plural category of `Intl.PluralRules`, chosen by the value `count`. */
export type Words = string | { readonly [category: string]: string };
export type Key = keyof typeof en;
export type Values = { readonly [name: string]: string | number };

export const CATALOGUES: Record<Language, Record<string, Words>> = { en, zh };
/** Tags for `Intl` and the page's `lang`. */
export const LOCALES: Record<Language, string> = { en: "en-GB", zh: "zh-CN" };

export function translate(language: Language, key: Key, values: Values = {}): string {
  const words = CATALOGUES[language][key] ?? key;
  return fill(language, typeof words === "string" ? words : plural(language, words, values), values);
}

/** Words for a code that the server names, if there are any: `known("en", "reason.", "lunch")`. */
export function known(language: Language, prefix: string, code: string): string | null {
  const name = code
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_");
  const words = CATALOGUES[language][prefix + name];
  return typeof words === "string" ? words : null;
}

function plural(language: Language, words: Exclude<Words, string>, values: Values): string {
  const count = typeof values.count === "number" ? values.count : 0;
  const category = new Intl.PluralRules(LOCALES[language]).select(count);
  return words[category] ?? words.other ?? "";
}

function fill(language: Language, words: string, values: Values): string {
  return words.replace(/\{(\w+)\}/g, (hole, name: string) => {
    const value = values[name];
    if (value === undefined) return hole;
    return typeof value === "number" ? new Intl.NumberFormat(LOCALES[language]).format(value) : value;
  });
}
