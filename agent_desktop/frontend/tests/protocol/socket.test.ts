import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LinkStatus } from "../../src/protocol/connection";
import type { View } from "../../src/protocol/messages";
import { DesktopSocket, REPLY_WITHIN_MS, type SocketListener } from "../../src/protocol/socket";
import { FakeWire } from "../fakes/wire";
import { AT, agent, changes, snapshot } from "../samples";

class Listener implements SocketListener {
  readonly views: View[] = [];
  readonly links: LinkStatus[] = [];
  readonly dismissals: string[] = [];
  checks = 0;
  show(view: View): void {
    this.views.push(view);
  }
  correctClock(): void {}
  linkChanged(status: LinkStatus): void {
    this.links.push(status);
  }
  dismissed(why: string): void {
    this.dismissals.push(why);
  }
  checkSession(): void {
    this.checks += 1;
  }
}

let wires: FakeWire[];
let listener: Listener;
let socket: DesktopSocket;

const wire = (): FakeWire => {
  const last = wires.at(-1);
  if (last === undefined) throw new Error("nothing was opened");
  return last;
};

beforeEach(() => {
  vi.useFakeTimers();
  wires = [];
  listener = new Listener();
  socket = new DesktopSocket(() => {
    wires.push(new FakeWire());
    return wire();
  }, listener);
  socket.start();
});

afterEach(() => {
  socket.stop();
  vi.useRealTimers();
});

function connected(): FakeWire {
  wire().accept();
  wire().says(snapshot(1));
  return wire();
}

describe("commands", () => {
  it("settles with the reply of the same id", async () => {
    const server = connected();
    const first = socket.request({ type: "agent.set_state", state: "ready" });
    const second = socket.request({ type: "agent.sign_off" });
    server.says({ type: "reply", id: server.sent[1]?.id ?? "", ok: false, code: "agent_not_free", message: "no" });
    server.says({ type: "reply", id: server.sent[0]?.id ?? "", ok: true });
    expect(await first).toMatchObject({ ok: true });
    expect(await second).toEqual({ ok: false, code: "agent_not_free", message: "no" });
  });

  it("is refused at once without a connection, and not kept for later", async () => {
    expect(await socket.request({ type: "agent.sign_off" })).toMatchObject({ ok: false, code: "not_connected" });
    expect(connected().sent).toEqual([]);
  });

  it("gives up when the server does not answer", async () => {
    connected();
    const asked = socket.request({ type: "agent.sign_off" });
    for (let second = 0; second < REPLY_WITHIN_MS / 1000; second += 1) {
      wire().says({ type: "heartbeat", seq: 1, at: AT });
      vi.advanceTimersByTime(1_000);
    }
    expect(await asked).toMatchObject({ ok: false, code: "no_reply" });
  });

  it("is told when the connection breaks, and is not sent again", async () => {
    const server = connected();
    const asked = socket.request({ type: "agent.set_state", state: "ready" });
    server.breaks();
    expect(await asked).toMatchObject({ ok: false, code: "not_connected" });
    vi.advanceTimersByTime(5_000);
    expect(wires).toHaveLength(2);
    expect(connected().sent).toEqual([]);
  });
});

describe("the wire", () => {
  it("is opened again after a silence, without waiting for the old one to close", async () => {
    connected();
    vi.advanceTimersByTime(12_000);
    await Promise.resolve();
    expect(listener.links).toEqual(["connecting", "live", "lost"]);
    vi.advanceTimersByTime(1_000);
    expect(wires).toHaveLength(2);
    connected();
    expect(listener.links.at(-1)).toBe("live");
  });

  it("drops what is not a frame", () => {
    const server = connected();
    server.onmessage?.({ data: "{" });
    server.onmessage?.({ data: new ArrayBuffer(2) });
    server.onmessage?.({ data: '{"type":"of a newer server"}' });
    server.says(changes(2, { me: agent({ state: "busy" }) }));
    expect(listener.views).toHaveLength(2);
  });

  it("stays closed after a dismissal", async () => {
    connected().says({ type: "closing", why: "signed_in_elsewhere" });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(listener.dismissals).toEqual(["signed_in_elsewhere"]);
    expect(wires).toHaveLength(1);
  });

  it("asks for the session when it cannot be had", () => {
    wire().breaks();
    expect(listener.checks).toBe(1);
  });
});
