/** What the supervisor's numbers mean. Pure. */

import type { AgentLive, AgentStateName, QueueLive, Tier, WaitingLive } from "../protocol/messages";

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
  readonly queue: string;
  readonly queue_label: string;
}

const RANK: Record<Tier, number> = { vip: 0, gold: 1, standard: 2 };

/** All waiting callers, the longest wait first; of equal waits the higher tier. */
export function waitingLines(queues: readonly QueueLive[]): WaitingLine[] {
  return queues
    .flatMap(({ queue, label, first_waiting }) =>
      first_waiting.map((waiting) => ({ ...waiting, queue, queue_label: label })),
    )
    .sort((one, other) => one.since - other.since || RANK[one.tier] - RANK[other.tier]);
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
