/** A WebSocket without a network: the test plays the server. */

import type { CommandFrame, ServerFrame } from "../../src/protocol/messages";
import type { Wire } from "../../src/protocol/socket";

export class FakeWire implements Wire {
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readyState = 0;
  readonly sent: CommandFrame[] = [];

  send(text: string): void {
    this.sent.push(JSON.parse(text) as CommandFrame);
  }

  close(): void {
    this.readyState = 3;
  }

  // -- what the server does ------------------------------------------------------------------------------------

  accept(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  says(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  breaks(): void {
    this.readyState = 3;
    this.onclose?.();
  }
}
