"""Commands and answers over whatever channel a session has reached: in the clear, or under keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mrtd.protocols.apdu import Command, Response, Sw
from mrtd.protocols.errors import NewKeysError, ProtocolError
from mrtd.protocols.exchange import Batch, Exchange, Phase, answers_of, expected_of
from mrtd.protocols.secure_messaging import Protected, SecureMessaging, is_naked_length_word

#: What a read may end with: all octets, or those up to the end of the file (ISO/IEC 7816-4 §11.2.3).
READ: Final = frozenset({int(Sw.OK), int(Sw.END_OF_FILE)})
_OK: Final = frozenset({int(Sw.OK)})


class Channel:
    """Sends batches, and believes only what the channel allows.

    Args:
        messaging: the keys, None in the clear.
        forgives_length_words: whether one 6700 or 6Cxx in the clear is taken for the complaint that it is, with the
            counter as it was before (SECURITY.md 5.1, `sm_naked_length_quirk`); it stays on record. Only where a
            shorter read follows: to every other command such a word is no answer.
    """

    def __init__(self, messaging: SecureMessaging | None = None, *, forgives_length_words: bool = True) -> None:
        self.messaging = messaging
        self.length_quirk = False
        self._forgives = forgives_length_words

    def transmit(
        self,
        phase: Phase,
        commands: Sequence[Command],
        *,
        accept: frozenset[int] = _OK,
        file: str | None = None,
        retried: bool = False,
    ) -> Exchange[list[Response]]:
        """The answers until the first whose status word, the one inside, is not in `accept`.

        Args:
            phase: what for.
            commands: in order.
            accept: status words after which the next command is sent.
            file: what is read, if one file is.
            retried: whether a command of a length that the chip does not like is followed by a shorter one.

        Raises:
            ProtocolError: as `SecureMessaging.unprotect`.
        """
        if self.messaging is None:
            encoded = tuple(command.encode() for command in commands)
            batch = Batch(encoded, phase, accept, file, expected_of(commands))
            return answers_of(batch, (yield batch))
        protected = [self.messaging.protect(command) for command in commands]
        batch = Batch(tuple(one.octets for one in protected), phase, accept, file, expected_of(commands))
        answers = answers_of(batch, (yield batch))
        return self._believed(self.messaging, protected, answers, accept, forgive=retried)

    def switch(
        self, phase: Phase, last: Sequence[Command], messaging: SecureMessaging, first: Sequence[Command]
    ) -> Exchange[tuple[list[Response], list[Response]]]:
        """Send `last` under the keys so far and `first` under new ones, in one batch; then the new ones are used.

        The new keys are believed for nothing but the answers to `first`: if the chip never got there, they are erased
        (SECURITY.md 5.3).

        Returns:
            The answers to both. There are none to `first` unless all of `last` went well.

        Raises:
            NewKeysError: all of `last` went well, and the answers to `first` are not under the new keys.
        """
        old = self._keys()
        before = [old.protect(command) for command in last]
        after = [messaging.protect(command) for command in first]
        octets = expected_of([*last, *first])
        batch = Batch(tuple(one.octets for one in (*before, *after)), phase, READ, octets=octets)
        answers = answers_of(batch, (yield batch))
        done = self._believed(old, before, answers[: len(before)], _OK)
        if len(done) < len(before) or not done[-1].ok:
            messaging.close()
            return done, []
        old.close()
        if len(answers) == len(before):
            messaging.close()
            return done, []
        self.messaging = messaging
        try:
            return done, self._believed(messaging, after, answers[len(before) :], READ)
        except ProtocolError as error:
            raise NewKeysError(error.code, error.where, error.detail, sw=error.sw) from None

    def _keys(self) -> SecureMessaging:
        if self.messaging is None:
            raise ProtocolError("sm.closed")
        return self.messaging

    def _believed(
        self,
        messaging: SecureMessaging,
        commands: Sequence[Protected],
        answers: Sequence[Response],
        accept: frozenset[int],
        *,
        forgive: bool = False,
    ) -> list[Response]:
        found: list[Response] = []
        for command, answer in zip(commands, answers, strict=False):
            if forgive and self._forgives and not self.length_quirk and is_naked_length_word(answer):
                self.length_quirk = True
                messaging.roll_back(command)
                return [*found, answer]
            found.append(messaging.unprotect(command, answer))
            messaging.rewind(command)
            if found[-1].sw not in accept:
                break
        return found
