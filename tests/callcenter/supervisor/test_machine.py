"""The supervisor's decisions, in virtual time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.supervisor.commands import (
    AnnounceFailure,
    AnnounceProgress,
    AnnounceRestart,
    AnnounceRunning,
    Command,
    Finish,
    KillProcess,
    StartProcess,
    TerminateProcess,
)
from callcenter.supervisor.events import (
    Event,
    ProcessExited,
    ProcessNotStarted,
    ProcessReady,
    StartRequested,
    StopRequested,
)
from callcenter.supervisor.machine import Phase, State, SupervisorMachine
from callcenter.supervisor.model import Kind, ProcessName, ProcessSpec, RestartPolicy, check_plan

REDIS, MIGRATIONS, CTI, DESKTOP, CALLERS = map(ProcessName, ("redis", "migrations", "cti", "desktop", "callers"))


def spec(name: ProcessName, *after: ProcessName, kind: Kind = Kind.SERVICE, essential: bool = True) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        argv=("true",),
        environment={},
        kind=kind,
        after=frozenset(after),
        essential=essential,
        restart=RestartPolicy(first_seconds=0.2, longest_seconds=1.0, healthy_seconds=10.0),
    )


PLAN = (
    spec(DESKTOP, CTI),
    spec(CTI, REDIS, MIGRATIONS),
    spec(MIGRATIONS, kind=Kind.ONE_SHOT),
    spec(REDIS),
    spec(CALLERS, CTI, essential=False),
)


class Bench:
    """A machine, its clock, and the processes it believes to run."""

    def __init__(self, plan: tuple[ProcessSpec, ...] = PLAN, jitter: float = 1.0) -> None:
        self.machine = SupervisorMachine(plan, lambda: jitter)
        self.now = 100.0
        self.generation: dict[ProcessName, int] = {}

    def tell(self, event: Event) -> list[Command]:
        return self._note(self.machine.handle(event, self.now))

    def ready(self, name: ProcessName) -> list[Command]:
        return self.tell(ProcessReady(name=name, generation=self.generation[name]))

    def exits(self, name: ProcessName, status: int) -> list[Command]:
        return self.tell(ProcessExited(name=name, generation=self.generation[name], status=status))

    def pass_time(self, seconds: float) -> list[Command]:
        self.now += seconds
        return self._note(self.machine.handle_timer(self.now))

    def up(self) -> Bench:
        self.tell(StartRequested())
        self.ready(REDIS)
        self.exits(MIGRATIONS, 0)
        self.ready(CTI)
        self.ready(DESKTOP)
        self.ready(CALLERS)
        assert self.machine.phase is Phase.RUNNING
        return self

    def _note(self, commands: list[Command]) -> list[Command]:
        for command in commands:
            if isinstance(command, StartProcess):
                self.generation[command.name] = command.generation
        return commands


def started(commands: list[Command]) -> set[ProcessName]:
    return {command.name for command in commands if isinstance(command, StartProcess)}


def terminated(commands: list[Command]) -> set[ProcessName]:
    return {command.name for command in commands if isinstance(command, TerminateProcess)}


def restart(commands: list[Command]) -> AnnounceRestart:
    (command,) = commands
    assert isinstance(command, AnnounceRestart)
    return command


class TestGoingUp:
    def test_each_process_waits_for_what_it_needs(self) -> None:
        bench = Bench()
        assert started(bench.tell(StartRequested())) == {REDIS, MIGRATIONS}
        assert started(bench.ready(REDIS)) == set()
        assert started(bench.exits(MIGRATIONS, 0)) == {CTI}
        assert started(bench.ready(CTI)) == {DESKTOP, CALLERS}

    def test_progress_names_the_time_it_took(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        bench.now += 1.5
        assert bench.ready(REDIS) == [AnnounceProgress(name=REDIS, seconds=1.5)]

    def test_running_is_announced_once_and_does_not_wait_for_what_is_not_essential(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        bench.ready(REDIS)
        bench.exits(MIGRATIONS, 0)
        bench.ready(CTI)
        assert AnnounceRunning() in bench.ready(DESKTOP)
        assert AnnounceRunning() not in bench.ready(CALLERS)
        bench.exits(CTI, 1)
        bench.pass_time(1)
        assert AnnounceRunning() not in bench.ready(CTI)

    @pytest.mark.parametrize("status", [1, -9])
    def test_a_one_shot_that_fails_stops_the_start(self, status: int) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        bench.ready(REDIS)
        commands = bench.exits(MIGRATIONS, status)
        assert isinstance(commands[0], AnnounceFailure)
        assert (commands[0].name, terminated(commands)) == (MIGRATIONS, {REDIS})
        assert bench.exits(REDIS, 0) == [Finish(status=1)]

    def test_a_service_that_ends_before_its_first_answer_stops_the_start(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        commands = bench.exits(REDIS, 1)
        assert commands[0] == AnnounceFailure(name=REDIS, reason="ended with status 1")
        assert terminated(commands) == {MIGRATIONS}

    def test_a_program_that_cannot_be_started_stops_the_start_with_the_systems_words(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        commands = bench.tell(ProcessNotStarted(name=REDIS, generation=1, reason="No such file"))
        assert commands[0] == AnnounceFailure(name=REDIS, reason="No such file")

    def test_a_service_that_never_answers_stops_the_start(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        bench.exits(MIGRATIONS, 0)
        commands = bench.pass_time(30)
        assert commands == [
            AnnounceFailure(name=REDIS, reason="not ready after 30 s"),
            TerminateProcess(name=REDIS),
        ]

    def test_what_is_not_essential_may_fail(self) -> None:
        bench = Bench()
        bench.tell(StartRequested())
        bench.ready(REDIS)
        bench.exits(MIGRATIONS, 0)
        bench.ready(CTI)
        assert restart(bench.exits(CALLERS, 127)).name == CALLERS
        assert AnnounceRunning() in bench.ready(DESKTOP)


class TestStayingUp:
    def test_a_killed_cti_server_is_started_again_within_a_second_and_nothing_else_is_touched(self) -> None:
        bench = Bench().up()
        announced = restart(bench.exits(CTI, -9))
        assert (announced.reason, announced.delay) == ("killed by signal 9", 0.2)
        assert bench.pass_time(0.1) == []
        assert bench.pass_time(0.2) == [StartProcess(name=CTI, generation=2)]

    def test_delays_double_up_to_the_longest_and_a_random_half_is_taken_off(self) -> None:
        delays = []
        bench = Bench(jitter=0.0).up()
        for _ in range(5):
            delays.append(restart(bench.exits(CTI, 1)).delay)
            bench.pass_time(1.0)
        assert delays == [0.1, 0.2, 0.4, 0.5, 0.5]

    def test_it_never_gives_up(self) -> None:
        bench = Bench().up()
        for _ in range(200):
            restart(bench.exits(CTI, 1))
            assert started(bench.pass_time(1.0)) == {CTI}

    def test_a_healthy_while_ends_the_row_of_failures(self) -> None:
        bench = Bench().up()
        for _ in range(4):
            bench.exits(CTI, 1)
            bench.pass_time(1.0)
        bench.ready(CTI)
        bench.now += 10.0
        assert restart(bench.exits(CTI, 1)).delay == 0.2

    def test_one_that_hangs_in_coming_back_is_killed_and_started_again(self) -> None:
        bench = Bench().up()
        bench.exits(CTI, 1)
        bench.pass_time(1.0)
        assert bench.pass_time(30.0) == [KillProcess(name=CTI)]
        restart(bench.exits(CTI, -9))
        assert started(bench.pass_time(1.0)) == {CTI}

    def test_a_service_that_ends_well_is_started_again_too(self) -> None:
        assert restart(Bench().up().exits(DESKTOP, 0)).name == DESKTOP

    def test_facts_about_an_earlier_generation_change_nothing(self) -> None:
        bench = Bench().up()
        bench.exits(CTI, -9)
        bench.pass_time(1.0)
        assert bench.tell(ProcessExited(name=CTI, generation=1, status=-9)) == []
        assert bench.tell(ProcessReady(name=CTI, generation=1)) == []
        assert bench.machine.state(CTI) is State.STARTING


class TestGoingDown:
    def test_the_last_started_ends_first_and_the_status_is_good(self) -> None:
        bench = Bench().up()
        assert terminated(bench.tell(StopRequested())) == {DESKTOP, CALLERS}
        assert bench.exits(CALLERS, 0) == []
        assert terminated(bench.exits(DESKTOP, 0)) == {CTI}
        assert terminated(bench.exits(CTI, 0)) == {REDIS}
        assert bench.exits(REDIS, 0) == [Finish(status=0)]

    def test_one_that_does_not_listen_is_killed_at_its_deadline(self) -> None:
        bench = Bench().up()
        bench.tell(StopRequested())
        bench.exits(CALLERS, 0)
        assert bench.pass_time(10.0) == [KillProcess(name=DESKTOP)]
        assert terminated(bench.exits(DESKTOP, -9)) == {CTI}

    def test_asked_twice_everything_is_killed_at_once(self) -> None:
        bench = Bench().up()
        bench.tell(StopRequested())
        commands = bench.tell(StopRequested())
        assert commands == [KillProcess(name=name) for name in (REDIS, CTI, DESKTOP, CALLERS)]

    def test_a_service_that_waits_for_its_restart_is_simply_not_started(self) -> None:
        bench = Bench().up()
        bench.exits(CTI, 1)
        bench.tell(StopRequested())
        assert started(bench.pass_time(1.0)) == set()

    def test_before_anything_runs_it_is_over_at_once(self) -> None:
        assert Bench().tell(StopRequested()) == [Finish(status=0)]


class TestPlan:
    def test_order_follows_the_needs(self) -> None:
        names = [entry.name for entry in check_plan(PLAN)]
        assert names.index(REDIS) < names.index(CTI) < names.index(DESKTOP)

    @pytest.mark.parametrize(
        ("plan", "message"),
        [
            ((spec(REDIS), spec(REDIS)), "two processes are named redis"),
            ((spec(CTI, REDIS),), "cti waits for redis, which is not in the plan"),
            ((spec(CTI, DESKTOP), spec(DESKTOP, CTI)), "wait for each other: cti, desktop"),
            ((spec(REDIS, essential=False), spec(CTI, REDIS)), "cti is essential and waits for redis"),
        ],
    )
    def test_a_plan_that_cannot_work_is_refused(self, plan: tuple[ProcessSpec, ...], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            check_plan(plan)


FACTS = st.tuples(
    st.sampled_from(["ready", "exit", "time", "stop", "not started"]),
    st.sampled_from([REDIS, MIGRATIONS, CTI, DESKTOP, CALLERS]),
    st.integers(0, 3),
    st.sampled_from([0, 1, -9]),
    st.floats(0, 40),
)


@given(st.lists(FACTS, max_size=60))
def test_whatever_happens_nothing_starts_twice_or_too_early_and_the_end_is_the_end(
    facts: list[tuple[str, ProcessName, int, int, float]],
) -> None:
    """A start never meets a running process; a first start finds its needs met; after Finish nothing is commanded."""
    bench = Bench()
    alive: set[ProcessName] = set()
    settled: set[ProcessName] = set()
    finished = False
    after = {entry.name: entry.after for entry in PLAN}

    def carry_out(commands: list[Command]) -> None:
        nonlocal finished
        assert not (finished and commands)
        for command in commands:
            match command:
                case StartProcess(name=name, generation=generation):
                    assert name not in alive
                    assert generation > 1 or after[name] <= settled
                    alive.add(name)
                case AnnounceProgress(name=name):
                    settled.add(name)
                case TerminateProcess(name=name) | KillProcess(name=name):
                    assert name in alive
                case Finish():
                    assert not alive
                    finished = True
                case _:
                    pass

    carry_out(bench.tell(StartRequested()))
    for what, name, generation, status, seconds in facts:
        current = bench.generation.get(name, 0) == generation
        match what:
            case "ready":
                carry_out(bench.tell(ProcessReady(name=name, generation=generation)))
            case "exit" if not current or name in alive:
                if current:
                    alive.discard(name)
                carry_out(bench.tell(ProcessExited(name=name, generation=generation, status=status)))
            case "not started" if current and name in alive:
                alive.discard(name)
                carry_out(bench.tell(ProcessNotStarted(name=name, generation=generation, reason="refused")))
            case "time":
                carry_out(bench.pass_time(seconds))
            case "stop":
                carry_out(bench.tell(StopRequested()))
            case _:
                pass
    carry_out(bench.tell(StopRequested()))
    for _ in range(len(PLAN)):
        for name in sorted(alive):
            if name in alive and bench.machine.state(name) is State.STOPPING:
                alive.discard(name)
                carry_out(bench.exits(name, -15))
    assert finished
