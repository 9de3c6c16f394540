"""Broken, odd and hostile flow files: `scripts/fuzz_flows` with fewer of them."""

from collections import Counter

import pytest

from ivr.errors import FlowError
from tests.ivr.flows import HEAD, small_flow
from tests.support.flow_fuzz import try_file


def test_whatever_a_file_holds_it_is_refused_with_a_reason_or_can_be_run() -> None:
    outcomes = Counter(try_file(seed).outcome for seed in range(2_000))
    assert outcomes["refused"] > 1_000
    assert outcomes["run"] > 40


@pytest.mark.parametrize("length", [1_001, 10_000])
def test_a_prompt_that_nobody_would_listen_to_is_refused(length: int) -> None:
    with pytest.raises(FlowError, match="at most 1000 characters"):
        small_flow(f"begin: {{ type: play, prompt: {{ en: {'x' * length} }}, next: person }}\n", head=HEAD)
