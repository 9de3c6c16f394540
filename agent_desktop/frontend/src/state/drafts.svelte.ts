/**
 * What the agent types about a contact. Every keystroke is kept in this tab's storage until the server has it, so that
 * neither a reload nor a dead server loses a word. Once a draft exists here it is the truth: this tab is its only writer,
 * and what the server repeats may be older than what was just typed.
 */

import type { Command, ContactLive } from "../protocol/messages";
import type { Outcome } from "../protocol/socket";

export type DraftStatus =
  | "clean" // the server has it, or there is nothing to have
  | "unsaved" // typed a moment ago
  | "saving"
  | "waiting" // the server cannot be reached; it will be sent
  | "refused"; // the server does not take it any more

export interface Draft {
  readonly interaction: string;
  readonly note: string;
  readonly disposition: string | null;
  readonly status: DraftStatus;
}

const SAVE_AFTER_MS = 800;
const RETRY_MS = [2_000, 4_000, 8_000, 15_000] as const;
/** Refusals that mean "not now" rather than "no". */
const TRANSIENT: readonly string[] = [
  "not_connected",
  "no_reply",
  "cti_unavailable",
  "overloaded",
  "not_durable",
  "unknown_agent", // a restarted call server has not yet been told of this desktop
];

export class Drafts {
  current = $state.raw<Draft | null>(null);
  /** Typed for contacts that are over, and never accepted by the server: the agent may still copy the text. */
  leftovers = $state.raw<readonly Draft[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retries = 0;
  /** The contact whose completion was asked for: its last words go with that. */
  #completing: string | null = null;

  constructor(
    readonly person: string,
    readonly storage: Storage,
    readonly request: (command: Command) => Promise<Outcome>,
  ) {}

  /** The server shows this contact now (or none). */
  adopt(contact: ContactLive | null): void {
    if (contact?.interaction === this.current?.interaction) return;
    clearTimeout(this.#timer);
    this.#retries = 0;
    const previous = this.current;
    this.current = contact === null ? null : this.#open(contact);
    const late = previous !== null && previous.status !== "clean" && previous.interaction !== this.#completing;
    if (late) void this.#sendLate(previous);
    this.#findLeftovers();
    if (this.current !== null && this.current.status !== "clean") void this.save();
  }

  write(note: string): void {
    this.#edit({ note });
  }

  choose(disposition: string | null): void {
    this.#edit({ disposition });
  }

  /** Send what is not yet saved, now. */
  async save(): Promise<void> {
    clearTimeout(this.#timer);
    const sent = this.current;
    if (sent === null || sent.status === "clean" || sent.status === "saving") return;
    this.current = { ...sent, status: "saving" };
    const outcome = await this.request({ type: "contact.save_note", ...body(sent) });
    const now = this.current;
    if (now?.interaction !== sent.interaction) {
      if (outcome.ok) this.#forget(sent.interaction);
      return;
    }
    this.#settle(now, sent, outcome);
  }

  /** The work is done. What is typed goes with the request; it stays here until the server has taken it. */
  async complete(): Promise<Outcome> {
    const sent = this.current;
    if (sent === null) return { ok: false, code: "no_contact", message: "there is no contact to complete" };
    clearTimeout(this.#timer);
    this.#completing = sent.interaction;
    const outcome = await this.request({ type: "contact.complete", ...body(sent) });
    this.#completing = null;
    if (outcome.ok) {
      this.discard(sent.interaction);
      if (this.current?.interaction === sent.interaction) this.current = { ...this.current, status: "clean" };
    } else if (this.current?.interaction !== sent.interaction) {
      this.#findLeftovers();
      if (sent.status !== "clean") void this.#sendLate(sent);
    } else if (this.current.status !== "clean") {
      this.#retryLater();
    }
    return outcome;
  }

  /** The connection is back. */
  connected(): void {
    this.#retries = 0;
    void this.save();
    for (const draft of this.leftovers) if (draft.status !== "refused") void this.#sendLate(draft);
  }

  discard(interaction: string): void {
    this.#forget(interaction);
    this.leftovers = this.leftovers.filter((draft) => draft.interaction !== interaction);
  }

  /** Signing out: nothing of a customer stays in this browser. */
  forgetAll(): void {
    clearTimeout(this.#timer);
    for (const interaction of this.#stored()) this.#forget(interaction);
    this.current = null;
    this.leftovers = [];
  }

  // -- helpers -------------------------------------------------------------------------------------------------

  #edit(changes: { note?: string; disposition?: string | null }): void {
    if (this.current === null) return;
    const { status } = this.current;
    this.current = { ...this.current, ...changes, status: status === "saving" ? "saving" : "unsaved" };
    this.#keep(this.current);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  #settle(now: Draft, sent: Draft, outcome: Outcome): void {
    const changed = now.note !== sent.note || now.disposition !== sent.disposition;
    if (outcome.ok) {
      this.#retries = 0;
      this.current = { ...now, status: changed ? "unsaved" : "clean" };
      if (changed) this.#timer = setTimeout(() => void this.save(), SAVE_AFTER_MS);
      else this.#forget(now.interaction);
    } else if (TRANSIENT.includes(outcome.code)) {
      this.current = { ...now, status: "waiting" };
      this.#retryLater();
    } else {
      this.current = { ...now, status: "refused" };
    }
  }

  #retryLater(): void {
    const wait = RETRY_MS[Math.min(this.#retries, RETRY_MS.length - 1)] ?? 0;
    this.#retries += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), wait);
  }

  /** A contact went before its last words were saved: offer them once more; what is refused is shown to the agent. */
  async #sendLate(draft: Draft): Promise<void> {
    const outcome = await this.request({ type: "contact.save_note", ...body(draft) });
    if (outcome.ok) {
      this.discard(draft.interaction);
    } else if (!TRANSIENT.includes(outcome.code)) {
      this.leftovers = this.leftovers.map((other) =>
        other.interaction === draft.interaction ? { ...other, status: "refused" } : other,
      );
    }
  }

  #findLeftovers(): void {
    const known = new Map(this.leftovers.map((draft) => [draft.interaction, draft]));
    this.leftovers = this.#stored()
      .filter((interaction) => interaction !== this.current?.interaction && interaction !== this.#completing)
      .map((interaction) => known.get(interaction) ?? this.#read(interaction))
      .filter((draft) => draft !== null);
  }

  #open(contact: ContactLive): Draft {
    const kept = this.#read(contact.interaction);
    if (kept !== null) return { ...kept, status: "unsaved" };
    const { interaction, note, disposition } = contact;
    return { interaction, note, disposition, status: "clean" };
  }

  #key(interaction: string): string {
    return `callcenter.draft.${this.person}.${interaction}`;
  }

  #stored(): string[] {
    const prefix = this.#key("");
    return Object.keys(this.storage)
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length));
  }

  #keep({ interaction, note, disposition }: Draft): void {
    try {
      this.storage.setItem(this.#key(interaction), JSON.stringify({ note, disposition }));
    } catch {
      // A full or forbidden storage: the draft lives in memory, and the server gets it as always.
    }
  }

  #forget(interaction: string): void {
    this.storage.removeItem(this.#key(interaction));
  }

  #read(interaction: string): Draft | null {
    try {
      const kept: unknown = JSON.parse(this.storage.getItem(this.#key(interaction)) ?? "null");
      if (typeof kept !== "object" || kept === null) return null;
      const { note, disposition } = kept as { note?: unknown; disposition?: unknown };
      return {
        interaction,
        note: typeof note === "string" ? note : "",
        disposition: typeof disposition === "string" ? disposition : null,
        status: "waiting",
      };
    } catch {
      return null;
    }
  }
}

function body({ interaction, note, disposition }: Draft) {
  return { interaction, note, disposition };
}
