import { describe, expect, it } from "vitest";
import type { ContactLive } from "../../src/protocol/messages";
import type { CallState, PhoneCall } from "../../src/softphone/machine";
import { stage } from "../../src/state/stage";
import { contact } from "../samples";

const call = (state: CallState): PhoneCall => ({
  id: "c1",
  state,
  number: "",
  name: "",
  since: 0,
  muted: false,
  digits: "",
});
const at = (phase: ContactLive["phase"]): ContactLive => contact({ phase });

describe("stage", () => {
  it.each([
    ["idle", null, null],
    ["announced", at("offered"), null],
    ["ringing", at("offered"), call("ringing")],
    ["answering", at("offered"), call("answering")],
    ["talking", at("offered"), call("talking")], // the phone knows before the server says so
    ["talking", at("talking"), call("talking")],
    ["dialling", at("dialling"), null],
    ["dialling", at("dialling"), call("talking")], // with nobody yet
    ["ringing", at("dialling"), call("ringing")], // a phone that does not answer by itself
    ["ending", at("dialling"), call("ending")],
    ["ending", at("talking"), call("ending")],
    ["elsewhere", at("talking"), null],
    ["wrap_up", at("wrap_up"), null],
    ["ringing", null, call("ringing")], // the call server is dead and the switch rings by itself
    ["ringing", at("wrap_up"), call("ringing")],
  ] as const)("is %s", (expected, seen, ongoing) => {
    expect(stage(seen, ongoing)).toBe(expected);
  });
});
