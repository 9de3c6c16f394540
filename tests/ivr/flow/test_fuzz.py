"""Broken, odd and hostile flow files: `scripts/fuzz_flows` with fewer of them."""

from collections import Counter

import pytest

from ivr.errors import FlowError
from tests.ivr.flows import HEAD, small_flow
from tests.support.flow_fuzz import LONGEST, try_file


def test_whatever_a_file_holds_it_is_refused_with_a_reason_or_can_be_run() -> None:
    tried = [try_file(seed) for seed in range(2_000)]
    outcomes = Counter(one.outcome for one in tried)
    assert outcomes["refused"] > 1_000
    assert outcomes["run"] > 40
    assert max(one.seconds for one in tried) < 10 * LONGEST  # the script's own bound is for a machine that is not busy


@pytest.mark.parametrize("length", [1_001, 10_000])
def test_a_prompt_that_nobody_would_listen_to_is_refused(length: int) -> None:
    with pytest.raises(FlowError, match="at most 1000 characters"):
        small_flow(f"begin: {{ type: play, prompt: {{ en: {'x' * length} }}, next: person }}\n", head=HEAD)
