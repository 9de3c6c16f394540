/** What the agent is in the middle of: the server's contact and the browser's call, seen together. Pure. */

import type { ContactLive } from "../protocol/messages";
import type { PhoneCall } from "../softphone/machine";

export type Stage =
  | "idle"
  | "announced" // the pop is here, the phone is about to ring
  | "ringing"
  | "answering"
  | "talking"
  | "ending"
  | "elsewhere" // the server knows a call that this page's phone does not: after a reload, for a moment
  | "wrap_up";

/** The phone knows first and best about its own call; without one, the contact says where things stand. */
export function stage(contact: ContactLive | null, call: PhoneCall | null): Stage {
  if (call !== null) return call.state;
  switch (contact?.phase) {
    case undefined:
      return "idle";
    case "offered":
    case "dialling":
      return "announced";
    case "talking":
      return "elsewhere";
    case "wrap_up":
      return "wrap_up";
  }
}
