/** What the server says this person's desktop shows, and how fresh that is. */

import type { ClosingReason, LinkStatus } from "../protocol/connection";
import type { AgentView, Command, SupervisorView, View } from "../protocol/messages";
import { DesktopSocket, type Outcome, type Wire } from "../protocol/socket";
import type { ServerClock } from "./clock.svelte";

export class Desktop {
  view = $state.raw<View | null>(null);
  link = $state<LinkStatus>("connecting");
  /** The server's time when all that is shown was last true. */
  updatedAt = $state<number | null>(null);
  dismissed = $state<ClosingReason | null>(null);
  readonly #socket: DesktopSocket;
  readonly #watchers: ((view: View) => void)[] = [];
  readonly #linkWatchers: ((status: LinkStatus) => void)[] = [];
  readonly #dismissalWatchers: (() => void)[] = [];

  constructor(clock: ServerClock, connect: () => Wire, checkSession: () => void) {
    this.#socket = new DesktopSocket(connect, {
      show: (view) => {
        this.view = view;
        for (const watch of this.#watchers) watch(view);
      },
      correctClock: (at) => {
        clock.correct(at);
        // While the call server is away the desktop server still speaks, but has no news.
        if (this.view?.link.cti_up ?? true) this.updatedAt = at;
      },
      linkChanged: (status) => {
        this.link = status;
        for (const watch of this.#linkWatchers) watch(status);
      },
      dismissed: (why) => {
        this.dismissed = why;
        for (const watch of this.#dismissalWatchers) watch();
      },
      checkSession,
    });
  }

  get agent(): AgentView | null {
    return this.view?.kind === "agent" ? this.view : null;
  }

  get supervisor(): SupervisorView | null {
    return this.view?.kind === "supervisor" ? this.view : null;
  }

  /** Live: what is shown is true now. Otherwise it is the last that was known. */
  get fresh(): boolean {
    return this.link === "live" && (this.view?.link.cti_up ?? false);
  }

  onView(watch: (view: View) => void): void {
    this.#watchers.push(watch);
  }

  onLink(watch: (status: LinkStatus) => void): void {
    this.#linkWatchers.push(watch);
  }

  onDismissal(watch: () => void): void {
    this.#dismissalWatchers.push(watch);
  }

  start(): void {
    this.#socket.start();
  }

  stop(): void {
    this.#socket.stop();
  }

  request(command: Command): Promise<Outcome> {
    return this.#socket.request(command);
  }
}
