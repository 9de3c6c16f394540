"""The desktop's screens in a real browser over the real web server and a scripted floor, each in one known state.

``python -m tests.support.desktop_screens FOLDER [SCREEN …]`` writes a picture of each, in every look.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from callcenter.api.messages import (
    AgentActivity,
    AgentReport,
    AgentStateName,
    ContactLive,
    ContactPhase,
    ContactReport,
    CustomerCard,
    DesktopDismissed,
    GatheredAnswer,
    PastInteraction,
    PromiseLive,
    QueueReport,
    Repair,
    RepairLive,
    RepairReport,
    SignOn,
    Tier,
    WaitingLive,
)
from tests.fakes.cti_client import FakeCtiClient
from tests.support import floor_samples as samples
from tests.support.desktop_server import PASSWORD, DesktopServer, desktop_server

HOUSE = Path(__file__).resolve().parents[2]
STATIC = HOUSE / "agent_desktop" / "static"
AXE = HOUSE / "agent_desktop" / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)
REASONS = samples.reasons(samples.LABELS.reasons)
OUTCOMES = samples.choices(samples.LABELS.dispositions)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium of this machine."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def screens_server() -> AsyncIterator[DesktopServer]:
    """The web server with the built pages and a floor of two queues."""
    cti = FakeCtiClient(samples.snapshot(reasons=REASONS))
    async with desktop_server(static=STATIC, cti=cti) as server:
        yield server


@dataclass(kw_only=True)
class Stage:
    """One page of one person and the floor behind it."""

    server: DesktopServer
    context: BrowserContext
    page: Page
    refused: list[str]  # what the browser reported as an error: a page must not cause any

    @property
    def now(self) -> int:
        """The server's time in milliseconds."""
        return int(self.server.now.timestamp() * 1000)

    # -- what a person does ------------------------------------------------------------------------------------------

    async def open(self, path: str = "/?softphone=fake") -> None:
        await self.page.goto(self.server.origin + path)

    async def sign_in(self, name: str) -> None:
        await self.open()
        await self.page.get_by_test_id("person").fill(name)
        await self.page.get_by_test_id("password").fill(PASSWORD)
        await self.page.get_by_test_id("sign-in-submit").click()

    async def agent(self) -> None:
        """Anna at her desktop, her phone registered."""
        await self.sign_in("anna")
        await self.page.locator("[data-testid=health-phone][data-health=ok]").wait_for(state="attached")

    # -- what the floor does -----------------------------------------------------------------------------------------

    def anna(self, **fields: object) -> None:
        """Anna's record changed."""
        made = {"name": "Anna Berg", "since": self.now - 84_000, "queues": ("support", "sales"), **fields}
        agent = samples.agent("anna").model_copy(update=made)
        others = tuple(other for other in self.server.cti.state.agents if other.agent != "anna")
        self._remember(agents=(agent, *others))
        self.server.cti.report(AgentReport(agent=agent), at=self.now)

    def contact(self, contact: ContactLive | None, gone: Literal["missed"] | None = None) -> None:
        """Anna's contact changed."""
        self._remember(contacts={} if contact is None else {"anna": contact})
        self.server.cti.report(ContactReport(agent="anna", contact=contact, gone=gone), at=self.now)

    def _remember(self, **fields: object) -> None:
        """Let the next snapshot say so too."""
        self.server.cti.state = self.server.cti.state.model_copy(update=fields)

    def queues(self) -> None:
        """Support is busy, sales is calm."""
        waiting = (
            self._waiting(1, Tier.VIP, "Margarethe von Österreich-Sommerfeld", 12),
            self._waiting(2, Tier.STANDARD, None, 51),
            self._waiting(3, Tier.GOLD, "林美", 34),
        )
        support = samples.queue(
            "support",
            waiting=3,
            longest_since=self.now - 51_000,
            agents_ready=0,
            agents_busy=2,
            agents_wrap_up=1,
            agents_not_ready=1,
            offered_today=148,
            answered_today=139,
            abandoned_today=6,
            answered_in_target_today=121,
            first_waiting=waiting,
            callbacks=3,
            first_promises=(
                self._promise(11, Tier.GOLD, "Dóra Szabó", calling_since=self.now - 7_000, attempts=1),
                self._promise(12, Tier.STANDARD, None, attempts=1, failed="busy", not_before=self.now + 170_000),
                self._promise(13, Tier.VIP, "Margarethe von Österreich-Sommerfeld"),
            ),
        )
        sales = samples.queue("sales", agents_ready=2, offered_today=0)
        for queue in (support, sales):
            self.server.cti.report(QueueReport(queue=queue), at=self.now)

    def _promise(self, number: int, tier: Tier, name: str | None, **fields: object) -> PromiseLive:
        made = PromiseLive(
            interaction=samples.uuid(number),
            tier=tier,
            customer_name=name,
            number=f"+49151555501{number}",
            since=self.now - 1_500_000,
            attempts=0,
            attempts_at_most=3,
            failed=None,
            not_before=None,
            expires_at=self.now + 12_900_000,
            calling_since=None,
        )
        return made.model_copy(update=fields)

    def team(self) -> None:
        """Six agents in all states."""
        self.anna(
            state=AgentStateName.BUSY,
            reason=None,
            activity=AgentActivity.TALKING,
            contact=samples.uuid(1),
            contact_queue="support",
            pending=AgentStateName.NOT_READY,
            pending_reason="lunch",
            chosen=AgentStateName.NOT_READY,
            chosen_reason="lunch",
        )
        for name, full, state, reason, seconds, registered in (
            ("ben", "Ben Okafor", AgentStateName.NOT_READY, "paperwork", 1_260, True),
            ("chen", "陈伟", AgentStateName.READY, None, 42, True),
            ("dora", "Dóra Szabó", AgentStateName.WORKING_AFTER_CALL, None, 23, True),
            ("emil", "Emil Larsen", AgentStateName.READY, None, 301, True),
            ("fay", "Fay Romero", AgentStateName.NOT_READY, "phone unreachable", 95, False),
        ):
            since = self.now - seconds * 1000
            made = {"name": full, "state": state, "reason": reason, "since": since, "registered": registered}
            record = samples.agent(name).model_copy(update=made)
            self.server.cti.report(AgentReport(agent=record), at=self.now)

    def repairs(self) -> None:
        """Some things were put right, most of them by a supervisor."""
        for repair, minutes, agent, number, by in (
            (Repair.PROMISE_DROPPED, 190, None, 21, "adam"),
            (Repair.STATE_FORCED, 47, "chen", None, "sue"),
            (Repair.AGENT_FREED, 32, "dora", 22, None),
            (Repair.CUSTOMER_WITHOUT_AGENT, 31, None, 23, None),
            (Repair.CONTACT_CLEARED, 18, "ben", 24, "sue"),
            (Repair.STATE_FORCED, 4, "ben", None, "sue"),
        ):
            interaction = samples.uuid(number) if number is not None else None
            at = self.now - minutes * 60_000
            live = RepairLive(at=at, repair=repair, agent=agent, interaction=interaction, by=by)
            self.server.cti.report(RepairReport(repair=live), at=self.now)

    def caller(self, phase: ContactPhase = ContactPhase.OFFERED, **fields: object) -> ContactLive:
        """A VIP with a history, calling."""
        talked = phase is not ContactPhase.OFFERED
        made: dict[str, object] = {
            "phase": phase,
            "calling_number": "+4915112345678",
            "called_number": "+498005550100",
            "customer": CustomerCard.bare(
                customer="c-1", name="Margarethe Sommerfeld", account="4001 2278", tier=Tier.VIP
            ).model_copy(
                update={
                    "language": "de",
                    "numbers": ("+4915112345678", "+49305550177"),
                    "history": self._history(),
                }
            ),
            "gathered": (
                GatheredAnswer(key="account", label="Account number", value="4001 2278"),
                GatheredAnswer(key="reason", label="Reason", value="support"),
            ),
            "waited_s": 73.0,
            "arrived_at": self.now - 96_000,
            "offered_at": self.now - 4_000,
            "answered_at": self.now - 127_000 if talked else None,
            "dispositions": OUTCOMES,
        }
        return samples.contact(1, **(made | fields))

    async def ring(self) -> None:
        """The phone rings."""
        await self.page.evaluate("__callcenter.fake.ring('call-1', '+4915112345678', '')")

    async def talk(self) -> None:
        """The phone rings and is answered."""
        await self.ring()
        await self.page.get_by_test_id("answer").click()
        await self.page.locator("[data-testid=call][data-stage=talking]").wait_for()

    def _waiting(self, number: int, tier: Tier, name: str | None, seconds: int) -> WaitingLive:
        return WaitingLive(
            interaction=samples.uuid(700 + number),
            tier=tier,
            customer_name=name,
            calling_number=f"+491511234{number:04}",
            since=self.now - seconds * 1000,
            came_from=None,
            expected_from=None,
            expected_until=None,
            fallback=False,
        )

    def _history(self) -> tuple[PastInteraction, ...]:
        day = 86_400_000
        first = samples.past(9).model_copy(
            update={
                "started_at": self.now - 2 * day,
                "disposition": "follow-up",
                "disposition_label": "Follow-up needed",
                "agent_name": "Ben Okafor",
                "note": "Router drops the line every evening around 20:00. Promised a technician; wants a call back "
                "before Friday.",
                "talked_s": 412.0,
            }
        )
        second = samples.past(8).model_copy(
            update={
                "started_at": self.now - 19 * day,
                "outcome": "abandoned",
                "disposition": None,
                "disposition_label": None,
                "agent_name": None,
                "note": None,
                "talked_s": None,
                "waited_s": 184.0,
            }
        )
        third = samples.past(7).model_copy(
            update={"started_at": self.now - 64 * day, "note": "Moved house; address changed, contract unchanged."}
        )
        return first, second, third


