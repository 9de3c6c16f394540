/** What the agent is in the middle of: the server's contact and the browser's call, seen together. Pure. */

import type { CallLive, ContactLive } from "../protocol/messages";
import type { PhoneCall } from "../softphone/machine";

export type Stage =
  | "idle"
  | "announced" // the pop is here, the phone is about to ring
  | "ringing"
  | "answering"
  | "dialling" // the agent calls somebody, who has not answered yet
  | "talking"
  | "ending"
  | "elsewhere" // the server knows a call that this page's phone does not: a telephone on the desk, or after a reload
  | "wrap_up";

/** The phone knows first and best about its own call; without one, the contact says where things stand. */
export function stage(contact: ContactLive | null, call: PhoneCall | null): Stage {
  if (contact?.phase === "dialling" && call?.state !== "ringing" && call?.state !== "ending") return "dialling";
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

/** How customer, agent and a third stand to each other; the words of the call's title follow it. */
export type Talk =
  | "alone" // agent and customer
  | "holding"
  | "calling" // the customer is held while somebody is called
  | "consulting"
  | "alternated" // with the customer, while the other hears music
  | "conference"
  | "left" // the customer has gone, the other is still there
  | "asked"; // a colleague asks me about his customer

export function talk(call: CallLive | null): Talk {
  const party = call?.party ?? null;
  if (call === null || (party === null && call.role === "handling"))
    return call?.customer === "held" ? "holding" : "alone";
  if (call.joined) return "conference";
  if (call.role === "consulted") return party === null ? "alone" : "asked"; // two agents in a call have nobody beside
  if (call.customer === "null") return "left";
  switch (party?.state) {
    case "alerting":
      return "calling";
    case "connected":
      return "consulting";
    case "held":
      return "alternated";
    default:
      return call.customer === "held" ? "holding" : "alone";
  }
}

/** Whose number it is that the agent has on the line: who called, or whom he called. */
export function numberOf(contact: ContactLive): string {
  return contact.direction === "out" ? contact.called_number : contact.calling_number;
}

/** Who it is, as well as anybody knows: empty where nobody does. */
export function nameOf(contact: ContactLive): string {
  return contact.customer?.name ?? contact.calling_name;
}
