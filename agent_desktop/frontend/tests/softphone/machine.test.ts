import { describe, expect, it } from "vitest";
import {
  ANSWER_WITHIN_MS,
  type Credentials,
  END_WITHIN_MS,
  type PhoneCommand,
  type PhoneFact,
  PhoneMachine,
  REGISTER_WITHIN_MS,
  RETRY_MS,
} from "../../src/softphone/machine";

const CREDENTIALS: Credentials = {
  uri: "sip:phone-anna@127.0.0.1",
  username: "phone-anna",
  password: "secret",
  socket: "ws://127.0.0.1/ws/sip",
};
const CALL = { type: "call_arrived", call: "c1", number: "+15550100", name: "Mei" } as const;

function told(facts: readonly PhoneFact[], now = 0): PhoneMachine {
  const machine = new PhoneMachine();
  for (const fact of facts) machine.handle(fact, now);
  return machine;
}

const REGISTERED: readonly PhoneFact[] = [
  { type: "start_asked" },
  { type: "microphone_granted" },
  { type: "credentials_received", credentials: CREDENTIALS },
  { type: "registered" },
];

const TALKING: readonly PhoneFact[] = [
  ...REGISTERED,
  CALL,
  { type: "answer_asked" },
  { type: "call_established", call: "c1" },
];

describe("the line", () => {
  it("asks for the microphone before it registers", () => {
    const machine = new PhoneMachine();
    expect(machine.handle({ type: "start_asked" }, 0)).toEqual([{ type: "acquire_microphone" }]);
    expect(machine.handle({ type: "microphone_granted" }, 0)).toEqual([{ type: "fetch_credentials" }]);
    expect(machine.handle({ type: "credentials_received", credentials: CREDENTIALS }, 0)).toEqual([
      { type: "connect", credentials: CREDENTIALS },
    ]);
    machine.handle({ type: "registered" }, 0);
    expect(machine.state.line).toBe("registered");
    expect(machine.nextDeadline()).toBeNull();
  });

  it("does not register without a microphone, and starts again when asked", () => {
    const machine = told([{ type: "start_asked" }]);
    expect(machine.handle({ type: "microphone_refused", why: "denied" }, 0)).toEqual([]);
    expect(machine.state).toMatchObject({ line: "no_microphone", microphone: "denied" });
    expect(machine.handle({ type: "start_asked" }, 0)).toEqual([{ type: "acquire_microphone" }]);
  });

  it("stays registered when the headset is unplugged later", () => {
    const machine = told([...REGISTERED, { type: "microphone_refused", why: "unplugged" }]);
    expect(machine.state).toMatchObject({ line: "registered", microphone: "unplugged" });
    machine.handle({ type: "microphone_granted" }, 0);
    expect(machine.state.microphone).toBeNull();
  });

  it("waits longer with each refusal, then asks for fresh credentials", () => {
    const machine = told(REGISTERED.slice(0, 3));
    let now = 0;
    for (const wait of [...RETRY_MS, RETRY_MS.at(-1) ?? 0]) {
      machine.handle({ type: "registration_failed", cause: "Rejected" }, now);
      expect(machine.state).toMatchObject({ line: "registering", failure: "Rejected" });
      expect(machine.nextDeadline()).toBe(now + wait);
      now += wait;
      expect(machine.handleTimer(now)).toEqual([{ type: "fetch_credentials" }]);
      machine.handle({ type: "credentials_received", credentials: CREDENTIALS }, now);
    }
    machine.handle({ type: "registered" }, now);
    expect(machine.state).toMatchObject({ line: "registered", failure: null });
  });

  it("lets the SIP stack reconnect, and fetches credentials when that takes too long", () => {
    const machine = told([...REGISTERED, { type: "unregistered" }], 100);
    expect(machine.state.line).toBe("registering");
    expect(machine.nextDeadline()).toBe(100 + REGISTER_WITHIN_MS);
    expect(machine.handleTimer(100 + REGISTER_WITHIN_MS)).toEqual([{ type: "fetch_credentials" }]);
  });

  it("goes on talking when the registration is lost", () => {
    const machine = told([...TALKING, { type: "unregistered" }]);
    expect(machine.state.call?.state).toBe("talking");
  });

  it("connects anew only when the call that goes on without registration is over: it would end with its connection", () => {
    const lost: readonly PhoneFact[] = [
      { type: "unregistered" },
      { type: "registration_failed", cause: "Connection Error" },
    ];
    for (const fact of lost) {
      const machine = told([...TALKING, fact]);
      expect(machine.nextDeadline()).toBeNull();
      expect(machine.handleTimer(REGISTER_WITHIN_MS)).toEqual([]);
      machine.handle({ type: "call_ended", call: "c1", by: "agent", cause: "" }, 90_000);
      expect(machine.nextDeadline()).toBeLessThanOrEqual(90_000);
      expect(machine.handleTimer(90_000)).toEqual([{ type: "fetch_credentials" }]);
    }
  });

  it("asks for credentials again after a call that came while they were on their way", () => {
    const machine = told([...REGISTERED, { type: "registration_failed", cause: "busy" }]);
    expect(machine.handleTimer(RETRY_MS[0])).toEqual([{ type: "fetch_credentials" }]);
    machine.handle(CALL, RETRY_MS[0]);
    expect(machine.handle({ type: "credentials_received", credentials: CREDENTIALS }, 2_000)).toEqual([]);
    machine.handle({ type: "call_ended", call: "c1", by: "caller", cause: "" }, 5_000);
    expect(machine.handleTimer(5_000)).toEqual([{ type: "fetch_credentials" }]);
    expect(machine.handle({ type: "credentials_received", credentials: CREDENTIALS }, 5_000)).toEqual([
      { type: "connect", credentials: CREDENTIALS },
    ]);
  });

  it("takes other devices at once, also in a call", () => {
    const machine = told(TALKING);
    expect(machine.handle({ type: "devices_chosen" }, 0)).toEqual([
      { type: "use_speaker" },
      { type: "acquire_microphone" },
    ]);
    machine.handle({ type: "microphone_granted" }, 0);
    expect(machine.state).toMatchObject({ line: "registered", call: { state: "talking" } });
  });

  it("lets go of everything when it stops", () => {
    const machine = told(TALKING);
    expect(machine.handle({ type: "stop_asked" }, 0)).toEqual([
      { type: "hang_up", call: "c1" },
      { type: "disconnect" },
      { type: "release_microphone" },
    ]);
    expect(machine.state).toEqual({ line: "off", microphone: null, call: null, failure: null });
    expect(machine.nextDeadline()).toBeNull();
  });

  it("gives back a microphone that is granted after it stopped", () => {
    const machine = told([{ type: "start_asked" }, { type: "stop_asked" }]);
    expect(machine.handle({ type: "microphone_granted" }, 0)).toEqual([{ type: "release_microphone" }]);
  });
});

