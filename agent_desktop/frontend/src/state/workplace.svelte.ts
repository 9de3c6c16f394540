/** All that one signed-in person works with; made at sign-in, gone at sign-out. */

import { Customers } from "../protocol/customers";
import type { Rest } from "../protocol/http";
import type { AgentView, ContactLive, Me } from "../protocol/messages";
import type { Outcome, Wire } from "../protocol/socket";
import type { Summary } from "../softphone/quality";
import type { Ringer } from "../softphone/ringer";
import type { Softphone } from "../softphone/softphone";
import { Calls } from "./calls.svelte";
import type { ServerClock } from "./clock.svelte";
import { Comeback } from "./comeback";
import { Desktop } from "./desktop.svelte";
import type { Devices } from "./devices.svelte";
import { Drafts } from "./drafts.svelte";
import type { Labels } from "./labels.svelte";
import { Leader, type Leadership } from "./leader.svelte";
import { Phone } from "./phone.svelte";
import { type Stage, stage, talk } from "./stage";

/** What a workplace needs from outside; `main.ts` has the real ones, tests their own. */
export interface Surroundings {
  readonly rest: Rest;
  readonly labels: Labels;
  readonly clock: ServerClock;
  readonly ringer: Ringer;
  readonly devices: Devices;
  readonly storage: Storage;
  readonly locks: LockManager | undefined;
  connect(): Wire;
  makeSoftphone(): Softphone;
  /** The socket cannot be had: does the session still live? */
  checkSession(): void;
  /** Calls ring at a telephone on the desk, and not in this page. */
  ownPhone(): boolean;
}

export interface Identified {
  readonly interaction: string;
  readonly customer: string;
  readonly name: string;
}

export class Workplace {
  readonly customers: Customers;
  readonly phone: Phone | null;
  readonly leader: Leader | null;
  readonly drafts: Drafts | null;
  readonly calls: Calls | null;
  readonly comeback: Comeback | null;
  desktop = $state.raw<Desktop>() as Desktop;
  /** The last refusal of something the person asked for, until the next request. */
  refusal = $state<string | null>(null);
  /** The contact that was offered last: after a missed call the page still says whose it was. */
  lastOffered = $state.raw<ContactLive | null>(null);
  /** A number that was clicked while there was something else to do first; the dialog takes it up. */
  numberWanted = $state<string | null>(null);
  /** Who the agent has said that a caller without a record is. */
  identified = $state.raw<Identified | null>(null);
  /** The browser plays no ring tone before this page is touched. */
  ringBlocked = $state(false);

  constructor(
    readonly me: Me,
    readonly surroundings: Surroundings,
  ) {
    this.customers = new Customers(surroundings.rest);
    this.desktop = this.#makeDesktop();
    if (me.role !== "agent") {
      this.phone = this.leader = this.drafts = this.calls = this.comeback = null;
      return;
    }
    const { rest, ringer, storage, locks } = surroundings;
    ringer.blocked = (blocked) => {
      this.ringBlocked = blocked;
    };
    this.phone = new Phone(surroundings.makeSoftphone(), ringer, rest);
    this.comeback = new Comeback(me.person, storage);
    this.phone.comesBack = () => this.comeback?.is(this.view?.contact ?? null) ?? false;
    this.phone.report = (summary) => this.#reportQuality(summary);
    this.drafts = new Drafts(me.person, storage, (command) => this.desktop.request(command));
    this.calls = new Calls((command) => this.desktop.request(command));
    this.leader = new Leader(
      locks,
      `callcenter.desktop.${me.person}`,
      () => this.phone?.state.call !== null,
      (leadership) => this.#leadershipChanged(leadership),
    );
  }

