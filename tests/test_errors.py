"""User errors render on up to three lines and carry their exit code."""

import pickle

import pytest

from tinygen import errors

EXIT_CODES = {
    errors.ConversionError: 1,
    errors.UnsupportedError: 1,
    errors.ModelFileError: 1,
    errors.CalibrationError: 1,
    errors.BudgetError: 1,
    errors.OutputFolderError: 1,
    errors.UsageError: 2,
    errors.VerificationError: 3,
    errors.ToolMissingError: 4,
}


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES.items())
def test_exit_codes(kind, code):
    error = kind(what="it broke", where="layer 3", next_step="mend it")
    assert isinstance(error, errors.TinygenError)
    assert error.exit_code == code
    assert str(error) == "it broke\n  where: layer 3\n  next: mend it"


def test_missing_parts_are_left_out():
    assert str(errors.UsageError(what="no")) == "no"
    assert str(errors.UsageError(what="no", next_step="yes")) == "no\n  next: yes"


def test_fields_are_keyword_only():
    with pytest.raises(TypeError):
        errors.UsageError("no")


def test_errors_survive_pickling():
    error = pickle.loads(pickle.dumps(errors.BudgetError(what="large", where="arena")))
    assert (error.what, error.where, error.next_step) == ("large", "arena", None)
