"""Putting the guard into Claude Code's settings, taking it out again, and looking at what is there.

Knows which settings file belongs to which layer, and our own entries in them. The person's hooks and formatting stay
as they are. Before the first change the original text is kept among the guard's state, so that `uninstall` restores
it byte for byte when nobody else changed the file. Refuses to know what the hooks do. Cold.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from tractguard import places, settings_file
from tractguard.hosts.claude_code import EVENTS
from tractguard.hosts.claude_code_command import Baked, bake, baked_in, group, is_ours, mentioned_in
from tractguard.hosts.claude_code_statusline import with_line, without_line
from tractguard.settings_file import BrokenSettings

LAYERS = ("local", "shared", "user")
RECORD = "installed.json"
MANAGED = ("/etc/claude-code/managed-settings.json", "/Library/Application Support/ClaudeCode/managed-settings.json")


class Change(NamedTuple):
    """What became of one settings file: `what` is created | changed | unchanged | restored | cleaned | deleted."""

    layer: str
    path: str
    what: str


class Layer(NamedTuple):
    """One settings file as it stands. `digest` covers our entries in it, "" where there are none."""

    layer: str
    path: str
    exists: bool
    broken: str  # why the client ignores the whole file
    events: tuple[str, ...]  # events with our hook
    missing: tuple[str, ...]  # events without it, where others have it
    stale: tuple[str, ...]  # events whose entry is not what `init` would write now
    absent: tuple[str, ...]  # files and folders that the commands name and that are not there
    digest: str

    @property
    def installed(self) -> bool:
        """Whether any event has our hook here."""
        return bool(self.events)

    @property
    def complete(self) -> bool:
        """Whether every event has our hook and everything it names is there."""
        return self.installed and not (self.missing or self.absent or self.broken)


class Inspection(NamedTuple):
    """Every layer, and what keeps the client from running our hooks although they are installed."""

    layers: tuple[Layer, ...]
    disabled_by: tuple[str, ...]  # files with disableAllHooks, or managed ones that allow only their own hooks

    @property
    def active(self) -> bool:
        """Whether a session started in the root is guarded."""
        return not self.disabled_by and any(layer.complete for layer in self.layers)

    @property
    def covers_subfolders(self) -> bool:
        """Whether a session started in a subfolder is guarded too: only the person's own settings reach there."""
        return not self.disabled_by and any(layer.layer == "user" and layer.complete for layer in self.layers)

    @property
    def doubled(self) -> tuple[str, ...]:
        """Layers whose commands differ, so that every call is judged once for each of them. Equal ones run once."""
        found = {layer.digest: layer.layer for layer in self.layers if layer.installed}
        return tuple(found.values()) if len(found) > 1 else ()


def config_dir(environ: Mapping[str, str]) -> str:
    """The client's configuration folder of this person."""
    return environ.get("CLAUDE_CONFIG_DIR") or os.path.join(_home(environ), ".claude")


def settings_path(root: str, layer: str, environ: Mapping[str, str]) -> str:
    """The settings file of a layer."""
    if layer == "user":
        return os.path.join(config_dir(environ), "settings.json")
    if layer not in LAYERS:
        raise ValueError(f'unknown layer "{layer}"')
    return os.path.join(root, ".claude", "settings.json" if layer == "shared" else "settings.local.json")


def install(
    root: str, layer: str, environ: Mapping[str, str], baked: Baked | None = None, *, status_line: bool = False
) -> Change:
    """Write one hook entry per event into the layer's settings file, and with `status_line` our status line where it
    has no other; what differs of ours is replaced. Raises BrokenSettings, with nothing written, for a broken file.
    """
    path = settings_path(root, layer, environ)
    before = settings_file.read(path)
    text = before or ""
    wanted = _wanted(layer, baked)
    try:
        _check_shape(settings_file.load(text))
        for event, entry in wanted.items():
            text = _with_entry(text, event, entry)
        if status_line:
            text = with_line(text, None if layer == "shared" else baked or bake())
        changed = settings_file.load(text) != settings_file.load(before or "")
    except BrokenSettings as error:
        raise BrokenSettings(f"{path}: {error}; it was left as it is") from None
    if not changed:
        return Change(layer, path, "unchanged")
    _remember(root, layer, before, text, environ)
    settings_file.write(path, text)
    if layer == "user" and os.path.lexists(os.path.join(root, ".git")):
        _note_user(root, _digest(text))
    return Change(layer, path, "created" if before is None else "changed")


def uninstall(root: str, environ: Mapping[str, str], *, user: bool = False) -> tuple[Change, ...]:
    """Take our entries out of every layer. Other people's entries and later changes stay.

    The person's own settings guard every other folder too: they are only touched where this repository's record says
    that they were installed from here, or with `user`. Raises BrokenSettings for a broken file that holds entries of
    ours, after the other files were done.
    """
    changes = []
    broken: list[str] = []
    everywhere = user or installed_for_user(root, environ)
    for name in LAYERS if everywhere else ("local", "shared"):
        path = settings_path(root, name, environ)
        try:
            text = settings_file.read(path)
            if text is not None and mentioned_in(text):
                changes.append(Change(name, path, _take_out(path, text, _record(root, name, environ))))
        except BrokenSettings as error:
            broken.append(str(error) if path in str(error) else f"{path}: {error}; it was left as it is")
            continue
        _forget(root, name, environ)
        if name == "user":
            _note_user(root, "")
    if broken:
        raise BrokenSettings("; ".join(broken))
    return tuple(changes)


