import { describe, expect, it } from "vitest";
import {
  BACK_OFF_MS,
  Connection,
  type ConnectionDecision,
  OPEN_WITHIN_MS,
  SILENCE_MS,
} from "../../src/protocol/connection";
import type { ServerFrame } from "../../src/protocol/messages";
import { AT, agent, agentView, changes, contact, snapshot } from "../samples";

function live(): Connection {
  const connection = new Connection();
  connection.handle({ type: "started" }, 0);
  connection.handle({ type: "opened" }, 0);
  connection.handle({ type: "frame", frame: snapshot(1) }, 0);
  return connection;
}

function types(decisions: ConnectionDecision[]): string[] {
  return decisions.map(({ type }) => type);
}

function receive(connection: Connection, frame: ServerFrame, now = 0): ConnectionDecision[] {
  return connection.handle({ type: "frame", frame }, now);
}

describe("frames", () => {
  it("shows a snapshot and reports the link live", () => {
    const connection = new Connection();
    connection.handle({ type: "started" }, 0);
    connection.handle({ type: "opened" }, 0);
    expect(receive(connection, snapshot(1))).toEqual([
      { type: "correct_clock", at: AT },
      { type: "show", view: agentView() },
      { type: "report_link", status: "live" },
    ]);
  });

  it("replaces only the sections that changed, and takes null as a value", () => {
    const connection = live();
    receive(connection, changes(2, { contact: contact(), me: agent({ state: "busy" }) }));
    const decisions = receive(connection, changes(3, { contact: null, contact_gone: "missed" }));
    expect(decisions.at(-1)).toEqual({
      type: "show",
      view: agentView({ me: agent({ state: "busy" }), contact: null, contact_gone: "missed" }),
    });
  });

  it("takes a changed section that is absent for null", () => {
    const connection = live();
    receive(connection, changes(2, { contact: contact() }));
    const frame = { type: "view", seq: 3, at: AT, changed: ["contact"] } as const;
    expect(receive(connection, frame).at(-1)).toEqual({ type: "show", view: agentView() });
  });

  it("asks once for a snapshot after a gap, and shows nothing until it is there", () => {
    const connection = live();
    expect(receive(connection, changes(3, { me: agent({ state: "busy" }) }))).toContainEqual({
      type: "send",
      command: { type: "snapshot" },
    });
    expect(types(receive(connection, changes(4, { me: agent() })))).toEqual(["correct_clock"]);
    expect(types(receive(connection, snapshot(5)))).toContain("show");
    expect(types(receive(connection, changes(6, { me: agent() })))).toContain("show");
  });

  it("answers each heartbeat, and notices a gap by its number", () => {
    const connection = live();
    const alive = { type: "send", command: { type: "alive" } };
    expect(receive(connection, { type: "heartbeat", seq: 2, at: AT })).toContainEqual(alive);
    expect(types(receive(connection, changes(3, { me: agent() })))).toContain("show");
    const late = receive(connection, { type: "heartbeat", seq: 9, at: AT });
    expect(late).toContainEqual({ type: "send", command: { type: "snapshot" } });
  });

  it("hands replies on", () => {
    const reply = { type: "reply", id: "7", ok: true } as const;
    expect(receive(live(), reply)).toEqual([{ type: "answer", reply }]);
  });
});

describe("losing the connection", () => {
  it("closes after twelve seconds of silence", () => {
    const connection = live();
    receive(connection, { type: "heartbeat", seq: 1, at: AT }, 5_000);
    expect(connection.nextDeadline()).toBe(5_000 + SILENCE_MS);
    expect(connection.handleTimer(5_000 + SILENCE_MS)).toEqual([{ type: "close" }]);
  });

  it("closes when the server does not open in time", () => {
    const connection = new Connection();
    connection.handle({ type: "started" }, 0);
    expect(connection.handleTimer(OPEN_WITHIN_MS)).toEqual([{ type: "close" }]);
  });

  it("waits longer each time, between half and one and a half of the step", () => {
    const connection = live();
    let now = 0;
    for (const [attempt, step] of BACK_OFF_MS.entries()) {
      const jitter = attempt % 2 === 0 ? 0 : 0.999;
      connection.handle({ type: "closed", jitter }, now);
      expect(connection.nextDeadline()).toBeCloseTo(now + step * (0.5 + jitter), 5);
      now = connection.nextDeadline() ?? Number.NaN;
      expect(types(connection.handleTimer(now))).toEqual(["open"]);
    }
  });

  it("starts with the shortest wait again once a snapshot was there", () => {
    const connection = live();
    connection.handle({ type: "closed", jitter: 0.5 }, 0);
    connection.handleTimer(1_000);
    connection.handle({ type: "closed", jitter: 0.5 }, 1_000);
    connection.handleTimer(9_000);
    connection.handle({ type: "opened" }, 9_000);
    receive(connection, snapshot(1), 9_000);
    connection.handle({ type: "closed", jitter: 0.5 }, 10_000);
    expect(connection.nextDeadline()).toBe(10_000 + BACK_OFF_MS[0]);
  });

  it("asks whether the session lives: a refused WebSocket does not say why", () => {
    const connection = live();
    expect(types(connection.handle({ type: "closed", jitter: 0 }, 0))).toEqual(["report_link", "check_session"]);
    connection.handleTimer(1_000);
    expect(types(connection.handle({ type: "closed", jitter: 0 }, 1_000))).toEqual(["report_link"]);
  });

  it("tries at once when the network is back", () => {
    const connection = live();
    connection.handle({ type: "closed", jitter: 0.9 }, 0);
    expect(types(connection.handle({ type: "network_back" }, 1))).toEqual(["open"]);
    expect(connection.handle({ type: "network_back" }, 2)).toEqual([]);
  });

  it("does not believe frames of an old connection before the new one's snapshot", () => {
    const connection = live();
    connection.handle({ type: "closed", jitter: 0 }, 0);
    connection.handleTimer(1_000);
    connection.handle({ type: "opened" }, 1_000);
    expect(types(receive(connection, changes(2, { me: null })))).toEqual(["correct_clock"]);
  });
});

describe("saying goodbye", () => {
  it.each(["signed_in_elsewhere", "signed_off", "session_ended", "protocol_error"] as const)(
    "stays away after %s",
    (why) => {
      const connection = live();
      expect(receive(connection, { type: "closing", why })).toEqual([
        { type: "close" },
        { type: "report_link", status: "stopped" },
        { type: "dismiss", why },
      ]);
      expect(connection.handle({ type: "closed", jitter: 0 }, 1)).toEqual([]);
      expect(connection.nextDeadline()).toBeNull();
    },
  );

  it("comes back after going_away", () => {
    const connection = live();
    expect(receive(connection, { type: "closing", why: "going_away" })).toEqual([{ type: "close" }]);
    connection.handle({ type: "closed", jitter: 0 }, 1);
    expect(connection.phase).toBe("waiting");
  });
});
