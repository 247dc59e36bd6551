"""Programs hidden in an option of another: `tar -I 'sh -c …'`, `ssh -oProxyCommand=…`, `git -c core.sshCommand=…`.
TG463.

It knows which options of usual tools run their value. It looks at what would run: a compressor, a jump host or an
editor are ordinary; a shell, an eraser or a fetcher are not what such an option is for.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tractguard.rules.destructive import Loss, Scene, bash, rule, shown

_RUNS = {
    "tar": ("-I", "--use-compress-program", "--to-command", "--checkpoint-action", "--rsh-command", "--info-script",
    "-F"),
    "bsdtar": ("--use-compress-program",), "gtar": ("-I", "--use-compress-program", "--to-command",
    "--checkpoint-action"),
    "ssh": ("-o",), "scp": ("-o", "-S"), "sftp": ("-o", "-S"), "rsync": ("-e", "--rsh", "--rsync-path"),
    "git": ("-c", "--upload-pack", "-u"),
    "man": ("-P", "--pager"), "zip": ("-TT", "--unzip-command"), "sort": ("--compress-program",),
    "split": ("--filter",),
    "ansible": ("-a", "--args"), "vim": ("-c", "--cmd"), "vi": ("-c",), "nvim": ("-c",), "wget": ("--use-askpass",),
    "gdb": ("-ex", "-iex"), "less": (),
}  # fmt: skip
_GRAVE = frozenset(
    (
        "sh bash zsh dash rm shred dd mkfs python python3 perl ruby curl wget nc ncat"
        " socat eval exec chmod chown kill reboot"
    ).split()
)
_GIT_RUNS = (
    "core.sshcommand",
    "core.pager",
    "core.editor",
    "core.fsmonitor",
    "core.hookspath",
    "diff.external",
    "credential.helper",
    "sequence.editor",
    "gpg.program",
    "uploadpack",
    "protocol.ext",
)
_SSH_RUNS = ("proxycommand", "localcommand", "knownhostscommand")


def hidden(scene: Scene) -> Iterator[Loss]:
    """An option that would run a shell, an eraser or a fetcher."""
    for fact in scene.runs("docker", "podman"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        if "run" in argv and "--privileged" in argv and ("nsenter" in argv or "--pid=host" in argv):
            yield Loss(fact, "this container would act on the machine itself", subject="container")
    for fact in scene.runs("salt", "salt-ssh", "salt-call"):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        for before, word in pairwise(argv):
            if before in ("cmd.run", "cmd.shell", "cmd.run_all") and _first(word) in _GRAVE:
                yield Loss(fact, f"{fact.name} would run {shown(word, 60)} on other machines", subject=word)
    for fact in scene.runs(*_RUNS):
        argv = [str(word) for word in fact.data.get("argv") or ()]
        for value in _values(fact.name, argv):
            program = _program(fact.name, value)
            if program in _GRAVE:
                yield Loss(fact, f"an option of {fact.name} would run {shown(value, 60)}", subject=value)


def _values(name: str, argv: Sequence[str]) -> Iterator[str]:
    """The values of those options that run them."""
    for at, word in enumerate(argv[1:], 1):
        for option in _RUNS[name]:
            if word == option and at + 1 < len(argv):
                yield argv[at + 1]
            elif option.startswith("--") and word.startswith(option + "="):
                yield word[len(option) + 1 :]
            elif not option.startswith("--") and word.startswith(option) and len(word) > len(option):
                yield word[len(option) :]


def _program(name: str, value: str) -> str:
    """The program that a value would run, or ""."""
    key, has, rest = value.strip().partition("=")
    key = key.strip().lower()
    if name in ("ssh", "scp", "sftp"):
        if not has:
            key, _, rest = value.strip().partition(" ")
            key = key.lower()
        return _first(rest) if key in _SSH_RUNS else ""
    if name == "git":
        return _first(rest.lstrip("!")) if has and key.endswith(_GIT_RUNS) else ""
    if name in ("tar", "gtar") and key == "exec" and has:
        return _first(rest)
    if name in ("vim", "vi", "nvim"):
        return _first(value.lstrip(":").lstrip("!")) if value.lstrip(":").startswith("!") else ""
    if name == "gdb":
        return _first(value.removeprefix("shell ").removeprefix("!")) if value.startswith(("shell ", "!")) else ""
    if name == "rsync":
        first = _first(value)
        return first if first not in ("sh", "bash", "sudo") or " -c" in value else ""
    return _first(value)


def _first(text: str) -> str:
    words = [
        word for word in text.split() if "=" not in word and word not in ("sudo", "env", "exec", "nohup", "command")
    ]
    first = words[0].strip("'\"").rpartition("/")[2] if words else ""
    return (
        "" if first in ("nc", "ncat", "socat") and len(words) < 6 and "-e" not in words else first
    )  # a proxy's own way


RULES = (
    rule(
        "TG463",
        "hidden programs",
        "destructive_hidden",
        hidden,
        bad=(
            bash("tar -I 'rm -rf src' -xf a.tar"),
            bash("ssh -oProxyCommand='sh -c id' host"),
            bash("tar cf /dev/null x --checkpoint=1 --checkpoint-action=exec='sh run.sh'"),
        ),
        good=(
            bash("tar -I zstd -xf a.tar.zst"),
            bash("ssh -o ProxyCommand='ssh -W %h:%p bastion' host"),
            bash("rsync -e 'ssh -p 22' a host:b"),
            bash("git -c core.sshCommand='ssh -i key' fetch"),
        ),
    ),
)
