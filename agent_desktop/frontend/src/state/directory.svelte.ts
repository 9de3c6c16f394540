/** The search for whom to call: what was typed, who was found, and why somebody found cannot be called now. */

import type { Command, DirectoryEntry } from "../protocol/messages";
import type { Outcome } from "../protocol/socket";

export const ASK_AFTER_MS = 150;
/** States change while one reads: the list is asked for again. */
export const AGAIN_AFTER_MS = 3_000;
const MOST = 30;

/** A number typed in the field stands in the list as the directory's entries do. */
export type Entry = DirectoryEntry & { readonly typed?: boolean };
/** How the target is to be reached. */
export type Way = "make" | "consult" | "transfer_to";
/** Why it cannot be now, as far as the page knows; the server decides. */
export type Hindrance = "busy" | "away" | "not_ready" | "wrap_up" | "nobody_signed_on" | "unreachable";

export class Directory {
  text = $state("");
  found = $state.raw<readonly Entry[]>([]);
  /** Why nothing could be asked for. */
  refusal = $state<string | null>(null);
  #open = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked = 0;
  /** What is shown was found for another text than the one that stands in the field. */
  #stale = false;
  #answer: Promise<void> = Promise.resolve();

  constructor(readonly request: (command: Command) => Promise<Outcome>) {}

  /** What is shown: a number as typed first, then who was found. */
  get entries(): readonly Entry[] {
    const number = typedNumber(this.text);
    return number === null ? this.found : [number, ...this.found];
  }

  open(text = ""): void {
    this.#open = true;
    this.text = text;
    this.found = [];
    this.#stale = true;
    this.#answer = this.#search();
  }

  close(): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }

  type(text: string): void {
    this.text = text;
    this.#stale = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#answer = this.#search();
    }, ASK_AFTER_MS);
  }

  /** Wait until the list is of what is typed: who types fast must not call whom he has not typed. */
  async settled(): Promise<void> {
    if (!this.#stale) return;
    if (this.#timer !== undefined) this.#answer = this.#search();
    await this.#answer;
  }

  async #search(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#asked += 1;
    const asked = this.#asked;
    const text = searched(this.text);
    const outcome = await this.request({ type: "directory.search", text, limit: MOST });
    if (!this.#open || asked !== this.#asked) return;
    this.#stale = false;
    this.refusal = outcome.ok ? null : outcome.code;
    if (outcome.ok) this.found = outcome.reply.entries ?? [];
    this.#timer = setTimeout(() => {
      this.#answer = this.#search();
    }, AGAIN_AFTER_MS);
  }
}

/** Full-width signs and digits as the others, for people and for the search. */
function searched(text: string): string {
  return text.normalize("NFKC").trim().slice(0, 200);
}

/**
 * A text that can only be meant as a number, as an entry. Whether it may be dialled, and in which form, the server's
 * dial plan says: nothing is left out here, so that nobody is called by half of what he typed.
 */
export function typedNumber(text: string): Entry | null {
  const number = searched(text);
  if (/\p{L}/u.test(number) || (number.match(/\d/g) ?? []).length < 2) return null;
  return {
    target: { kind: "number", number },
    label: number,
    detail: "",
    state: null,
    reason: null,
    since: null,
    waiting: null,
    longest_since: null,
    available: true,
    typed: true,
  };
}

/** Why the entry cannot be reached in this way now; `null`: ask. */
export function hindrance(entry: Entry, way: Way): Hindrance | null {
  switch (entry.target.kind) {
    case "number":
      return null;
    case "queue":
      if (way === "transfer_to") return null; // the customer waits there, in his place
      return entry.available ? null : "nobody_signed_on";
    case "agent":
      if (entry.state === "null") return "away";
      if (entry.state === "busy") return "busy";
      if (entry.state === "working_after_call") return "wrap_up";
      if (!entry.available) return "unreachable";
      return way === "transfer_to" && entry.state !== "ready" ? "not_ready" : null;
  }
}

/** Names an entry in lists and on the page. */
export function keyOf({ target }: Entry): string {
  switch (target.kind) {
    case "agent":
      return `agent-${target.agent}`;
    case "queue":
      return `queue-${target.queue}`;
    case "number":
      return `number-${target.number}`;
  }
}