# -- the screens ---------------------------------------------------------------------------------------------------


async def sign_in(stage: Stage) -> None:
    """Signing in, refused."""
    await stage.open()
    await stage.page.get_by_test_id("person").fill("anna")
    await stage.page.get_by_test_id("password").fill("not this one")
    await stage.page.get_by_test_id("sign-in-submit").click()
    await stage.page.get_by_test_id("sign-in-error").wait_for()


async def change_password(stage: Stage) -> None:
    """The password of the first sign-in must be changed."""
    await stage.sign_in("newcomer")
    await stage.page.get_by_test_id("change-password").wait_for()


async def idle(stage: Stage) -> None:
    """Ready, nobody calls."""
    await stage.agent()
    stage.queues()
    stage.anna(state=AgentStateName.READY, reason=None)
    await stage.page.locator("[data-testid=status][data-state=ready]").wait_for()


async def away(stage: Stage) -> None:
    """At lunch, with the status menu open."""
    await stage.agent()
    stage.queues()
    stage.anna(state=AgentStateName.NOT_READY, reason="lunch")
    await stage.page.locator("[data-testid=status][data-reason=lunch]").wait_for()
    await stage.page.get_by_test_id("status-menu").click()
    await stage.page.get_by_test_id("status-menu-list").wait_for()