def installed_for_user(root: str, environ: Mapping[str, str]) -> bool:
    """Whether the hooks in the person's own settings were last installed or changed from this repository."""
    noted = _whole_record(_record_path(root, "local", environ)).get("user")
    known = _record(root, "user", environ)
    return bool(noted) and known is not None and known.get("sha256") == noted


def inspect(
    root: str, environ: Mapping[str, str], baked: Baked | None = None, managed: tuple[str, ...] = MANAGED
) -> Inspection:
    """What stands in the client's settings for a session started in `root`. Reads only; broken files are reported."""
    layers = tuple(_inspect_layer(root, layer, environ, baked) for layer in LAYERS)
    disabled = [layer.path for layer in layers if _values(layer.path).get("disableAllHooks") is True]
    for path in managed:
        values = _values(path)
        if values.get("disableAllHooks") is True or values.get("allowManagedHooksOnly") is True:
            disabled.append(path)
    return Inspection(layers, tuple(disabled))


def weakened(root: str, path: str, environ: Mapping[str, str]) -> str:
    """What a change of the settings file at `path`, made while a session runs, does to the guard; "" if nothing.

    For the client's ConfigChange event: the file has changed already, the client asks whether to act upon it. A
    guard that `uninstall` took out has left the record too, so that passes.
    """
    values = _values(path)
    if values.get("disableAllHooks") is True:
        return f"{path} now switches all hooks off"
    for layer in LAYERS:
        record = _record(root, layer, environ)
        same = os.path.realpath(settings_path(root, layer, environ)) == os.path.realpath(path)
        if record is not None and same and record.get("entries") != _digest_of(_entries(values)):
            return f"the guard's hooks in {path} were removed or changed"
    return ""


def _home(environ: Mapping[str, str]) -> str:
    return environ.get("HOME") or os.path.expanduser("~")


def _wanted(layer: str, baked: Baked | None) -> dict[str, Any]:
    form = None if layer == "shared" else baked or bake()
    return {event: group(event, form) for event in EVENTS}


def _check_shape(values: Mapping[str, Any]) -> None:
    hooks = values.get("hooks", {})
    if not isinstance(hooks, dict):
        raise BrokenSettings('"hooks" is not an object')
    for event, groups in hooks.items():
        if not isinstance(groups, list):
            raise BrokenSettings(f'"hooks.{event}" is not an array')


def _ours(values: Mapping[str, Any], event: str) -> list[tuple[int, int]]:
    """(group, hook) places of our entries for one event."""
    groups = values.get("hooks", {}).get(event, [])
    return [
        (at, place)
        for at, entry in enumerate(groups)
        if isinstance(entry, dict) and isinstance(entry.get("hooks"), list)
        for place, hook in enumerate(entry["hooks"])
        if is_ours(hook)
    ]


def _with_entry(text: str, event: str, entry: Mapping[str, Any]) -> str:
    """The text with exactly this entry of ours for the event: left alone, brought up to date in place, or appended."""
    values = settings_file.load(text)
    found = _ours(values, event)
    if len(found) == 1:
        at, place = found[0]
        there = values["hooks"][event][at]
        if there == entry:
            return text
        old = {**there["hooks"][place], "command": entry["hooks"][0]["command"]}
        if {**there, "hooks": [old]} == entry:
            return settings_file.replace(text, ("hooks", event, at, "hooks", place, "command"), old["command"])
    text = _without_entries(text, event)
    return settings_file.append(text, ("hooks", event), entry)


def _without_entries(text: str, event: str) -> str:
    """The text without our entries for one event; a group that held nothing else goes with them."""
    for at, place in reversed(_ours(settings_file.load(text), event)):
        alone = len(settings_file.load(text)["hooks"][event][at]["hooks"]) == 1
        path: tuple[str | int, ...] = ("hooks", event, at)
        text = settings_file.remove(text, path if alone else (*path, "hooks", place))
    return text


def _stripped(text: str, original: str | None) -> str:
    """The text without any entry of ours, and without the arrays and the object that only held them."""
    kept = settings_file.load(original or "").get("hooks", {})
    text = without_line(text)
    before = settings_file.load(text).get("hooks", {})
    for event in before if isinstance(before, dict) else ():
        if not isinstance(before[event], list) or not _ours({"hooks": before}, event):
            continue
        text = _without_entries(text, event)
        if settings_file.load(text)["hooks"][event] == [] and event not in kept:
            text = settings_file.remove(text, ("hooks", event))
    emptied = before and settings_file.load(text).get("hooks") == {}
    if emptied and "hooks" not in settings_file.load(original or ""):
        text = settings_file.remove(text, ("hooks",))
    return text


