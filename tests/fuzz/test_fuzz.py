"""Every reader under coverage-guided fuzzing for seconds (`make fuzz`: hours), and the proof that bugs are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz import campaign, seeds
from tests.fuzz.broken import BROKEN
from tests.fuzz.promises import PromiseBrokenError, answers, silent
from tests.fuzz.targets import TARGETS
from tests.mrtd.pki.support import Identity, csca

#: The same inputs in every run; both bounds together keep all targets below a minute on two cores.
SEED = 9303
RUNS = 2_000
SECONDS = 4
#: A slow machine gets through fewer inputs in time; with fewer than these nothing was tried.
MINIMAL_RUNS = 300
#: For broken readers alone: they end when the bug is found.
PATIENCE = 120

needs_atheris = pytest.mark.skipif(
    not campaign.available(), reason="NOT FUZZED: atheris has no wheel for this platform or Python"
)


@needs_atheris
@pytest.mark.parametrize("target", TARGETS)
def test_fuzz(target: str, tmp_path: Path) -> None:
    outcome = campaign.run(target, tmp_path, seconds=SECONDS, runs=RUNS, seed=SEED)
    assert not outcome.found, outcome.report()
    assert outcome.ended_well, outcome.report()
    before, after = outcome.covered
    # without instrumentation there would be next to no places, and mutation is to reach more than the seeds do
    assert 40 <= before < after, outcome.output[-2000:]
    assert outcome.runs >= MINIMAL_RUNS


@needs_atheris
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("wrong_error", "KeyError"),
        ("slow", "more than 1.0 s"),
        ("talkative_error", "an error quotes its input"),
        ("talkative_repr", "says too much"),
    ],
)
def test_a_broken_reader_is_reported(target: str, said: str, tmp_path: Path) -> None:
    certificate = seeds.specimen("certificate")[0]
    if target != "talkative_repr":  # the seed itself shows no other bug
        assert answers(BROKEN[target], certificate)
    outcome = campaign.run(target, tmp_path, seconds=PATIENCE, seed=SEED, start=(certificate,))
    assert not outcome.ended_well
    assert said in outcome.output
    (found,) = outcome.found
    assert found.hex() in outcome.report()
    with pytest.raises((KeyError, PromiseBrokenError)):
        answers(BROKEN[target], found)


def test_every_broken_reader_is_tried() -> None:
    (mark,) = [m for m in test_a_broken_reader_is_reported.pytestmark if m.name == "parametrize"]
    assert {name for name, _ in mark.args[1]} == set(BROKEN)
    assert not set(BROKEN) & set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_the_seeds_reach_the_reader(target: str) -> None:
    """A seed that nobody can read starts nothing; some broken ones (fixtures of bad dumps) are wanted."""
    answered = [answers(TARGETS[target], data) for data in seeds.specimen(target)]
    assert answered.count(True) >= max(1, len(answered) // 4)
    assert not answers(TARGETS[target], b""), "no input is no answer"


@pytest.mark.real
@pytest.mark.parametrize("target", seeds.REAL_TARGETS)
def test_real_material_keeps_the_promises(target: str, real_data: Path) -> None:
    """Real files, lists cut to three members with their signatures as they are."""
    found = seeds.real(target, real_data)
    answered = [answers(TARGETS[target], data) for data in found]
    assert found
    assert answered.count(True) >= 0.9 * len(answered)


def test_promises_are_about_names() -> None:
    """The `repr` of a certificate may hold its country and no other word of its names."""
    certificate = csca(Identity.new("Somebody Else"))
    silent(certificate, certificate.subject)

    class Named:
        def __repr__(self) -> str:
            return f"Certificate(subject={certificate.subject.common_name})"

    with pytest.raises(PromiseBrokenError, match="says too much"):
        silent(Named())


def test_errors_keep_what_they_could_not_read_to_themselves() -> None:
    def quoting(data: bytes) -> None:
        try:
            int(data)
        except ValueError as error:
            from mrtd.errors import MalformedError

            raise MalformedError("bad_number") from error

    with pytest.raises(PromiseBrokenError, match="quotes"):
        answers(quoting, b"ERIKSSON")