async def ringing(stage: Stage) -> None:
    """The pop is there and the phone rings."""
    await idle(stage)
    stage.contact(stage.caller())
    await stage.page.get_by_test_id("customer").wait_for()
    await stage.ring()
    await stage.page.locator("[data-testid=call][data-stage=ringing]").wait_for()


async def talking(stage: Stage) -> None:
    """In a call, lunch chosen for after it, a note begun."""
    await idle(stage)
    stage.contact(stage.caller())
    await stage.page.get_by_test_id("customer").wait_for()
    await stage.talk()
    stage.contact(stage.caller(ContactPhase.TALKING))
    stage.anna(
        state=AgentStateName.BUSY,
        reason=None,
        since=stage.now - 127_000,
        pending=AgentStateName.NOT_READY,
        pending_reason="lunch",
    )
    await stage.page.get_by_test_id("pending").wait_for()
    await stage.page.get_by_test_id("note").fill("Line drops again. Technician was there on Tuesday,\nfound nothing.")
    await stage.page.locator("[data-testid=draft-status][data-status=clean]").wait_for()
    await stage.page.get_by_test_id("keypad-toggle").click()
    await stage.page.get_by_test_id("keypad").wait_for()


async def wrap_up(stage: Stage) -> None:
    """The caller has hung up; the count-down runs."""
    await idle(stage)
    stage.anna(state=AgentStateName.WORKING_AFTER_CALL, reason=None, since=stage.now - 8_000)
    stage.contact(
        stage.caller(
            ContactPhase.WRAP_UP,
            ended_at=stage.now - 8_000,
            ended_by="caller",
            wrap_up_until=stage.now + 22_000,
            note="Line drops again. Technician was there on Tuesday, found nothing. Escalated to network.",
            disposition="follow-up",
        )
    )
    await stage.page.get_by_test_id("wrap-up").wait_for()