describe("a call", () => {
  it("is answered at once, without a ring, when the switch asks for it", () => {
    const machine = told(REGISTERED);
    expect(machine.handle({ ...CALL, answersItself: true }, 0)).toEqual([{ type: "answer", call: "c1" }]);
    expect(machine.state.call?.state).toBe("answering");
    expect(machine.nextDeadline()).toBe(ANSWER_WITHIN_MS);
    expect(machine.handle({ type: "call_established", call: "c1" }, 5)).toEqual([]);
    expect(machine.state.call?.state).toBe("talking");
  });

  it("rings, is answered, is talked and ends", () => {
    const machine = told(REGISTERED);
    expect(machine.handle(CALL, 10)).toEqual([{ type: "start_ringing", call: "c1" }]);
    expect(machine.state.call).toMatchObject({ state: "ringing", number: "+15550100", name: "Mei", since: 10 });
    expect(machine.handle({ type: "answer_asked" }, 20)).toEqual([
      { type: "stop_ringing" },
      { type: "answer", call: "c1" },
    ]);
    machine.handle({ type: "call_established", call: "c1" }, 30);
    expect(machine.state.call).toMatchObject({ state: "talking", since: 30 });
    expect(machine.nextDeadline()).toBeNull();
    machine.handle({ type: "call_ended", call: "c1", by: "caller", cause: "Terminated" }, 40);
    expect(machine.state).toMatchObject({ call: null, failure: null });
  });

  it("stops ringing when the caller gives up", () => {
    const machine = told([...REGISTERED, CALL]);
    expect(machine.handle({ type: "call_ended", call: "c1", by: "caller", cause: "Canceled" }, 0)).toEqual([
      { type: "stop_ringing" },
    ]);
  });

  it("is rejected by hang-up too while it rings", () => {
    for (const type of ["reject_asked", "hang_up_asked"] as const) {
      const machine = told([...REGISTERED, CALL]);
      expect(machine.handle({ type }, 0)).toEqual([{ type: "stop_ringing" }, { type: "reject", call: "c1" }]);
      expect(machine.state.call?.state).toBe("ending");
    }
  });

  it("refuses a second call", () => {
    const machine = told(TALKING);
    expect(machine.handle({ ...CALL, call: "c2" }, 0)).toEqual([{ type: "reject", call: "c2" }]);
    machine.handle({ type: "call_ended", call: "c2", by: "agent", cause: "Rejected" }, 0);
    expect(machine.state.call).toMatchObject({ id: "c1", state: "talking" });
  });

  it("gives an answer up that does not become speech", () => {
    const machine = told([...REGISTERED, CALL, { type: "answer_asked" }]);
    expect(machine.handleTimer(ANSWER_WITHIN_MS)).toEqual([{ type: "hang_up", call: "c1" }]);
    expect(machine.state).toMatchObject({ failure: "answer_timed_out" });
    expect(machine.handleTimer(ANSWER_WITHIN_MS + END_WITHIN_MS)).toEqual([]);
    expect(machine.state.call).toBeNull();
  });

  it("is over for the agent even if nobody confirms the end", () => {
    const machine = told([...TALKING, { type: "hang_up_asked" }], 0);
    machine.handleTimer(END_WITHIN_MS);
    expect(machine.state.call).toBeNull();
  });

  it("says why it failed", () => {
    const machine = told([...TALKING, { type: "call_ended", call: "c1", by: "failure", cause: "WebRTC Error" }]);
    expect(machine.state.failure).toBe("WebRTC Error");
  });

  it("mutes once and sends digits only while talking", () => {
    const machine = told(TALKING);
    expect(machine.handle({ type: "mute_asked", muted: true }, 0)).toEqual([
      { type: "set_muted", call: "c1", muted: true },
    ]);
    expect(machine.handle({ type: "mute_asked", muted: true }, 0)).toEqual([]);
    expect(machine.handle({ type: "digit_asked", digit: "5" }, 0)).toEqual([
      { type: "send_digit", call: "c1", digit: "5" },
    ]);
    expect(machine.handle({ type: "digit_asked", digit: "A\r\n" }, 0)).toEqual([]);
    expect(machine.state.call).toMatchObject({ muted: true, digits: "5" });
  });
});

