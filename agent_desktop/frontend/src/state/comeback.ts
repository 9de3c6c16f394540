/**
 * A tab that was loaded again in a call, or whose network broke, gets its caller back: the switch rings the same agent.
 * He was in that talk a moment ago, so his phone picks up by itself.
 */

import type { ContactLive } from "../protocol/messages";

/** As long as the call server keeps the caller for him; later it is an offer as any other, for which somebody must be there. */
export const WITHIN_MS = 30_000;

interface Mark {
  readonly interaction: string;
  /** When he was last known to talk. */
  readonly at: number;
}

export class Comeback {
  readonly #key: string;
  #talking: string | null = null;

  /** `storage` lives as long as the tab, over reloads; `now` in milliseconds, over reloads too. */
  constructor(
    person: string,
    readonly storage: Storage,
    readonly now: () => number = () => Date.now(),
  ) {
    this.#key = `callcenter.talk.${person}`;
  }

  /** The server shows this contact now. */
  adopt(contact: ContactLive | null): void {
    const talking = contact?.phase === "talking" && contact.call?.role !== "consulted" ? contact.interaction : null;
    if (talking !== null || this.#talking !== null) this.#mark(talking ?? this.#talking);
    this.#talking = talking;
    // A phone that was lost looks like the end of the talk at first; who hung up himself wants nobody back.
    if (contact?.phase === "wrap_up" && contact.ended_by === "agent") this.storage.removeItem(this.#key);
  }

  /** The page is going. */
  leaving(): void {
    if (this.#talking !== null) this.#mark(this.#talking);
  }

  /** This contact is the talk that was cut off. */
  is(contact: ContactLive | null): boolean {
    const mark = this.#read();
    return (
      contact?.phase === "offered" && mark?.interaction === contact.interaction && this.now() - mark.at < WITHIN_MS
    );
  }

  #mark(interaction: string | null): void {
    try {
      this.storage.setItem(this.#key, JSON.stringify({ interaction, at: this.now() }));
    } catch {
      // A full or forbidden storage: the phone rings, and is answered by hand.
    }
  }

  #read(): Mark | null {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.#key) ?? "null");
      const { interaction, at } = (kept ?? {}) as Partial<Mark>;
      return typeof interaction === "string" && typeof at === "number" ? { interaction, at } : null;
    } catch {
      return null;
    }
  }
}