async def unknown_caller(stage: Stage) -> None:
    """Nobody knows this caller, who withholds the number."""
    await idle(stage)
    stage.contact(stage.caller(customer=None, tier=Tier.STANDARD, calling_number="", calling_name="", gathered=()))
    await stage.page.get_by_test_id("customer").wait_for()


async def missed(stage: Stage) -> None:
    """The phone rang in vain."""
    await stage.agent()
    stage.queues()
    stage.contact(stage.caller())
    await stage.page.get_by_test_id("customer").wait_for()
    stage.anna(state=AgentStateName.NOT_READY, reason="missed call")
    stage.contact(None, gone="missed")
    await stage.page.get_by_test_id("missed").wait_for()


async def cti_away(stage: Stage) -> None:
    """The CTI server is gone while a note is being written."""
    await talking(stage)
    stage.server.cti.up = False
    stage.server.cti.lose()
    await stage.page.get_by_test_id("banner-cti").wait_for()
    await stage.page.get_by_test_id("note").fill("Typed while the server was away.")
    await stage.page.locator("[data-testid=draft-status][data-status=waiting]").wait_for()


async def shortcuts(stage: Stage) -> None:
    """The list of shortcuts."""
    await idle(stage)
    await stage.page.keyboard.press("?")
    await stage.page.get_by_test_id("shortcuts").wait_for()


async def sound(stage: Stage) -> None:
    """Devices and notifications."""
    await idle(stage)
    await stage.page.get_by_test_id("account").click()
    await stage.page.get_by_test_id("open-sound").click()
    await stage.page.get_by_test_id("sound").wait_for()


async def account(stage: Stage) -> None:
    """Who am I, and how it looks."""
    await idle(stage)
    await stage.page.get_by_test_id("account").click()
    await stage.page.get_by_test_id("account-panel").wait_for()


async def other_tab(stage: Stage) -> None:
    """The desktop is open in another tab."""
    await idle(stage)
    stage.page = await stage.context.new_page()
    await stage.open()
    await stage.page.get_by_test_id("other-tab").wait_for()


async def elsewhere(stage: Stage) -> None:
    """The same agent signed in in another browser."""
    await idle(stage)
    other = await stage.server.signed_in("anna")
    async with other.socket() as page:
        await page.frame()
        first = next(request for request in stage.server.cti.requests if isinstance(request, SignOn))
        stage.server.cti.report(DesktopDismissed(agent="anna", desktop=first.desktop), at=stage.now)
        await stage.page.get_by_test_id("dismissed-signed_in_elsewhere").wait_for()


async def supervisor(stage: Stage) -> None:
    """The live board of a busy hour."""
    await stage.sign_in("sue")
    await stage.page.get_by_test_id("supervisor-page").wait_for()
    stage.queues()
    stage.team()
    await stage.page.get_by_test_id("agent-fay").wait_for()


async def drop_promise(stage: Stage) -> None:
    """A promised callback is about to be given up."""
    await supervisor(stage)
    await stage.page.get_by_test_id("drop-promise").last.click()
    await stage.page.get_by_test_id("drop-promise-confirm").wait_for()


async def repairs(stage: Stage) -> None:
    """Things were put right: by the platform itself, which is to be noticed, and by supervisors."""
    await supervisor(stage)
    stage.repairs()
    await stage.page.get_by_test_id("repairs-all").click()
    # Just below the bar that stays at the top: a line half under it would be found too small to be hit.
    await stage.page.get_by_test_id("repairs-all").evaluate(
        "button => { button.closest('.card').scrollIntoView(); scrollBy(0, -80) }"
    )


async def manage_agent(stage: Stage) -> None:
    """What can be done about an agent who is in a call."""
    await supervisor(stage)
    await stage.page.get_by_test_id("agent-anna").get_by_test_id("manage-agent").click()
    await stage.page.get_by_test_id("force-not-ready-paperwork").wait_for()


async def clear_work(stage: Stage) -> None:
    """An agent's work is about to be cleared: the page says what will happen."""
    await manage_agent(stage)
    await stage.page.get_by_test_id("clear-work").click()
    await stage.page.get_by_test_id("manage-confirm").wait_for()