  start(): void {
    globalThis.addEventListener?.("pagehide", this.#leaving);
    void this.surroundings.labels.load();
    if (this.leader === null) this.desktop.start();
    else void this.leader.start();
  }

  stop(): void {
    globalThis.removeEventListener?.("pagehide", this.#leaving);
    this.phone?.tell({ type: "stop_asked" });
    this.desktop.stop();
    this.leader?.stop();
  }

  get view(): AgentView | null {
    return this.desktop.agent;
  }

  get stage(): Stage {
    return stage(this.view?.contact ?? null, this.phone?.state.call ?? null);
  }

  // -- what the agent asks for ---------------------------------------------------------------------------------

  ready(): Promise<boolean> {
    return this.#ask(this.desktop.request({ type: "agent.set_state", state: "ready" }));
  }

  notReady(reason: string): Promise<boolean> {
    return this.#ask(this.desktop.request({ type: "agent.set_state", state: "not_ready", reason }));
  }

  /** Time for work after this call, where the queue leaves that to its agents. */
  workAfterCall(): Promise<boolean> {
    return this.#ask(this.desktop.request({ type: "agent.set_state", state: "working_after_call" }));
  }

  complete(): Promise<boolean> {
    return this.#ask(this.drafts?.complete());
  }

  extendWrapUp(): Promise<boolean> {
    const interaction = this.view?.contact?.interaction;
    return this.#ask(interaction && this.desktop.request({ type: "contact.extend_wrap_up", interaction }));
  }

  /** The telephone that rings was chosen anew: this page's, or another. Not in a call. */
  phoneChosen(): void {
    if (this.phone?.state.call === null)
      this.phone.tell({ type: this.surroundings.ownPhone() ? "stop_asked" : "start_asked" });
  }

  /** Call a number that stands on the page. In a call it is first asked what it is for. */
  dial(number: string): void {
    if (this.view?.contact === null && this.phone?.state.call === null)
      void this.calls?.make({ kind: "number", number });
    else this.numberWanted = number;
  }

  /** Keep an interaction with a customer: the agent knows who it is. Raises `RequestFailed`. */
  async identify(who: Identified): Promise<void> {
    await this.customers.assign(who.interaction, who.customer);
    this.identified = who;
  }

  /** End the work at the CTI server. `true` also when it cannot be reached: nobody is held at a dead server. */
  async signOff(): Promise<boolean> {
    if (this.me.role !== "agent" || this.view?.me == null || !this.desktop.fresh) return true;
    return this.#ask(this.desktop.request({ type: "agent.sign_off" }));
  }

  readonly #leaving = (): void => this.comeback?.leaving();

  // -- helpers -------------------------------------------------------------------------------------------------

  async #ask(asked: Promise<Outcome> | "" | undefined): Promise<boolean> {
    const outcome = asked ? await asked : undefined;
    this.refusal = outcome === undefined || outcome.ok ? null : outcome.code;
    return outcome?.ok ?? false;
  }

  /** For the record of this contact; nobody waits for the answer. */
  #reportQuality({ jitterMs, lostShare, roundTripMs, mos, worstMos, cause }: Summary): void {
    const interaction = this.lastOffered?.interaction;
    if (interaction === undefined) return;
    void this.desktop.request({
      type: "call.report_quality",
      interaction,
      jitter_ms: jitterMs,
      lost_share: lostShare,
      round_trip_ms: roundTripMs,
      mos,
      worst_mos: worstMos,
      cause,
    });
  }

  #leadershipChanged(leadership: Leadership): void {
    if (leadership === "leader") {
      this.desktop.start();
      if (!this.surroundings.ownPhone()) this.phone?.tell({ type: "start_asked" });
    } else if (this.desktop.link !== "connecting") {
      this.phone?.tell({ type: "stop_asked" });
      this.desktop.stop();
      this.desktop = this.#makeDesktop();
    }
  }

  #makeDesktop(): Desktop {
    const { clock, connect, checkSession, labels } = this.surroundings;
    let away = false;
    let words: number | null = null;
    const desktop = new Desktop(clock, connect, checkSession);
    desktop.onView((view) => {
      if (words !== null && words !== view.link.words) void labels.load(); // the configuration was replaced
      words = view.link.words;
      if (view.kind !== "agent") return;
      this.drafts?.adopt(view.contact);
      this.calls?.adopt(view.contact);
      this.comeback?.adopt(view.contact);
      if (view.contact !== null) this.lastOffered = view.contact;
      if (this.phone) this.phone.soundExpected = !["holding", "calling"].includes(talk(view.contact?.call ?? null));
    });
    desktop.onLink((link) => {
      if (link === "lost") away = true;
      if (link !== "live") return;
      this.drafts?.connected();
      if (away) void labels.load(); // the server may be back with another configuration
      away = false;
    });
    // A page that is not worked at any more would only take the phone from the one that is.
    desktop.onDismissal(() => this.phone?.giveWay());
    return desktop;
  }
}
