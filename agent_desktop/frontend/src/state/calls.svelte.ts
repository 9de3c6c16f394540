/**
 * What the agent asks about calls. One request at a time; what is shown is always the server's call, so a button
 * changes when the switch has done it, and until then says that it is under way.
 */

import type { Command, ContactLive, MakeCallCommand, Operation } from "../protocol/messages";
import type { Outcome } from "../protocol/socket";

export type Target = MakeCallCommand["target"];
/** What is asked: an operation on the call there is, or a new call. */
export type Asked = Operation | "make";

/** Granted but never seen to happen: the buttons come back, and the server is asked again by whoever wants to. */
export const SHOWN_WITHIN_MS = 8_000;

export class Calls {
  /** Asked for, and not yet seen in the server's call. */
  underWay = $state<Asked | null>(null);
  /** Why the last request was refused, until the next one or until it is put away. */
  refusal = $state<string | null>(null);
  #contact = $state.raw<ContactLive | null>(null);
  #before = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly request: (command: Command) => Promise<Outcome>) {}

  /** The server shows this contact now (or none). */
  adopt(contact: ContactLive | null): void {
    if (contact?.interaction !== this.#contact?.interaction && this.underWay !== "make") this.refusal = null;
    this.#contact = contact;
    if (this.underWay !== null && shape(contact) !== this.#before && !this.#goesOn(contact)) this.#settled();
  }

  /** Whether the server would do it now. */
  may(operation: Operation): boolean {
    const free = this.underWay === null || (operation === "clear" && this.underWay !== "clear");
    return free && (this.#contact?.call?.may.includes(operation) ?? false);
  }

  // -- the call there is ---------------------------------------------------------------------------------------------

  /** Hold or retrieve, whichever is possible. */
  toggleHold(): Promise<boolean> {
    return this.may("retrieve") ? this.#ask("retrieve", "call.retrieve") : this.#ask("hold", "call.hold");
  }

  alternate(): Promise<boolean> {
    return this.#ask("alternate", "call.alternate");
  }

  conference(): Promise<boolean> {
    return this.#ask("conference", "call.conference");
  }

  /** Leave customer and consulted party to each other. */
  transfer(): Promise<boolean> {
    return this.#ask("transfer", "call.transfer");
  }

  reconnect(): Promise<boolean> {
    return this.#ask("reconnect", "call.reconnect");
  }

  reject(): Promise<boolean> {
    return this.#ask("reject", "call.reject");
  }

  /** Put the own phone down, wherever it is. */
  clear(): Promise<boolean> {
    return this.#ask("clear", "call.clear");
  }

  /** Keys for whom the agent talks to, where this page has no phone to press them on. */
  async digits(digits: string): Promise<void> {
    const interaction = this.#contact?.interaction;
    if (interaction === undefined || !this.may("digits")) return;
    const outcome = await this.request({ type: "call.digits", interaction, digits });
    this.refusal = outcome.ok ? null : outcome.code;
  }

  /** Let the third go; the customer stays. */
  dropParty(): Promise<boolean> {
    const party = this.#contact?.call?.party?.party;
    return this.#about("drop_party", (interaction) => ({ type: "call.clear", interaction, party: party ?? null }));
  }

  consult(target: Target): Promise<boolean> {
    return this.#about("consult", (interaction) => ({ type: "call.consult", interaction, target }));
  }

  /** Send the customer on without a word before. */
  transferTo(target: Target): Promise<boolean> {
    return this.#about("transfer_to", (interaction) => ({ type: "call.transfer_to", interaction, target }));
  }

  // -- a new call ----------------------------------------------------------------------------------------------------

  /** Call somebody. `about`: the interaction that it belongs to. */
  make(target: Target, about: string | null = null): Promise<boolean> {
    return this.#send("make", { type: "call.make", target, about });
  }

  // -- helpers -------------------------------------------------------------------------------------------------------

  #ask(
    asked: Operation,
    type: Extract<Command, { readonly interaction: string }>["type"] & `call.${string}`,
  ): Promise<boolean> {
    return this.#about(asked, (interaction) => ({ type, interaction }) as Command);
  }

  #about(asked: Operation, command: (interaction: string) => Command): Promise<boolean> {
    const interaction = this.#contact?.interaction;
    if (interaction === undefined || !this.may(asked)) return Promise.resolve(false);
    return this.#send(asked, command(interaction));
  }

  async #send(asked: Asked, command: Command): Promise<boolean> {
    if (this.underWay !== null && asked !== "clear") return false;
    this.#before = shape(this.#contact);
    this.underWay = asked;
    this.refusal = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settled(), SHOWN_WITHIN_MS);
    const outcome = await this.request(command);
    if (!outcome.ok && this.underWay === asked) {
      this.#settled();
      this.refusal = outcome.code;
    }
    return outcome.ok;
  }

  /** While an order is under way the server allows nothing but to put the phone down. A new call has begun when it is shown. */
  #goesOn(contact: ContactLive | null): boolean {
    const call = contact?.call ?? null;
    return this.underWay !== "make" && call !== null && call.may.every((operation) => operation === "clear");
  }

  #settled(): void {
    clearTimeout(this.#timer);
    this.underWay = null;
  }
}

/** What of a contact changes when an order was carried out. */
function shape(contact: ContactLive | null): string {
  if (contact === null) return "";
  const { call, interaction, phase } = contact;
  const party = call?.party;
  return JSON.stringify([
    interaction,
    phase,
    call?.customer,
    call?.customer_since,
    party?.state,
    party?.party,
    call?.joined,
  ]);
}