describe("any history", () => {
  const CALLS = ["c1", "c2"] as const;
  const FACTS: readonly PhoneFact[] = [
    { type: "start_asked" },
    { type: "stop_asked" },
    { type: "answer_asked" },
    { type: "reject_asked" },
    { type: "hang_up_asked" },
    { type: "mute_asked", muted: true },
    { type: "mute_asked", muted: false },
    { type: "digit_asked", digit: "1" },
    { type: "microphone_granted" },
    { type: "microphone_refused", why: "missing" },
    { type: "credentials_received", credentials: CREDENTIALS },
    { type: "credentials_failed" },
    { type: "registered" },
    { type: "unregistered" },
    { type: "registration_failed", cause: "Rejected" },
    ...CALLS.flatMap((call): PhoneFact[] => [
      { type: "call_arrived", call, number: "", name: "" },
      { type: "call_established", call },
      { type: "call_ended", call, by: "caller", cause: "" },
    ]),
  ];

  /** A small generator with a seed: the same histories on every run. */
  function* choices(seed: number): Generator<number> {
    let state = seed;
    while (true) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield state / 2 ** 32;
    }
  }

  it("rings exactly while a call rings, and never forgets a deadline of a state that needs one", () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const chance = choices(seed);
      const machine = new PhoneMachine();
      let ringing = false;
      let now = 0;
      const hear = (commands: PhoneCommand[]): void => {
        for (const { type } of commands) {
          if (type === "start_ringing") ringing = true;
          if (type === "stop_ringing") ringing = false;
        }
        const { call, line } = machine.state;
        expect(ringing).toBe(call?.state === "ringing");
        if (line === "off") expect(call).toBeNull();
        if (call?.state === "answering" || call?.state === "ending") expect(machine.nextDeadline()).not.toBeNull();
        if (line === "registering" && call === null) expect(machine.nextDeadline()).not.toBeNull();
      };
      for (let step = 0; step < 60; step += 1) {
        const drawn = chance.next().value as number;
        now += 700;
        const due = machine.nextDeadline();
        if (due !== null && due <= now) hear(machine.handleTimer(now));
        const fact = FACTS[Math.floor(drawn * FACTS.length)];
        if (fact !== undefined) hear(machine.handle(fact, now));
      }
    }
  });
});
