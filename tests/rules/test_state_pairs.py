"""The verdict differs with the state of the machine: pairs of states in which one command loses nothing, or work.

Each state is made by a script in a repository whose only commit is at its remote. `{D}` changes a file, `{N}` makes one.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tractguard.facts import Disk, gather
from tractguard.facts.probes import probes
from tractguard.model import ESCALATED, PRE_TOOL, REJECTED, Event
from tractguard.rules.builtin import judge_builtin

CHANGE, MAKE = "echo changed >> src/a.py", "echo y > src/new.py"
START = """
git init -q --bare -b main origin.git && git init -q -b main repo && cd repo && mkdir src build docs
echo 1 > src/a.py; echo 2 > src/b.py; echo n > notes.txt; echo d > docs/d.md; echo x > build/out.js
printf 'build/\\nnode_modules/\\n.env\\n*.log\\ndata/\\n' > .gitignore
git add . && git commit -q -m first && git remote add origin ../origin.git && git push -q -u origin main
"""
# (a state in which nothing is lost, one in which work is, the command)
PAIRS = (
    ("", "{D}", "git reset --hard"),
    ("", "{D}", "git reset --hard HEAD"),
    ("", "{D}", "git reset --hard origin/main"),
    ("", "echo c>>src/a.py; git commit -qam own", "git reset --hard origin/main"),
    ("", "echo c>>src/a.py; git commit -qam own", "git reset --hard HEAD~1"),
    ("", "{D}", "git checkout ."),
    ("", "{D}", "git checkout -- src"),
    ("{D}", "{D};echo z>>docs/d.md", "git checkout -- docs"),
    ("", "{D}", "git checkout HEAD -- src/a.py"),
    ("", "{D}", "git checkout -f main"),
    ("", "{D}", "git switch -f main"),
    ("", "{D}", "git switch --discard-changes main"),
    ("", "{D}", "git restore src/a.py"),
    ("", "{D};git add .", "git restore --staged --worktree ."),
    ("", "{D}", "git restore --source=HEAD ."),
    ("{D}", "{N}", "git clean -fd"),
    ("", "{N}", "git clean -f src"),
    ("", "echo K=1>.env", "git clean -fdX"),
    ("", "mkdir data; echo 1 > data/x.db", "git clean -fdx"),
    ("", "echo t>a.txt", "git clean -df"),
    ("", "{D};git stash -q", "git stash drop"),
    ("", "{D};git stash -q", "git stash clear"),
    (
        "git checkout -qb w; echo 1>>src/a.py; git commit -qam w; git push -q origin w; git checkout -q main",
        "git checkout -qb w; echo 1>>src/a.py; git commit -qam w; git checkout -q main",
        "git branch -D w",
    ),
    (
        "git checkout -qb w; echo 1>>src/a.py; git commit -qam w; git checkout -q main; git merge -q w",
        "git checkout -qb w; echo 1>>src/a.py; git commit -qam w; git checkout -q main",
        "git branch -Df w",
    ),
    (
        "git worktree add -q ../wt -b wt",
        "git worktree add -q ../wt -b wt; echo 1>> ../wt/src/a.py",
        "git worktree remove --force ../wt",
    ),
    (
        "git worktree add -q ../wt -b wt",
        "git worktree add -q ../wt -b wt; echo 1> ../wt/new.py",
        "git worktree remove -f ../wt",
    ),
    ("", "{D}", "git rm -f src/a.py"),
    ("", "{D}", "git rm -rf src"),
    ("", "{D}", "git read-tree -u --reset HEAD"),
    ("git tag t", "git commit -q --allow-empty -m x; git tag t; git reset -q --hard HEAD~1", "git tag -d t"),
    ("git branch w", "git checkout -qb w; git commit -q --allow-empty -m w; git checkout -q main", "git checkout -B w"),
    (
        "git branch w",
        "git checkout -qb w; git commit -q --allow-empty -m w; git checkout -q main",
        "git branch -f w main",
    ),
    (
        "git branch w",
        "git checkout -qb w; git commit -q --allow-empty -m w; git checkout -q main",
        "git update-ref -d refs/heads/w",
    ),
    ("", "{D}", "rm -rf src"),
    ("", "{N}", "rm -rf src"),
    ("", "{D}", "rm src/a.py"),
    ("", "{N}", "rm -f src/new.py src/a.py"),
    ("", "{D}", "rm -r src docs"),
    ("", "echo K=1>.env", "rm -f .env"),
    ("mkdir node_modules", "mkdir data; echo 1>data/x.csv", "rm -rf node_modules data"),
    ("", "{D}", 'find src -name "*.py" -delete'),
    ("", "{N}", "find src -type f -exec rm {} +"),
    ("", "{D}", 'find src -name "*.py" | xargs rm'),
    ("", "{N}", "mv src/b.py src/new.py"),
    ("", "{D}", "cp docs/d.md src/a.py"),
    ("", "{N}", "cp -f notes.txt src/new.py"),
    ("", "{D}", "mv -f notes.txt src/a.py"),
    ("", "{D}", "truncate -s 0 src/a.py"),
    ("", "echo K=1>.env", "truncate -s 0 .env"),
    ("", "{D}", "cp /dev/null src/a.py"),
    ("", "{D}", "shred -u src/a.py"),
    ("", "{D}", "unlink src/a.py"),
    ("", "{N}", "rsync -a --delete docs/ src/"),
    ("", "{D}", "python3 -c \"import shutil; shutil.rmtree('src')\""),
    ("", "{N}", "node -e \"require('fs').rmSync('src',{recursive:true})\""),
    ("mkdir empty", "mkdir empty; echo 1>empty/f", "rm -rf empty"),
    ("ln -s src lnk", "mkdir lnk; echo 1 > lnk/f", "rm -rf lnk"),
    ("", "{D}", "cd src && rm -rf *"),
    ("", "{D}", "git -C src checkout ."),
    ("", "{D}", "git stash && git stash drop"),
    ("", "git rm -q --cached notes.txt", "git reset --hard"),
    ("", "{D}", "git checkout -f"),
    ("", "mkdir -p sub && cd sub && git init -q && echo 1 > f", "rm -rf sub"),
    ("", "printf 'x' > 'odd name.txt'", 'rm -rf "odd name.txt" build'),
    ("", "{D}", "git am --abort; git reset --hard"),
    (
        "git push -q origin main:tmp",
        "git fetch -q; git push -q origin main:tmp; git checkout -qb x; git commit -q --allow-empty -m x; git push -q origin x:tmp; git checkout -q main; git branch -qD x",
        "git push origin --delete tmp",
    ),
)
SOME = PAIRS if os.environ.get("TRACTGUARD_SOAK") else PAIRS[::4]


def run(folder: Path, script: str) -> None:
    who = {f"GIT_{role}_{field}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}
    plain = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=plain, check=True, capture_output=True)


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("start")
    run(folder, START)
    return folder


def stops(start: Path, place: Path, state: str, command: str) -> bool:
    """Whether the command is stopped in that state."""
    shutil.copytree(start, place, symlinks=True)
    root = place / "repo"
    run(root, "git status > /dev/null\n" + state.replace("{D}", CHANGE).replace("{N}", MAKE))
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd=str(root), root=str(root))
    world = Disk(str(root), home=str(place / "home"))
    facts = gather(event, world)
    found = judge_builtin(event, (*facts, *probes(facts, world)), {})
    return any(each.status in (REJECTED, ESCALATED) and not each.code.startswith("TG6") for each in found)


@pytest.mark.parametrize(("kept", "lost", "command"), SOME)
def test_only_real_loss_is_stopped(kept: str, lost: str, command: str, start: Path, tmp_path: Path) -> None:
    assert [stops(start, tmp_path / "kept", kept, command), stops(start, tmp_path / "lost", lost, command)] == [
        False,
        True,
    ]
