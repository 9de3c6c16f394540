/** Wiring: the only place that makes real parts. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/tables.css";
import { mount } from "svelte";
import { Rest } from "./protocol/http";
import type { Wire } from "./protocol/socket";
import { FakeSoftphone } from "./softphone/fake";
import { Ringer } from "./softphone/ringer";
import { type ChosenDevices, SipSoftphone } from "./softphone/sip";
import type { CallQuality } from "./softphone/softphone";
import { ServerClock } from "./state/clock.svelte";
import { Devices } from "./state/devices.svelte";
import { Labels } from "./state/labels.svelte";
import { Place } from "./state/place.svelte";
import { Preferences } from "./state/preferences.svelte";
import { Session } from "./state/session.svelte";
import type { Surroundings, Workplace } from "./state/workplace.svelte";
import App from "./views/App.svelte";
import { Words } from "./views/words";

const preferences = new Preferences(localStorage, navigator.languages);
const rest = new Rest();
const session = new Session(rest);
const labels = new Labels(rest);
const clock = new ServerClock();
const ringer = new Ringer(() => preferences.ringVolume);
const fake = new URLSearchParams(location.search).get("softphone") === "fake" ? new FakeSoftphone() : null;

function socketAddress(path: string): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
}

function makeSpeaker(): HTMLAudioElement {
  const speaker = document.createElement("audio");
  speaker.autoplay = true;
  return speaker;
}

const chosen: ChosenDevices = {
  microphone: () => preferences.microphone,
  speaker: () => preferences.speaker,
  volume: () => preferences.callVolume,
};

const surroundings: Surroundings = {
  rest,
  labels,
  clock,
  ringer,
  devices: new Devices(navigator.mediaDevices),
  storage: sessionStorage,
  locks: navigator.locks,
  connect: () => new WebSocket(socketAddress("/ws/desktop")) as unknown as Wire,
  makeSoftphone: () => fake ?? new SipSoftphone(makeSpeaker(), chosen),
  checkSession: () => void session.check(),
  ownPhone: () => preferences.ownPhone,
};

let work: Workplace | null = null;

/** For tests and for support at a distance: the page may be asked how its call sounds; nothing can be changed here. */
declare global {
  interface Window {
    __callcenter?: { stats(): Promise<CallQuality | null>; phone(): string; fake: FakeSoftphone | null };
  }
}
window.__callcenter = {
  stats: async () => (await work?.phone?.measure()) ?? null,
  phone: () => work?.phone?.state.line ?? "off",
  fake,
};

// Browsers play no sound before the page was touched: every touch opens the way for the ring tone.
for (const gesture of ["pointerdown", "keydown"] as const) {
  addEventListener(gesture, () => void ringer.unlock(), { passive: true });
}

const place = new Place({
  get path() {
    return location.pathname;
  },
  push: (path) => history.pushState(null, "", path),
  onMoved: (told) => addEventListener("popstate", told),
});

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
mount(App, {
  target,
  props: {
    page: { preferences, session, clock, words: new Words(preferences, labels), place, surroundings },
    opened: (opened: Workplace | null) => {
      work = opened;
      if (preferences.ringer !== null) void ringer.useDevice(preferences.ringer);
    },
  },
});
clock.start();
void session.check();
