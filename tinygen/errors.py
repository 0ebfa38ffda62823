"""The tree of errors that a user can meet.

Everything else that is raised is a defect of tinygen. Each error says what went wrong, where
(file, layer, attribute) and what to do next; the command line prints it and exits with `exit_code`.
"""


class TinygenError(Exception):
    """An error for the user: what is wrong, where it is, and the next step.

    `what` is one sentence without a trailing period being required; `where` names the file, layer
    or attribute; `next_step` says what the user can do about it.
    """

    exit_code = 1

    def __init__(self, *, what: str, where: str | None = None, next_step: str | None = None):
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.next_step:
            lines.append(f"  next: {self.next_step}")
        return "\n".join(lines)

    def __reduce__(self):
        # Keyword-only fields need this to survive pickling between processes.
        return (_rebuild, (type(self), self.what, self.where, self.next_step))


def _rebuild(
    kind: type[TinygenError], what: str, where: str | None, next_step: str | None
) -> TinygenError:
    return kind(what=what, where=where, next_step=next_step)


class ConversionError(TinygenError):
    """The model cannot be converted."""

    exit_code = 1


class UnsupportedError(ConversionError):
    """The model uses an operator, an attribute or a type that tinygen does not support."""


class ModelFileError(ConversionError):
    """The model file is truncated, of a foreign format, or hostile."""


class CalibrationError(ConversionError):
    """The calibration data is missing, of the wrong shape, or useless."""


class BudgetError(ConversionError):
    """The result does not fit the memory of the target or the budget that was given."""


class OutputFolderError(ConversionError):
    """The output folder cannot be written, or holds files that are not tinygen's."""


class UsageError(TinygenError):
    """The command or call was given something that does not exist or does not make sense."""

    exit_code = 2


class VerificationError(TinygenError):
    """A device or host computed something else than the reference, or did not finish."""

    exit_code = 3


class ToolMissingError(TinygenError):
    """A compiler or emulator is not installed; `next_step` carries the command that installs it."""

    exit_code = 4