def _take_out(path: str, text: str, record: Mapping[str, Any] | None) -> str:
    """Restore or clean one file; says what was done."""
    original = record.get("original") if record else None
    untouched = record is not None and record.get("sha256") == _digest(text)
    left = original if untouched else _stripped(text, original)
    if left == text:
        return "unchanged"
    if left is None or (record is not None and original is None and settings_file.load(left) == {}):
        os.unlink(path)
        return "deleted"
    settings_file.write(path, left)
    return "restored" if untouched else "cleaned"


def _inspect_layer(root: str, layer: str, environ: Mapping[str, str], baked: Baked | None) -> Layer:
    path = settings_path(root, layer, environ)
    broken = ""
    exists = os.path.lexists(path)
    try:
        _check_shape(settings_file.load(settings_file.read(path) or ""))
    except BrokenSettings as error:
        broken = str(error)
    values = _values(path)
    wanted = _wanted(layer, baked)
    entries = _entries(values)
    named = [baked_in(hook["command"]) for groups in entries.values() for group in groups for hook in _hooks(group)]
    return Layer(
        layer=layer,
        path=path,
        exists=exists,
        broken=broken,
        events=tuple(entries),
        missing=tuple(event for event in EVENTS if event not in entries) if entries else (),
        stale=tuple(event for event, groups in entries.items() if groups != [wanted[event]]),
        absent=tuple(dict.fromkeys(lost for form in named if form for lost in form.missing())),
        digest=_digest_of(entries),
    )


def _entries(values: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The groups that hold a hook of ours, by event, each without the hooks of others."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in EVENTS:
        for at, place in _ours(values, event):
            group = values["hooks"][event][at]
            found.setdefault(event, []).append({**group, "hooks": [group["hooks"][place]]})
    return found


def _hooks(group: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(group["hooks"])


def _digest_of(entries: Mapping[str, Any]) -> str:
    return _digest(json.dumps(entries, sort_keys=True)) if entries else ""


def _values(path: str) -> dict[str, Any]:
    """The values of a settings file; none where the client would find none."""
    try:
        values = settings_file.load(settings_file.read(path) or "")
        _check_shape(values)
    except BrokenSettings:
        return {}
    return values


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _record_path(root: str, layer: str, environ: Mapping[str, str]) -> str:
    if layer == "user":
        return os.path.join(places.state_home(environ), RECORD)
    return os.path.join(places.main_worktree(root), places.STATE, RECORD)


def _key(root: str, layer: str, environ: Mapping[str, str]) -> str:
    """The file's name in the record: relative to the main worktree, so that a repository may be moved."""
    path = settings_path(root, layer, environ)
    return path if layer == "user" else os.path.relpath(path, places.main_worktree(root))


def _record(root: str, layer: str, environ: Mapping[str, str]) -> Mapping[str, Any] | None:
    """What is remembered of a layer's settings file: its original text, and digests of what we made of it."""
    found = _records(root, layer, environ).get(_key(root, layer, environ))
    return found if isinstance(found, dict) else None


def _records(root: str, layer: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """All that is remembered beside it."""
    found = _whole_record(_record_path(root, layer, environ)).get("files")
    return found if isinstance(found, dict) else {}


def _whole_record(path: str) -> dict[str, Any]:
    """The record at `path`. One that cannot be read is as good as none."""
    try:
        return settings_file.load(settings_file.read(path) or "")
    except BrokenSettings:
        return {}


def _remember(root: str, layer: str, before: str | None, after: str, environ: Mapping[str, str]) -> None:
    """Keep what stood there before we came: what was kept earlier, while nobody else has changed the file since."""
    record = _record(root, layer, environ)
    earlier = record.get("original") if record else None
    original = before
    if before is not None and record is not None and record.get("sha256") == _digest(before):
        original = earlier
    elif before is not None:
        original = _stripped(before, earlier)
    kept = {
        "original": original,
        "sha256": _digest(after),
        "entries": _digest_of(_entries(settings_file.load(after))),
    }
    files = {**_records(root, layer, environ), _key(root, layer, environ): kept}
    _save(_record_path(root, layer, environ), files=files)


def _forget(root: str, layer: str, environ: Mapping[str, str]) -> None:
    files = _records(root, layer, environ)
    if files.pop(_key(root, layer, environ), None) is not None:
        _save(_record_path(root, layer, environ), files=files)


def _note_user(root: str, digest: str) -> None:
    """Note in the repository's own record what the person's settings became when changed from here; "" forgets."""
    record = _record_path(root, "local", {})
    if digest or "user" in _whole_record(record):
        _save(record, user=digest)


def _save(path: str, **changed: Any) -> None:
    """Settings may hold tokens of the person, so the record is theirs alone; it goes when nothing is left in it."""
    kept = {**_whole_record(path), "version": 1, **changed}
    said = {key: value for key, value in kept.items() if value or key == "files"}
    if set(said) <= {"version", "files"} and not said.get("files"):
        if os.path.exists(path):
            os.unlink(path)
        return
    settings_file.write(path, json.dumps(said, indent=1) + "\n", mode=0o600)
