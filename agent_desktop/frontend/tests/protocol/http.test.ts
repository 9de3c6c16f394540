import { describe, expect, it } from "vitest";
import { Customers } from "../../src/protocol/customers";
import { RequestFailed, Rest } from "../../src/protocol/http";
import { ME } from "../samples";

function answering(status: number, body: unknown, headers: Record<string, string> = {}): Rest {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Rest(() => Promise.resolve(new Response(status === 204 ? null : text, { status, headers })));
}

async function failure(work: Promise<unknown>): Promise<RequestFailed> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof RequestFailed)) throw new Error("the request was expected to fail");
  return error;
}

describe("Rest", () => {
  it("takes a missing session for nobody", async () => {
    expect(await answering(401, { code: "not_signed_in" }).me()).toBeNull();
    expect(await answering(200, ME).me()).toEqual(ME);
  });

  it("carries code and wait of a refusal", async () => {
    const rest = answering(429, { code: "too_many_attempts", detail: "wait", retry_after: 30 });
    expect(await failure(rest.signIn({ person: "anna", password: "x" }))).toMatchObject({
      code: "too_many_attempts",
      status: 429,
      retryAfter: 30,
    });
  });

  it("reads the wait of a proxy that knows no problems", async () => {
    const rest = answering(503, "<html>", { "retry-after": "7" });
    expect(await failure(rest.softphone())).toMatchObject({ code: "unreachable", retryAfter: 7 });
  });

  it("says unreachable when nobody answers", async () => {
    const rest = new Rest(() => Promise.reject(new TypeError("failed to fetch")));
    expect(await failure(rest.me())).toMatchObject({ code: "unreachable", status: 0 });
  });

  it("says unreachable when an answer breaks off, or is another's", async () => {
    const breaking = new ReadableStream({ pull: (stream) => stream.error(new TypeError("network error")) });
    const rest = new Rest(() => Promise.resolve(new Response(breaking)));
    expect(await failure(rest.me())).toMatchObject({ code: "unreachable" });
    expect(await failure(answering(200, "<html>sign in to the network</html>").me())).toMatchObject({
      code: "unreachable",
    });
  });

  it("encodes what it puts into an address", async () => {
    const asked: string[] = [];
    const rest = new Rest((input) => {
      asked.push(String(input));
      return Promise.resolve(Response.json({ items: [], cursor: null }));
    });
    await new Customers(rest).changes("a/b?c", "x&y");
    expect(asked).toEqual(["/api/v1/customers/a%2Fb%3Fc/changes?cursor=x%26y&limit=20"]);
  });

  it("has nothing to read after an ended session", async () => {
    expect(await answering(204, "").signOut()).toBeUndefined();
  });
});
