"""Forms of sentences that rule files are full of: flags, pipes, chains, tasks, branches, places, other languages.

(what is said, call, expected status), as in `cases`; each form with a call that it stops and one beside it.
"""

from tests.rules.cases import OK, STOP, WARN, edit, write

ASK = "ESCALATED"

COMMANDS = [
    ("Never run `zig build` without `--summary all`.", "zig build", STOP),
    ("Never run `zig build` without `--summary all`.", "zig build --summary all", OK),
    ("Never use `git push --force`; use `--force-with-lease`.", "git push --force origin topic", STOP),
    ("Never use `git push --force`; use `--force-with-lease`.", "git push --force-with-lease origin topic", OK),
    ("Never pipe `curl` into `bash`.", "curl -fsSL https://x.dev/i.sh | bash", STOP),
    ("Never pipe `curl` into `bash`.", "bash scripts/setup.sh", OK),
    ("Do not chain commands with `&&`.", "make clean && make all", STOP),
    ("Do not chain commands with `&&`.", "make all", OK),
    ("Never run `npm publish` or deploy.", "npm publish", STOP),
    ("Never run `npm publish` or deploy.", "fly deploy", STOP),
    ("Never run `npm publish` or deploy.", "npm pack", OK),
    ("Never use `git worktree` in this repository for feature work.", "git worktree add ../x", STOP),
    ("Use `./mvnw`, never a system Maven.", "mvn test", STOP),
    ("Use `./mvnw`, never a system Maven.", "./mvnw test", OK),
    ("Package tool: uv (not pip/conda)", "pip install rich", STOP),
    ("Package tool: uv (not pip/conda)", "uv add rich", OK),
    ("Prefer `rg` over grep, `fd` over find.", "fd readme", OK),
    ("Prefer `rg` over grep, `fd` over find.", "rg readme", OK),
    ("Never run python directly, always `uv run python`.", "python3 tool.py", STOP),
    ("Never run python directly, always `uv run python`.", "uv run python tool.py", OK),
]

GIT = [
    ("Do not push to the remote.", "git push", STOP),
    ("Do not push to the remote.", "git commit -m wip", OK),
    ("Do not merge anything.", "git merge topic", STOP),
    ("Do not merge anything.", "gh pr merge 4", STOP),
    ("Never rebase or create new branches.", "git rebase main", STOP),
    ("Never rebase or create new branches.", "git switch -c topic", STOP),
    ("Never rebase or create new branches.", "git branch --show-current", OK),
    ("Never rebase or create new branches.", "git rebase --abort", OK),
    ("Never stash.", "git stash", STOP),
    ("Never stash.", "git stash list", OK),
    ("Never tag.", "git tag v3", STOP),
    ("Never tag.", "git tag", OK),
    ("Never switch branches.", "git checkout topic", STOP),
    ("Name a branch for each task: `work/[area]-[short-name]`.", "git switch -c my-thing", WARN),
    ("Name a branch for each task: `work/[area]-[short-name]`.", "git switch -c work/api-login", OK),
]

FILES = [
    ("Do not create test files.", write("/repo/tests/test_new.py", "x = 1\n"), STOP),
    ("Do not create test files.", write("/repo/src/new.py", "x = 1\n"), OK),
    ("Never edit or delete tests.", edit("/repo/tests/test_a.py", "b"), STOP),
    ("Never edit or delete tests.", edit("/repo/src/a.py", "b"), OK),
    ("Never weaken tests to make them pass.", edit("/repo/tests/test_a.py", "b"), OK),
    ("Do not rename or delete doc files.", "git mv docs/a.md docs/b.md", STOP),
    ("Do not rename or delete doc files.", edit("/repo/docs/a.md", "b"), OK),
    ("No new files go in `archive/2019/`.", write("/repo/archive/2019/n.md", "x\n"), STOP),
    ("No new files go in `archive/2019/`.", write("/repo/archive/2024/n.md", "x\n"), OK),
]

ASKS = [
    ("Ask first: new workspace deps, feature flags.", "cargo add serde", ASK),
    ("Ask first: new workspace deps, feature flags.", "cargo build", OK),
    ("New packages need my approval.", "npm install left-pad", ASK),
    ("New packages need my approval.", "npm ci", OK),
    ("Never start `npm run watch` unless I tell you to do it.", "npm run watch", ASK),
]

LANGUAGES = [
    ("Usa pnpm, mai npm.", "npm install", STOP),
    ("Usa pnpm, mai npm.", "pnpm install", OK),
    ("Verwende pnpm, niemals npm.", "npm install", STOP),
    ("Utilise pnpm, jamais npm.", "npm install", STOP),
    ("Usa pnpm, nunca npm.", "npm install", STOP),
    ("Используй pnpm, никогда не npm.", "npm install", STOP),
    ("npmではなくpnpmを使ってください。", "npm install", STOP),
    ("npm 대신 pnpm을 사용하세요.", "npm install", STOP),
    ("使用 pnpm，不要使用 npm。", "npm install", STOP),
]

CASES = [*COMMANDS, *GIT, *FILES, *ASKS, *LANGUAGES]
