/** What a person set on this very machine: language, colours, sound devices. They belong to the machine, not the account. */

export type Theme = "system" | "light" | "dark";
export type Language = "en" | "zh";
export const LANGUAGES: readonly Language[] = ["en", "zh"];

interface Saved {
  language: Language | null;
  theme: Theme;
  ringVolume: number;
  callVolume: number;
  microphone: string | null;
  speaker: string | null;
  ringer: string | null;
  ownPhone: boolean;
  helpKey: boolean;
}

const KEY = "callcenter.preferences";
const DEFAULTS: Saved = {
  language: null,
  theme: "system",
  ringVolume: 0.7,
  callVolume: 1,
  microphone: null,
  speaker: null,
  ringer: null,
  /** Calls ring at a telephone on the desk: this page controls it, and is none itself. */
  ownPhone: false,
  /** Whether `?` alone opens the list of shortcuts (WCAG 2.1.4: single keys can be switched off). */
  helpKey: true,
};

export class Preferences {
  #saved = $state<Saved>({ ...DEFAULTS });

  constructor(
    readonly storage: Storage,
    readonly browserLanguages: readonly string[],
  ) {
    this.#saved = { ...DEFAULTS, ...parse(storage.getItem(KEY)) };
  }

  /** The chosen language; else the account's (`suggestLanguage`); else the browser's. */
  #suggested = $state<Language | null>(null);
  get language(): Language {
    return this.#saved.language ?? this.#suggested ?? fromBrowser(this.browserLanguages);
  }
  set language(language: Language) {
    this.#change({ language });
  }
  suggestLanguage(language: string): void {
    this.#suggested = LANGUAGES.find((known) => known === language) ?? null;
  }

  get theme(): Theme {
    return this.#saved.theme;
  }
  set theme(theme: Theme) {
    this.#change({ theme });
  }

  get ringVolume(): number {
    return this.#saved.ringVolume;
  }
  set ringVolume(ringVolume: number) {
    this.#change({ ringVolume });
  }

  get callVolume(): number {
    return this.#saved.callVolume;
  }
  set callVolume(callVolume: number) {
    this.#change({ callVolume });
  }

  get microphone(): string | null {
    return this.#saved.microphone;
  }
  set microphone(microphone: string | null) {
    this.#change({ microphone });
  }

  get speaker(): string | null {
    return this.#saved.speaker;
  }
  set speaker(speaker: string | null) {
    this.#change({ speaker });
  }

  get ringer(): string | null {
    return this.#saved.ringer;
  }
  set ringer(ringer: string | null) {
    this.#change({ ringer });
  }

  get ownPhone(): boolean {
    return this.#saved.ownPhone;
  }
  set ownPhone(ownPhone: boolean) {
    this.#change({ ownPhone });
  }

  get helpKey(): boolean {
    return this.#saved.helpKey;
  }
  set helpKey(helpKey: boolean) {
    this.#change({ helpKey });
  }

  #change(changes: Partial<Saved>): void {
    this.#saved = { ...this.#saved, ...changes };
    try {
      this.storage.setItem(KEY, JSON.stringify(this.#saved));
    } catch {
      // A full or forbidden storage: the choice lives as long as the page.
    }
  }
}

function fromBrowser(languages: readonly string[]): Language {
  for (const tag of languages) {
    const known = LANGUAGES.find((language) => tag.toLowerCase().startsWith(language));
    if (known !== undefined) return known;
  }
  return "en";
}

function parse(text: string | null): Partial<Saved> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    return typeof value === "object" && value !== null ? (value as Partial<Saved>) : {};
  } catch {
    return {};
  }
}
