"""`python -m tests.fuzz.harness TARGET [option of libFuzzer or folder of inputs ...]`: one target under atheris.

Ends with the process, as libFuzzer does; what it found lies in the folder of `-artifact_prefix`.
"""

from __future__ import annotations

import sys

import atheris


def main() -> None:
    """Instrument the readers while they are imported, then fuzz until an option of libFuzzer ends it."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["mrtd", "mrz"], exclude=["mrtd.specimen", "mrtd.asn1"]):
        from tests.fuzz.broken import BROKEN
        from tests.fuzz.mutator import mutated
        from tests.fuzz.promises import answers
        from tests.fuzz.targets import TARGETS
    target = {**TARGETS, **BROKEN}[name]

    def one(data: bytes) -> None:
        answers(target, data)

    def mutate(data: bytes, max_size: int, seed: int) -> bytes:
        return mutated(bytes(data), max_size, seed, atheris.Mutate)

    atheris.Setup([sys.argv[0], *options], one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
