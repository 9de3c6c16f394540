/** The words of the chosen language, for views: reading them in a template follows a change of language. */

import * as format from "../i18n/format";
import { type Key, known, translate, type Values } from "../i18n/translate";
import type { AgentLive, AgentStateName, ReasonChoice, Words as Said } from "../protocol/messages";
import type { Expected } from "../state/board";
import type { Labels } from "../state/labels.svelte";
import type { Preferences } from "../state/preferences.svelte";

export class Words {
  constructor(
    readonly preferences: Preferences,
    readonly labels: Labels,
  ) {}

  readonly t = (key: Key, values?: Values): string => translate(this.preferences.language, key, values);

  readonly dateTime = (at: number): string => format.dateTime(this.preferences.language, at);
  readonly upcoming = (at: number, now: number): string => format.upcoming(this.preferences.language, at, now);
  readonly clockTime = (at: number): string => format.clockTime(this.preferences.language, at);
  readonly day = (text: string): string => format.day(this.preferences.language, text);
  readonly money = (units: number, currency: string): string =>
    format.money(this.preferences.language, units, currency);
  readonly megabytes = (bytes: number): string => format.megabytes(this.preferences.language, bytes);
  readonly percent = (share: number): string => format.percent(this.preferences.language, share);
  readonly languageName = (tag: string): string => format.languageName(this.preferences.language, tag);

  /** A queue, and the label that came with it, if one did. Without any words, the name itself. */
  readonly queue = (name: string, carried?: string | null): string =>
    this.labels.find("queues", name, this.preferences.language, carried) ?? name;

  /** An outcome of a contact, and the label that came with it. */
  readonly disposition = (name: string, carried?: string | null): string =>
    this.labels.find("dispositions", name, this.preferences.language, carried) ?? name;

  /** What the caller chose in a menu is often where he wants to go, and then reads like the queue. */
  readonly gathered = (value: string): string => this.queue(value);

  /** A not-ready reason: the configured label, else our own word for the engine's reasons, else the code itself. */
  readonly reason = (code: string, reasons: readonly ReasonChoice[] = []): string => {
    const { language } = this.preferences;
    const carried = reasons.find((reason) => reason.name === code)?.label;
    return this.labels.find("reasons", code, language, carried) ?? known(language, "reason.", code) ?? code;
  };

  /** A span of time that is expected: "0:40–2:10", "any moment" when it is over, a dash when nobody knows. */
  readonly expected = (span: Expected): string => {
    if (span === null) return this.t("expected.unknown");
    if (span.high < 1) return this.t("expected.now");
    const [low, high] = [format.duration(span.low * 1000), format.duration(span.high * 1000)];
    return low === high ? high : this.t("expected.span", { low, high });
  };

  readonly refusal = (code: string): string =>
    known(this.preferences.language, "refused.", code) ?? this.t("refused.other", { code });

  /** Why something that concerns an agent was refused to somebody else. */
  readonly refusalAbout = (code: string): string =>
    known(this.preferences.language, "refused.about.", code) ?? this.refusal(code);

  /** The likely cause of a bad sound; empty for one that a newer page has named. */
  readonly soundCause = (code: string): string => known(this.preferences.language, "soundCause.", code) ?? "";

  /** Why somebody was called in vain. */
  readonly notReached = (code: string): string =>
    known(this.preferences.language, "notReached.", code) ?? this.t("notReached.failed");

  /** A sentence that the platform made in every language. */
  readonly said = (text: Said): string => text[this.preferences.language];

  /** Why the server did not do what was asked, in its own words where it has any. */
  readonly failure = (code: string): string =>
    known(this.preferences.language, "failed.", code) ?? this.t("failed.other", { code });

  readonly outcome = (code: string): string => known(this.preferences.language, "outcome.", code) ?? code;

  readonly state = (state: AgentStateName): string => this.t(`state.${state}`);

  /** "Not ready", or the reason when there is one: "Lunch". */
  readonly stateOf = (state: AgentStateName, reason: string | null, reasons: readonly ReasonChoice[] = []): string =>
    state === "not_ready" && reason ? this.reason(reason, reasons) : this.state(state);

  readonly agentState = (agent: AgentLive, reasons: readonly ReasonChoice[] = []): string =>
    this.stateOf(agent.state, agent.reason, reasons);
}