async def signed_off(stage: Stage) -> None:
    """A supervisor signed the agent off."""
    await idle(stage)
    first = next(request for request in stage.server.cti.requests if isinstance(request, SignOn))
    stage.server.cti.report(DesktopDismissed(agent="anna", desktop=first.desktop, by="sue"), at=stage.now)
    await stage.page.get_by_test_id("dismissed-signed_off").wait_for()


async def administrator(stage: Stage) -> None:
    """The live board and the signed-in browsers."""
    await stage.server.signed_in("ben")
    await stage.sign_in("adam")
    await stage.page.get_by_test_id("end-session").first.wait_for()


Scene = Callable[[Stage], Awaitable[object]]
SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        sign_in,
        change_password,
        idle,
        away,
        ringing,
        talking,
        wrap_up,
        unknown_caller,
        missed,
        cti_away,
        shortcuts,
        sound,
        account,
        other_tab,
        elsewhere,
        supervisor,
        drop_promise,
        repairs,
        manage_agent,
        clear_work,
        signed_off,
        administrator,
    )
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a screen is looked at."""

    language: str = "en"
    theme: str = "light"
    width: int = 1280
    height: int = 860

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"


WIDE = Look()
LOOKS = (
    WIDE,
    Look(theme="dark"),
    Look(language="zh", width=400),
    Look(language="zh", theme="dark"),
    Look(width=400),
)


@asynccontextmanager
async def staged(browser: Browser, server: DesktopServer, look: Look = WIDE) -> AsyncIterator[Stage]:
    """A fresh browser profile with this look."""
    context = await browser.new_context(
        viewport={"width": look.width, "height": look.height},
        locale="zh-CN" if look.language == "zh" else "en-GB",
        color_scheme="dark" if look.theme == "dark" else "light",
        timezone_id="Europe/Berlin",
        permissions=["microphone"],
    )
    context.set_default_timeout(20_000)  # milliseconds; the cores may be shared
    preferences = json.dumps({"language": look.language})
    # Not on about:blank, which has no storage.
    remember = f"if (origin !== 'null') localStorage.setItem('callcenter.preferences', '{preferences}')"
    await context.add_init_script(remember)
    stage = Stage(server=server, context=context, page=await context.new_page(), refused=[])
    context.on("weberror", lambda error: stage.refused.append(str(error.error)))
    context.on("console", lambda message: _collect(stage, message.type, message.text))
    try:
        yield stage
    finally:
        await context.close()


def _collect(stage: Stage, kind: str, text: str) -> None:
    # A refused sign-in or edit is an answer; browsers log its status all the same.
    if kind == "error" and not any(f"status of {answer}" in text for answer in (401, 409, 422)):
        stage.refused.append(text)


_RUN_AXE = """async () => {
    const runOnly = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await axe.run({ runOnly });
    const why = node => [...node.any, ...node.all, ...node.none].map(check => check.message).join(' ');
    return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.html} ${why(node)}`));
}"""


async def axe_violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA, one line each."""
    # Evaluated by the debugger and not as a script of the page: the page's policy allows no foreign ones.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate(_RUN_AXE)
    return [str(line) for line in found]


async def write_pictures(folder: Path, names: list[str], scenes: Mapping[str, Scene]) -> None:
    """Write every chosen scene in every look."""
    folder.mkdir(parents=True, exist_ok=True)
    async with chromium() as browser:
        for name, scene in scenes.items():
            if names and name not in names:
                continue
            for look in LOOKS:
                async with screens_server() as server, staged(browser, server, look) as stage:
                    try:
                        await scene(stage)
                    finally:
                        await stage.page.screenshot(path=folder / f"{name}-{look}.png", full_page=look.width < 1000)
                    for line in [*stage.refused, *await axe_violations(stage.page)]:
                        print(f"{name} {look}: {line}")  # noqa: T201 -- for the person who runs it


def main(scenes: Mapping[str, Scene], description: str | None) -> None:
    """Write the pictures that the command line asks for."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("screens", nargs="*", choices=[*scenes, []])
    arguments = parser.parse_args()
    asyncio.run(write_pictures(arguments.folder, arguments.screens, scenes))


if __name__ == "__main__":
    main(SCENES, __doc__)
