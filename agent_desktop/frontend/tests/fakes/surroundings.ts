/** A page without a browser's network: the test is the server, the phone is the one that ships for tests. */

import { Rest } from "../../src/protocol/http";
import type { Me, ServerFrame } from "../../src/protocol/messages";
import { FakeSoftphone } from "../../src/softphone/fake";
import { Ringer } from "../../src/softphone/ringer";
import { ServerClock } from "../../src/state/clock.svelte";
import { Devices } from "../../src/state/devices.svelte";
import { Labels } from "../../src/state/labels.svelte";
import { Place } from "../../src/state/place.svelte";
import { Preferences } from "../../src/state/preferences.svelte";
import { Session } from "../../src/state/session.svelte";
import type { Surroundings } from "../../src/state/workplace.svelte";
import type { Page } from "../../src/views/context";
import { Words } from "../../src/views/words";
import { AT, LABELS, snapshot } from "../samples";
import { FakeDevices } from "./devices";
import { FakeStorage } from "./storage";
import { FakeWire } from "./wire";

/** Answers of the REST interface by "METHOD /path"; what is not given is 404. */
export type Answers = Record<string, () => Response>;

export const SOFTPHONE = {
  device: "phone-anna",
  password: "secret",
  uri: "sip:phone-anna@127.0.0.1",
  websocket_url: "ws://127.0.0.1/ws/sip",
  ice_servers: [],
};

export class FakeServer {
  readonly wires: FakeWire[] = [];
  readonly phone = new FakeSoftphone();
  readonly asked: { readonly what: string; readonly body: unknown }[] = [];
  readonly storage = new FakeStorage();
  readonly page: Page;
  readonly sound = new FakeDevices();
  /** Where the page went. */
  readonly visited: string[] = [];
  rings = 0;
  #seq = 0;

  constructor(readonly answers: Answers = {}) {
    const rest = new Rest((input, init) => {
      const what = `${init?.method} ${String(input)}`;
      this.asked.push({ what, body: typeof init?.body === "string" ? JSON.parse(init.body) : null });
      const answer = this.answers[what] ?? (() => new Response(null, { status: 404 }));
      return Promise.resolve(answer());
    });
    this.answers["GET /api/v1/softphone"] ??= () => Response.json(SOFTPHONE);
    this.answers["GET /api/v1/labels"] ??= () => Response.json(LABELS);
    const preferences = new Preferences(this.storage, ["en"]);
    const clock = new ServerClock(
      () => 0,
      () => AT,
    );
    const ringer = new Ringer(() => 1);
    ringer.start = () => {
      this.rings += 1;
    };
    ringer.stop = () => {};
    const session = new Session(rest);
    const labels = new Labels(rest);
    const surroundings: Surroundings = {
      rest,
      labels,
      clock,
      ringer,
      devices: new Devices(this.sound),
      storage: this.storage,
      locks: undefined,
      connect: () => {
        const wire = new FakeWire();
        this.wires.push(wire);
        return wire;
      },
      makeSoftphone: () => this.phone,
      checkSession: () => void session.check(),
      ownPhone: () => preferences.ownPhone,
    };
    const bar = { path: "/", push: (path: string) => void this.visited.push(path), onMoved: () => {} };
    const words = new Words(preferences, labels);
    this.page = { preferences, session, clock, words, place: new Place(bar), surroundings };
  }

  get wire(): FakeWire {
    const wire = this.wires.at(-1);
    if (wire === undefined) throw new Error("the page has not opened a WebSocket");
    return wire;
  }

  signedIn(me: Me): void {
    this.page.session.me = me;
    this.page.session.phase = "signed_in";
  }

  /** Accept the WebSocket and show this. */
  shows(view: Parameters<typeof snapshot>[1]): void {
    if (this.wire.readyState === 0) this.wire.accept();
    this.#seq += 1;
    this.wire.says(snapshot(this.#seq, view));
  }

  says(frame: ServerFrame): void {
    this.wire.says(frame);
  }

  /** The commands the page sent, without its signs of life. */
  get commands() {
    return this.wires.flatMap((wire) => wire.sent).filter(({ command }) => command.type !== "alive");
  }

  /** Answer the newest command. */
  replies(ok = true, code = "refused"): void {
    const { id } = this.wire.sent.at(-1) ?? { id: "" };
    this.wire.says(ok ? { type: "reply", id, ok } : { type: "reply", id, ok, code, message: "" });
  }
}
