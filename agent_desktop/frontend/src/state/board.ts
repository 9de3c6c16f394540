/** What the supervisor's numbers mean. Pure. */

import type { Key } from "../i18n/translate";
import type { AgentLive, AgentStateName, PromiseLive, QueueLive, Tier, WaitingLive } from "../protocol/messages";

/**
 * Share of those who left the queue that were answered within the target, of the day so far: abandoned callers always
 * count against it, those who still wait do not count yet. `null` before the first of them.
 */
export function serviceLevel(queue: QueueLive): number | null {
  const left = queue.answered_today + queue.abandoned_today;
  return left === 0 ? null : queue.answered_in_target_today / left;
}

export type Concern = "none" | "amber" | "red";

/** Somebody waits longer than the target: amber; twice as long: red. */
export function waitConcern(queue: QueueLive, now: number): Concern {
  if (queue.longest_since === null) return "none";
  const waited = (now - queue.longest_since) / 1000;
  if (waited > 2 * queue.service_level_target_s) return "red";
  return waited > queue.service_level_target_s ? "amber" : "none";
}

export interface WaitingLine extends WaitingLive {
  /** In the order of service of the queue; 1 is next. */
  readonly place: number;
  readonly queue: string;
  readonly queue_label: string;
}

/** Seconds from now within which four of five such callers are answered; `null`: unknown. */
export type Expected = { readonly low: number; readonly high: number } | null;

/** What was expected when the wait began, less what has passed of it. */
export function expectedWait(waiting: WaitingLive, now: number): Expected {
  if (waiting.expected_from === null || waiting.expected_until === null) return null;
  const left = (at: number): number => Math.max(0, (at - now) / 1000);
  return { low: left(waiting.expected_from), high: left(waiting.expected_until) };
}

/** For somebody who comes now. */
export function expectedNow(queue: QueueLive): Expected {
  if (queue.expected_low_s === null || queue.expected_high_s === null) return null;
  return { low: queue.expected_low_s, high: queue.expected_high_s };
}

/** What is to be said of a queue's opening hours; `null`: it has none, or never closes. */
export function hoursOf(queue: QueueLive): { key: Key; at: number | null } | null {
  if (queue.open) return queue.open_until === null ? null : { key: "board.hours.open", at: queue.open_until };
  if (queue.open_until === null) return { key: "board.hours.always_closed", at: null };
  return { key: "board.hours.closed", at: queue.open_until };
}

const RANK: Record<Tier, number> = { vip: 0, gold: 1, standard: 2 };

/** All waiting callers, the longest wait first; of equal waits the higher tier. */
export function waitingLines(queues: readonly QueueLive[]): WaitingLine[] {
  return queues
    .flatMap(({ queue, label, first_waiting }) =>
      first_waiting.map((waiting, before) => ({ ...waiting, place: before + 1, queue, queue_label: label })),
    )
    .sort((one, other) => one.since - other.since || RANK[one.tier] - RANK[other.tier]);
}

export interface PromiseLine extends PromiseLive {
  readonly queue: string;
  readonly queue_label: string;
}

/** All who are to be called back: queue by queue, each in its order of service. */
export function promiseLines(queues: readonly QueueLive[]): PromiseLine[] {
  return queues.flatMap(({ queue, label, first_promises }) =>
    first_promises.map((promise) => ({ ...promise, queue, queue_label: label })),
  );
}

/** Who is at work first, then by how long the state lasts: what lasts too long stands at the top of its group. */
const ORDER: Record<AgentStateName, number> = { busy: 0, working_after_call: 1, ready: 2, not_ready: 3, null: 4 };

export function agentLines(agents: readonly AgentLive[]): AgentLive[] {
  return agents
    .filter((agent) => agent.state !== "null")
    .sort((one, other) => ORDER[one.state] - ORDER[other.state] || one.since - other.since);
}

export function queueLabels(queues: readonly QueueLive[]): ReadonlyMap<string, string> {
  return new Map(queues.map(({ queue, label }) => [queue, label]));
}
