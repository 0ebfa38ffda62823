"""The writer touches only what is ours, and writes all or nothing."""

import json
import os

import pytest

from tinygen.emit.writer import write_folder
from tinygen.errors import OutputFolderError


def files(**content: str) -> dict[str, bytes]:
    result = {name.replace("__", "/"): text.encode() for name, text in content.items()}
    listed = dict.fromkeys(result, "hash")
    result["manifest.json"] = json.dumps({"generator": "tinygen", "files": listed}).encode()
    return result


def tree(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def test_new_folder(tmp_path):
    write_folder(tmp_path / "deep" / "out", files(a="1", sub__b="2"))
    assert tree(tmp_path / "deep" / "out") == ["a", "manifest.json", "sub/b"]
    assert os.listdir(tmp_path / "deep") == ["out"], "no temporary folder is left"


def test_second_write_replaces_listed_files_and_keeps_the_users(tmp_path):
    out = tmp_path / "out"
    write_folder(out, files(a="1", old="2"))
    (out / "notes.txt").write_text("mine")
    write_folder(out, files(a="3"))
    assert tree(out) == ["a", "manifest.json", "notes.txt"]
    assert (out / "a").read_text() == "3"
    assert (out / "notes.txt").read_text() == "mine"


def test_second_write_keeps_empty_folders_and_links(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    write_folder(out, files(a="1", gone__b="2"))
    elsewhere.mkdir()
    (elsewhere / "secret").write_text("not copied")
    (out / "build" / "empty").mkdir(parents=True)
    (out / "data").symlink_to(elsewhere)
    (out / "dangling").symlink_to("nowhere")
    (out / "circle").symlink_to(out)
    write_folder(out, files(a="3"))
    assert sorted(os.listdir(out)) == ["a", "build", "circle", "dangling", "data", "manifest.json"]
    assert (out / "build" / "empty").is_dir()
    links = {name: os.readlink(out / name) for name in ("data", "dangling", "circle")}
    assert links == {"data": str(elsewhere), "dangling": "nowhere", "circle": str(out)}
    assert os.listdir(elsewhere) == ["secret"]


def test_a_link_in_the_place_of_a_generated_folder_gives_way(tmp_path):
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    write_folder(out, files(sub__b="1"))
    elsewhere.mkdir()
    (out / "sub" / "b").unlink()
    (out / "sub").rmdir()
    (out / "sub").symlink_to(elsewhere)
    write_folder(out, files(sub__b="2"))
    assert not (out / "sub").is_symlink() and (out / "sub" / "b").read_text() == "2"
    assert os.listdir(elsewhere) == []


def test_foreign_folder_is_refused_and_untouched(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(OutputFolderError, match="did not write"):
        write_folder(tmp_path, files(a="1"))
    assert tree(tmp_path) == ["thesis.tex"]


@pytest.mark.parametrize(
    "manifest", ["", "[]", "{}", '{"generator": "other", "files": {}}', "\xff"]
)
def test_a_foreign_manifest_is_no_licence(tmp_path, manifest):
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(OutputFolderError):
        write_folder(tmp_path, files(a="1"))
    assert tree(tmp_path) == ["manifest.json"]


def test_a_file_or_link_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(OutputFolderError):
            write_folder(tmp_path / name, files(a="1"))


def test_a_failed_write_leaves_the_old_folder_whole(tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_folder(out, files(a="1"))
    real = os.rename

    def fail(source, destination):
        if str(source).endswith("new"):
            raise OSError(28, "No space left on device")
        real(source, destination)

    monkeypatch.setattr(os, "rename", fail)
    with pytest.raises(OutputFolderError, match="No space left"):
        write_folder(out, files(a="2", b="3"))
    assert (out / "a").read_text() == "1"
    assert tree(out) == ["a", "manifest.json"]
    assert os.listdir(tmp_path) == ["out"]


def test_paths_cannot_leave_the_folder(tmp_path):
    with pytest.raises(ValueError, match="leaves the output folder"):
        write_folder(tmp_path / "out", {"../evil": b""})
    assert not (tmp_path / "evil").exists()
