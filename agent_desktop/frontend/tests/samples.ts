/** Views and frames as the server sends them. */

import type {
  AgentLive,
  AgentView,
  CallLive,
  ContactLive,
  CustomerCard,
  LabelCatalogue,
  Me,
  PartyLive,
  PromiseLive,
  QueueLive,
  RepairLive,
  SnapshotFrame,
  SupervisorView,
  ViewFrame,
} from "../src/protocol/messages";

export const AT = 1_800_000_000_000;

export const ME: Me = {
  person: "anna",
  name: "Anna Berg",
  role: "agent",
  agent: "anna",
  language: "en",
  must_change_password: false,
};

export const LABELS: LabelCatalogue = {
  queues: { support: { en: "Support", zh: "技术支持" }, sales: { en: "Sales", zh: "销售" } },
  dispositions: { solved: { en: "Solved", zh: "已解决" } },
  reasons: {
    break: { en: "Break", zh: "休息" },
    lunch: { en: "Lunch", zh: "午餐" },
    paperwork: { en: "Paperwork", zh: "文书工作" },
  },
};

export function agent(changes: Partial<AgentLive> = {}): AgentLive {
  return {
    agent: "anna",
    name: "Anna Berg",
    state: "ready",
    since: AT,
    chosen: "ready",
    chosen_reason: null,
    activity: "none",
    activity_since: AT,
    forced_by: null,
    reason: null,
    pending: null,
    pending_reason: null,
    registered: true,
    desktop_connected: true,
    queues: ["support"],
    contact: null,
    contact_queue: null,
    ...changes,
  };
}

export function contact(changes: Partial<ContactLive> = {}): ContactLive {
  return {
    interaction: "0192f3a0-0000-7000-8000-000000000001",
    offer: "offer-1",
    phase: "talking",
    queue: "support",
    queue_label: "Support",
    tier: "vip",
    calling_number: "+15550100",
    calling_name: "",
    called_number: "+15550199",
    customer: null,
    gathered: [],
    came_from: null,
    called_back: false,
    waited_s: 12,
    arrived_at: AT,
    offered_at: AT,
    answered_at: AT,
    ended_at: null,
    ended_by: null,
    wrap_up_until: null,
    wrap_up_extendable: true,
    disposition_required: true,
    dispositions: [{ name: "solved", label: "Solved" }],
    note: "",
    disposition: null,
    direction: "in",
    call: null,
    handed_over: null,
    notes_before: [],
    ...changes,
  };
}

/** A call as the server shows it: agent and customer talk, unless told otherwise. */
export function call(changes: Partial<CallLive> = {}): CallLive {
  return {
    direction: "in",
    role: "handling",
    customer: "connected",
    customer_since: AT,
    party: null,
    joined: false,
    may: ["hold", "consult", "transfer_to", "clear", "digits"],
    ...changes,
  };
}

/** A colleague in a call. */
export function party(changes: Partial<PartyLive> = {}): PartyLive {
  return {
    party: "ben",
    kind: "agent",
    agent: "ben",
    label: "Ben Okafor",
    state: "connected",
    since: AT,
    failed: null,
    ...changes,
  };
}

export function customer(changes: Partial<CustomerCard> = {}): CustomerCard {
  return {
    customer: "c-1",
    kind: "person",
    name: "Mei Lin",
    account: "40012278",
    tier: "vip",
    language: "zh",
    numbers: ["+15550100"],
    contact: null,
    owner: null,
    owner_name: null,
    last_agent: "ben",
    last_talk_at: AT - 86_400_000,
    territory: null,
    alerts: [],
    coverage: null,
    dealings: [],
    routing: { priority: 0, requirements: {}, attributes: {} },
    partial: [],
    history: [
      {
        interaction: "0192f3a0-0000-7000-8000-000000000009",
        medium: "call",
        direction: "in",
        started_at: AT - 86_400_000,
        queue: "support",
        queue_label: "Support",
        agent: "ben",
        agent_name: "Ben",
        outcome: "handled",
        waited_s: 12,
        talked_s: 180,
        disposition: "solved",
        disposition_label: "Solved",
        summary: {
          en: "Waited 0:12 in Support, talked 3:00 with Ben.",
          zh: "在技术支持等待0:12，与Ben通话3:00。",
        },
        note: null,
      },
    ],
    ...changes,
  };
}

export function queue(changes: Partial<QueueLive> = {}): QueueLive {
  return {
    queue: "support",
    label: "Support",
    open: true,
    open_until: null,
    waiting: 0,
    longest_since: null,
    expected_low_s: null,
    expected_high_s: null,
    agents_ready: 0,
    agents_busy: 0,
    agents_wrap_up: 0,
    agents_not_ready: 0,
    offered_today: 0,
    answered_today: 0,
    abandoned_today: 0,
    overflowed_today: 0,
    service_level_target_s: 20,
    answered_in_target_today: 0,
    callbacks: 0,
    callbacks_dropped_today: 0,
    first_waiting: [],
    first_promises: [],
    ...changes,
  };
}

export function promise(changes: Partial<PromiseLive> = {}): PromiseLive {
  return {
    interaction: "0192f3a0-0000-7000-8000-000000000021",
    tier: "standard",
    customer_name: null,
    number: "+4930123456",
    since: AT - 600_000,
    attempts: 0,
    attempts_at_most: 3,
    failed: null,
    not_before: null,
    expires_at: AT + 3_600_000,
    calling_since: null,
    ...changes,
  };
}

export function repair(changes: Partial<RepairLive> = {}): RepairLive {
  return { at: AT, repair: "agent_freed", agent: null, interaction: null, by: null, ...changes };
}

export function agentView(changes: Partial<AgentView> = {}): AgentView {
  return {
    kind: "agent",
    link: { cti_up: true, switch_up: true, as_of: AT, words: 0 },
    me: agent(),
    contact: null,
    contact_gone: null,
    not_reached: null,
    my_queues: [],
    reasons: [
      { name: "break", label: "Break" },
      { name: "lunch", label: "Lunch" },
    ],
    ...changes,
  };
}

export function supervisorView(changes: Partial<SupervisorView> = {}): SupervisorView {
  return {
    kind: "supervisor",
    link: { cti_up: true, switch_up: true, as_of: AT, words: 0 },
    agents: [],
    queues: [],
    repairs: [],
    ...changes,
  };
}

export function snapshot(seq: number, view: AgentView | SupervisorView = agentView()): SnapshotFrame {
  return { type: "snapshot", seq, at: AT, view };
}

export function changes(seq: number, sections: Omit<ViewFrame, "type" | "seq" | "at" | "changed">): ViewFrame {
  return { type: "view", seq, at: AT, changed: Object.keys(sections) as ViewFrame["changed"], ...sections };
}
