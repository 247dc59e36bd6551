"""For every type of constraint: a call that breaks it, and the same call with the one token changed that matters.

A shell row is (constraint, the wrong words, the right words); a file row is (constraint, path, the wrong text, the right
text, a line of the same language that says nothing). Read by test_minimal_delta.
"""

from tests.rules.constraint_cases import said

PG = said("port", service="postgresql", value="5436", **{"not": ["5432"]})
PNPM = said("tool_choice", use="pnpm", instead_of=["npm"], said=["npm"])
KEEP = said("forbid_path", glob=["migrations/**"])

SHELL = [
    (PG, "psql -h localhost -p 5432 app", "psql -h localhost -p 5436 app"),
    (said("host", service="redis", value="cache.internal", **{"not": ["old.internal"]}),
     "redis-cli -h old.internal ping", "redis-cli -h cache.internal ping"),
    (said("url", **{"not": ["https://bad.example.com"]}),
     "curl https://bad.example.com/x", "curl https://good.example.com/x"),
    (said("db", use="postgresql", forbid=["mysql"]), "pip install pymysql", "pip install psycopg"),
    (PNPM, "npm install zod", "pnpm install zod"),
    (said("command", run="bun test", **{"for": "run tests"}), "npx jest src", "bun test src"),
    (said("run_inside", where="web", what=["pytest"]), "pytest -q", "docker exec web pytest -q"),
    (said("forbid_command", pattern=["terraform apply"]), "terraform apply plan.out", "terraform show plan.out"),
    (said("forbid_action", action="create pull request"), "gh pr create --fill", "gh pr list --fill"),
    (said("ask_before", action="push"), "git push origin topic", "git fetch origin topic"),
    (KEEP, "sed -i s/a/b/ migrations/0001.sql", "sed -i s/a/b/ seeds/0001.sql"),
    (said("forbid_read", glob=["vault/**"]), "cat vault/prod.yml", "cat config/prod.yml"),
    (said("append_only", path="docs/log.md"), "tee docs/log.md", "tee -a docs/log.md"),
    (said("require_path", path="docs/index.md"), "rm docs/index.md", "rm docs/other.md"),
    (said("dependency", forbid=["lodash"]), "yarn add lodash", "yarn add ramda"),
    (said("no_new_dependency"), "cargo add serde", "cargo remove serde"),
    (said("framework", use="dio", instead_of=["http"]), "flutter pub add http", "flutter pub add dio"),
    (said("version", of="python", value="3.12"), "uv python pin 3.10", "uv python pin 3.12"),
    (said("branch", forbid_push_to=["main"]), "git push origin main", "git push origin topic"),
    (said("commit_msg", format="conventional commits"), "git commit -m Parser", "git commit -m 'fix: parser'"),
    (said("env_var", name="MODE", forbid=["fast"]), "env MODE=fast make run", "env MODE=safe make run"),
    (said("secrets", forbid="commit .env"), "git add .env", "git add .env.example"),
    (said("values", value="privacy"), "npm install mixpanel", "npm install zod"),
]  # fmt: skip

FILES = [
    (PG, "src/db.py", 'URL = "postgresql://u@localhost:5432/app"', 'URL = "postgresql://u@localhost:5436/app"', "a = 1"),
    (PNPM, "ci.sh", "npm install", "pnpm install", "echo ok"),
    (said("config", key="strict", value="true"), "tsconfig.json", '"strict": false,', '"strict": true,', '"noEmit": true,'),
    (said("forbid_code", pattern=["console.log"]), "src/a.ts", "console.log(1)", "logger.log(1)", "run()"),
    (said("forbid_code", what="global state"), "src/a.py", "CACHE = {}", "CACHE = 3", "import os"),
    (said("forbid_text", pattern=["utilize"]), "docs/a.md", "We utilize it.", "We use it.", "And so on."),
    (said("format", semicolons="no"), "src/a.ts", "const a = 1;", "const a = 1", "run()"),
    (said("language", use="english", edition="ES6"), "src/a.js", "var a = 1", "let a = 1", "run()"),
    (said("version", of="node", value="20"), "Dockerfile", "FROM node:18", "FROM node:20", "WORKDIR /app"),
    (said("dependency", forbid=["moment"]), "src/a.ts", 'import m from "moment"', 'import m from "luxon"', "run()"),
    (said("env_var", name="MODE", value="safe"), ".env", "MODE=fast", "MODE=safe", "OTHER=1"),
    (said("db", use="sqlite"), "schema.prisma", 'provider = "mysql"', 'provider = "sqlite"', "// db"),
    (said("secrets", log=["email addresses"]), "src/a.py", "log.info(user.email)", "log.info(user.id)", "a = 1"),
]  # fmt: skip

# (constraint, the wrong path, the right path) of a file that is made
MADE = [
    (KEEP, "migrations/0002.sql", "seeds/0002.sql"),
    (said("path_rule", what="tests", must_be_in="tests/"), "src/test_a.py", "tests/test_a.py"),
    (said("naming", what="component files", style="PascalCase"), "src/components/my-button.tsx", "src/components/MyButton.tsx"),
    (said("forbid_path", glob=["**/mod.rs"], op="create"), "src/fold/mod.rs", "src/fold.rs"),
]  # fmt: skip

_EDIT = ("Edit", {"file_path": "/repo/src/a.py", "old_string": "a", "new_string": "b"})
_API = ("Edit", {"file_path": "/repo/api/a.py", "old_string": "a", "new_string": "b"})
_DOC = ("Edit", {"file_path": "/repo/docs/api.md", "old_string": "a", "new_string": "b"})
_FORMAT = ("Bash", {"command": "ruff format ."})
_TEST = ("Bash", {"command": "pytest -q"})

# (constraint, what went before wrongly, what went before rightly); the call is a commit
ORDERED = [
    (said("require_before", do="ruff format", before="git commit"), [_EDIT], [_EDIT, _FORMAT]),
    (said("require_before", do="run tests", before="git commit"), [_TEST, _EDIT], [_EDIT, _TEST]),
    (said("require_after", do="ruff format", after="modifying code"), [_EDIT], [_EDIT, _FORMAT]),
    (said("require_with", do="docs/api.md", when="api/"), [_API], [_API, _DOC]),
    (said("doc_update", file="docs/api.md", when="api/"), [_API], [_API, _DOC]),
]

# Types whose one example needs a whole new file, tried in constraint_cases.
ELSEWHERE = {"require_code"}
