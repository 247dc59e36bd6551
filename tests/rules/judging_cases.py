"""Constraints as they are stored, a call, and what is right: the right way beside the wrong. Read by test_by_constraint."""

from tests.rules.cases import ASK, OK, STOP, WARN, edit, write
from tests.rules.constraint_cases import said

DENO = said("forbid_command", pattern=["deno test", "deno <file>"], use=["deno task test", "deno task run"])
ESLINT = said("forbid_command", pattern=["eslint"], use="./tools/lint.sh")
RUNNER = said("command", run=["poetry run pytest", "poetry run mypy"])
TAGS = said("command", flags=["-tags=unit"], **{"for": "running tests"})
BOX = said("run_inside", where="the api container", what=["php", "composer", "vendor/bin"])
FOLDER = said("run_inside", where="frontend/")
FORCE = said("forbid_command", pattern=["git push --force"])

BARE = said("forbid_command", pattern=["rspec"], bare=True)
AT_ONCE = said("forbid_command", pattern=["xcodebuild test"], at_once=True)
ROOT = said("run_inside", where="project root")
TRUNK = said("branch", use="trunk", only=True)
FORK = said("branch", forbid_push_to=["upstream"])
VERSION = said("forbid_action", action="bump the version")
AREAS = said("commit_msg", types=["ui", "net"], format="prefix")

COMMANDS = [
    (BARE, "rspec spec/a_spec.rb", STOP),
    (BARE, "bundle exec rspec spec/a_spec.rb", OK),
    (AT_ONCE, "xcodebuild test -scheme A & xcodebuild test -scheme B & wait", STOP),
    (AT_ONCE, "xcodebuild test -scheme A && xcodebuild test -scheme B", OK),
    (ROOT, "cd apps/web && npm run lint", STOP),
    (ROOT, "npm run lint", OK),
    (ROOT, "cd apps/web && ls", OK),
    (TRUNK, "git checkout -b topic", STOP),
    (FORK, "git push upstream topic", STOP),
    (FORK, "git push origin topic", OK),
    (VERSION, "npm version minor", STOP),
    (VERSION, "npm install", OK),
    (AREAS, "git commit -m 'net: retry'", OK),
    (DENO, "deno test", STOP),
    (DENO, "deno main.ts", STOP),
    (DENO, "deno src/main.ts --flag", STOP),
    (DENO, "deno task test", OK),
    (DENO, "deno task test src/a.ts", OK),
    (DENO, "deno install", OK),
    (DENO, "deno fmt", OK),
    (ESLINT, "eslint src", STOP),
    (ESLINT, "cd web && CI=1 npx eslint .", STOP),
    (ESLINT, "./tools/lint.sh src", OK),
    (ESLINT, write("/repo/.github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: eslint src\n"), STOP),
    (RUNNER, "pytest -q", STOP),
    (RUNNER, "CI=1 mypy src", STOP),
    (RUNNER, "poetry run pytest -q", OK),
    (RUNNER, "poetry run mypy", OK),
    (RUNNER, "ruff check", OK),
    (TAGS, "go test ./...", STOP),
    (TAGS, "go test -tags=unit ./...", OK),
    (TAGS, "go test -tags unit,slow ./...", OK),
    (TAGS, "go build ./...", OK),
    (said("command", run="npm run test:ci", or_flags=["--run"], **{"for": "tests"}), "npx vitest --run src", OK),
    (said("command", run="vitest run", when="tests", **{"for": "run tests"}), "npx jest", STOP),
    (BOX, "php artisan migrate", STOP),
    (BOX, "./vendor/bin/phpstan analyse", STOP),
    (BOX, "docker compose exec api php artisan migrate", OK),
    (BOX, "docker exec shop-api-1 composer install", OK),
    (BOX, "docker exec api-db php -v", OK),
    (BOX, "docker exec api-db composer install", STOP),
    (BOX, "ls vendor/bin", OK),
    (FOLDER, "npm run build", WARN),
    (FOLDER, "cd frontend && npm run build", OK),
    (FOLDER, "git status", OK),
    (FORCE, "git push origin +topic", STOP),
    (FORCE, "git push --force-with-lease origin topic", WARN),
    (FORCE, "git push origin topic", OK),
    (
        said("forbid_command", pattern=["gh secret set"], words="never `gh secret set` or any other command"),
        "az keyvault secret set --name a --value b",
        STOP,
    ),
    (said("forbid_command", pattern=["gh secret set"]), "az keyvault secret set --name a --value b", WARN),
]  # fmt: skip

SERVER = said("forbid_action", action="start the dev server")
ACTIONS = [
    (SERVER, "npx vite", STOP),
    (SERVER, "vite --port 4000", STOP),
    (SERVER, "vite build", OK),
    (SERVER, "uvicorn app:app --reload", STOP),
    (said("forbid_action", action="delete or update without where"), "psql -c 'DELETE FROM carts'", STOP),
    (said("forbid_action", action="delete or update without where"), "psql -c 'DELETE FROM carts WHERE id = 4'", OK),
    (said("forbid_action", action="commit"), "git cherry-pick 4f2a91c", STOP),
    (said("forbid_action", action="commit"), "git log -3", OK),
    (said("ask_before", action=["git push"]), "git add a && git commit -m x && git push", ASK),
]  # fmt: skip

OLD = said("forbid_path", glob=["db/old/**"], op="run")
ROOT = said("no_new_dependency", scope=["./package.json"])
PARTS = said("dependency", forbid=[":internal", ":feature:*"])
PLACES = [
    (OLD, "psql app -f db/old/001.sql", STOP),
    (OLD, "psql app < db/old/001.sql", STOP),
    (OLD, 'for f in db/old/*.sql; do psql app -f "$f"; done', STOP),
    (OLD, "bash db/old/run.sh", STOP),
    (OLD, "./db/old/run.sh", STOP),
    (OLD, "cat db/old/001.sql", OK),
    (OLD, "psql app -f db/new/001.sql", OK),
    (OLD, "diff db/old/001.sql db/new/001.sql", OK),
    (said("forbid_path", glob=["generated proto files"]), edit("/repo/gen/api.pb.go", "x := 1"), STOP),
    (said("forbid_path", glob=["generated proto files"]), edit("/repo/proto/api.proto", "int32 a = 1;"), OK),
    (said("forbid_path", glob=["state files"]), "jq . a.json > x && mv x prod.tfstate", STOP),
    (ROOT, "npm install left-pad", STOP),
    (ROOT, "npm install left-pad --workspace=web", OK),
    (ROOT, "pnpm add left-pad --filter web", OK),
    (ROOT, "pnpm add -w left-pad", STOP),
    (ROOT, "cd packages/web && npm install left-pad", OK),
    (ROOT, edit("/repo/package.json", '"dependencies": {\n "left-pad": "^1.0.0",', '"dependencies": {'), STOP),
    (ROOT, edit("/repo/packages/a/package.json", '"dependencies": {\n "left-pad": "^1.0.0",', '"dependencies": {'), OK),
    (PARTS, edit("/repo/core/a/build.gradle.kts", 'implementation(project(":feature:player"))'), STOP),
    (PARTS, edit("/repo/core/a/build.gradle.kts", "implementation(projects.feature.mail.internal)"), STOP),
    (PARTS, edit("/repo/core/a/build.gradle.kts", "implementation(projects.core.mail.api)"), OK),
    (PARTS, edit("/repo/core/mail/internal/build.gradle.kts", "implementation(projects.core.mail.internal)"), OK),
    (said("dependency", forbid=["analytics"]), "npm install @vercel/analytics", STOP),
    (said("db", use="sqlite"), edit("/repo/prisma/schema.prisma", 'provider = "mysql"'), STOP),
    (said("db", use="sqlite"), edit("/repo/prisma/schema.prisma", 'provider = "sqlite"'), OK),
    (said("db", use="sqlite"), edit("/repo/prisma/schema.prisma", 'provider = "prisma-client-js"'), OK),
    (said("env_var", name="MODE", value="safe", file="config/prod.env"), edit("/repo/config/prod.env", "MODE=fast"), STOP),
    (said("env_var", name="MODE", value="safe", file="config/prod.env"), edit("/repo/config/dev.env", "MODE=fast"), OK),
    (said("env_var", name="MODE", value="safe", file="config/prod.env"), "MODE=fast make run", OK),
    (said("config", file=".env", forbid=["APP_VERSION"]), "echo APP_VERSION=1 >> .env", STOP),
    (said("config", file=".env", forbid=["APP_VERSION"]), "echo APP_NAME=x >> .env", OK),
    (said("version", of="junit", value="5"), edit("/repo/src/ATest.java", "import org.junit.Test;"), STOP),
    (said("version", of="junit", value="5"), edit("/repo/src/ATest.java", "import org.junit.jupiter.api.Test;"), OK),
    (said("version", of="dotnet", value="9"), edit("/repo/a.csproj", "<TargetFramework>net8.0</TargetFramework>"), STOP),
    (said("version", of="dotnet", value="9"), edit("/repo/a.csproj", "<TargetFramework>net9.0</TargetFramework>"), OK),
    (said("port", value="8020"), "uvicorn app:app --port 8000", STOP),
    (said("port", value="8020"), "curl localhost:3000/health", OK),
    (said("port", service="dev server", value="5176"), "npx vite --port 5173", STOP),
    (said("port", service="dev server", value="5176"), "npx vite --port 5176", OK),
]  # fmt: skip

LOGS = said("secrets", log=["message content", "email addresses"])
TYPES = said("forbid_code", pattern=["OldContext<T>"])
SLEEP = said("forbid_code", pattern=["time.sleep("], when="to a test")
LINKS = said("forbid_text", what="links", place="comments")
TEXTS = [
    (LOGS, edit("/repo/src/a.kt", 'log.debug("sent ${mail.recipient}")'), STOP),
    (LOGS, edit("/repo/src/a.py", 'logger.info(f"got {msg.body}")'), STOP),
    (LOGS, edit("/repo/src/a.swift", 'logger.debug("got \\(message.text)")'), STOP),
    (LOGS, edit("/repo/src/a.ts", "console.log('sent', user.email)"), STOP),
    (LOGS, edit("/repo/src/a.ts", "console.log('sent an email to', recipients.length)"), OK),
    (LOGS, edit("/repo/src/a.py", 'logger.info("body is empty")'), OK),
    (LOGS, edit("/repo/src/a.py", "send(msg.body)"), OK),
    (LOGS, edit("/repo/src/a.go", 'log.Printf("peer %s", conn.remoteAddress)'), OK),
    (TYPES, edit("/repo/src/a.rs", "fn f(cx: &mut OldContext<Self>) {}"), STOP),
    (TYPES, edit("/repo/src/a.rs", "fn f(cx: &mut NewContext<Self>) {}"), OK),
    (SLEEP, edit("/repo/tests/test_a.py", "time.sleep(2)"), STOP),
    (SLEEP, edit("/repo/src/a.py", "time.sleep(2)"), OK),
    (said("forbid_code", pattern=["/v1/health"]), edit("/repo/a.tf", 'path = "/v1/health"'), STOP),
    (said("forbid_code", pattern=["/v1/health"]), edit("/repo/a.py", 'log("we left /v1/health behind")'), OK),
    (said("forbid_code", pattern=['require("legacy.']), edit("/repo/a.lua", "local t = require('legacy.core')"), STOP),
    (said("forbid_code", pattern=['require("legacy.']), edit("/repo/a.lua", "-- require('legacy.core') is gone"), OK),
    (said("forbid_code", what="direct moment imports", use="lib/dates"), edit("/repo/a.ts", "import m from 'moment'"), STOP),
    (said("forbid_code", what="direct moment imports", use="lib/dates"), edit("/repo/lib/dates.ts", "import m from 'moment'"), OK),
    (said("forbid_code", what="direct moment imports", use="lib/dates"), edit("/repo/a.ts", "import m from 'lib/dates'"), OK),
    (said("forbid_code", what="wildcard imports"), edit("/repo/A.java", "import static a.b.C.*;"), STOP),
    (said("forbid_code", what="force unwrap"), edit("/repo/a.dart", "Text(user!.name)"), STOP),
    (said("forbid_code", what="force unwrap"), edit("/repo/a.dart", "if (a != b && !c) {}"), OK),
    (said("forbid_code", pattern=[":latest"], **{"except": ["local dev"]}), edit("/repo/k8s/a.yaml", "image: x:latest"), STOP),
    (said("forbid_code", pattern=[":latest"], **{"except": ["local dev"]}), edit("/repo/compose.dev.yml", "image: x:latest"), OK),
    (LINKS, edit("/repo/src/a.go", "// see https://example.com/x\nf()"), STOP),
    (LINKS, edit("/repo/src/a.go", 'f("https://example.com/x")'), OK),
    (LINKS, edit("/repo/README.md", "see https://example.com/x"), OK),
    (said("commit_msg", require="Reviewed-by"), "git commit -m 'fix: x'", STOP),
    (said("commit_msg", require="Reviewed-by"), "git commit -m 'fix: x\n\nReviewed-by: Ada <a@example.com>'", OK),
    (said("require_before", do="terraform plan", before="apply"), "terraform apply", STOP),
    (said("require_before", do="terraform plan", before="apply"), "terraform plan -out p && terraform apply p", OK),
    (said("require_before", do="terraform plan", before="apply"), "terraform output", OK),
]  # fmt: skip

API = said("port", service="api", value="4100")
WHOLE = said("ask_before", action=["edit files"])
OTHERS = [
    (API, "PORT=3000 npm run dev:api", STOP),
    (API, "PORT=3000 npm run dev:web", OK),
    (API, edit("/repo/apps/api/vite.config.ts", "server: { port: 3000 }"), STOP),
    (API, edit("/repo/apps/web/vite.config.ts", "server: { port: 3000 }"), OK),
    (WHOLE, edit("/repo/src/a.ts", "b"), ASK),
    (WHOLE, "echo x > /tmp/a", OK),
    (WHOLE, "cat src/a.ts", OK),
    (said("ask_before", action=["the server started"]), "yarn start", ASK),
    (said("secrets", forbid="log tokens"), edit("/repo/A.cs", '_logger.LogInformation("token {T}", accessToken);'), STOP),
    (said("secrets", forbid="log tokens"), edit("/repo/A.cs", '_logger.LogInformation("used {N}", usage.TotalTokens);'), OK),
    (said("forbid_text", pattern=["Oldname"], place="in new code"), "git commit -m 'rename Oldname'", OK),
    (said("forbid_text", pattern=["Oldname"], place="in new code"), edit("/repo/a.py", "x = Oldname()"), STOP),
    (said("format", indent="tabs"), edit("/repo/a.js", "    return 1"), STOP),
    (said("format", indent="tabs"), edit("/repo/a.js", "\treturn 1"), OK),
]  # fmt: skip

NEXT = said("branch", target="next", **{"from": "next"})
SCOPED = said("commit_msg", format="conventional commits", require="scope")
LOWER = said("commit_msg", require="lowercase")
COLUMNS = said("forbid_code", pattern=["SELECT *"])
UNWRAP = said("forbid_code", pattern=[".unwrap"])
BUILT = said("forbid_path", glob=["build/**"], op="commit")
SLOW = said("command", run="bin/e2e", **{"for": "e2e tests"})
INSIDE = said("run_inside", where="the api container", what=["all commands"])
SHAPES = [
    (NEXT, "git checkout -b topic master", STOP),
    (NEXT, "git checkout -b topic next", OK),
    (NEXT, "git checkout -b topic", OK),
    (NEXT, "gh pr create --base master --title a --body b", STOP),
    (NEXT, "gh pr create --base next --title a --body b", OK),
    (SCOPED, "git commit -m 'fix: leak'", STOP),
    (SCOPED, "git commit -m 'fix(net): leak'", OK),
    (LOWER, "git commit -m 'Fix leak'", STOP),
    (LOWER, "git commit -m 'fix: Stop the leak'", STOP),
    (LOWER, "git commit -m 'fix: TLS handshake'", OK),
    (LOWER, "git commit -m 'fix leak'", OK),
    (COLUMNS, edit("/repo/src/a.ts", "q = 'SELECT * FROM carts'"), STOP),
    (COLUMNS, edit("/repo/src/a.ts", "q = 'SELECT id FROM carts'"), OK),
    (COLUMNS, edit("/repo/src/a.ts", "throw new Error('we no longer SELECT * here')"), OK),
    (UNWRAP, edit("/repo/src/a.rs", "let a = b.unwrap();"), STOP),
    (UNWRAP, edit("/repo/src/a.rs", "let a = b.unwrap_or(0);"), OK),
    (said("forbid_code", pattern=["#[allow]", "#[allow("]), edit("/repo/src/a.rs", "#[allow(dead_code)]"), STOP),
    (BUILT, "git add build/", STOP),
    (BUILT, "git add src/", OK),
    (SLOW, "npx jest src/a.test.ts", OK),
    (SLOW, "bin/e2e", OK),
    (INSIDE, "make lint", STOP),
    (INSIDE, "docker compose exec api make lint", OK),
    (said("forbid_path", glob=["../old"]), edit("/old/src/a.ts", "b"), STOP),
    (said("forbid_path", glob=["../old"]), edit("/repo/old/a.ts", "b"), OK),
    (said("forbid_path", glob=["webpack.config.js"], op="create"), write("/repo/webpack.config.js", "a"), STOP),
    (said("framework", use="redux"), "npm install react-redux", OK),
    (said("framework", use="redux"), "npm install zustand", STOP),
    (said("port", value="4310", **{"not": ["4310"]}), "uvicorn app:app --port 4310", OK),
]  # fmt: skip

CASES = [*OTHERS, *COMMANDS, *ACTIONS, *PLACES, *TEXTS, *SHAPES]

# constraint, call, the corrected text (None: no one right answer)
CORRECTED = [
    (DENO, "deno test src", "deno task test src"),
    (DENO, "cd a && timeout 60 deno test", "cd a && timeout 60 deno task test"),
    (DENO, "deno src/main.ts --x", "deno task run src/main.ts --x"),
    (ESLINT, "CI=1 eslint src --fix", "CI=1 ./tools/lint.sh src --fix"),
    (ESLINT, edit("/repo/.github/workflows/ci.yml", "      - run: eslint src"), "      - run: ./tools/lint.sh src"),
    (RUNNER, "CI=1 pytest -k 'a b'", "CI=1 poetry run pytest -k 'a b'"),
    (TAGS, "go test ./... -run X", "go test -tags=unit ./... -run X"),
    (said("run_inside", where="api", what=["php"], use="docker compose exec api"), "php -v x", "docker compose exec api php -v x"),
    (said("forbid_command", pattern=["pytest -x"], use="pytest --maxfail=3"), "pytest -x tests", "pytest --maxfail=3 tests"),
    (said("forbid_command", pattern=["git commit -a"], use="git commit"), "git commit -am x", None),
    (said("branch", name_pattern="bot/*"), "git checkout -b fix/leak", "git checkout -b bot/leak"),
    (said("branch", name_pattern=["feat/<x>", "fix/<x>"]), "git checkout -b leak", None),
    (said("host", value="stg.example.com", **{"not": ["old.example.com"]}), edit("/repo/a.ts", 'u = "https://old.example.com/x"'), 'u = "https://stg.example.com/x"'),
    (said("forbid_code", pattern=["apps/v1beta1"], use="apps/v1"), edit("/repo/a.yaml", "apiVersion: apps/v1beta1"), "apiVersion: apps/v1"),
    (said("forbid_code", pattern=["fmt.Println"], use="slog"), edit("/repo/a.go", 'fmt.Println("x")'), None),
    (said("forbid_code", what="direct moment imports", use="lib/dates"), edit("/repo/a.ts", "import m from 'moment'"), "import m from 'lib/dates'"),
    (said("version", of="dotnet", value="9"), edit("/repo/a.csproj", "<TargetFramework>net8.0</TargetFramework>"), "<TargetFramework>net9.0</TargetFramework>"),
    (said("db", use="sqlite"), edit("/repo/schema.prisma", 'provider = "mysql"'), 'provider = "sqlite"'),
    (said("commit_msg", require="-s"), "git add a && git commit -m 'fix: x'", "git add a && git commit -s -m 'fix: x'"),
    (said("port", service="dev server", value="5176"), "npx vite --port 5173 --host", "npx vite --port 5176 --host"),
    (NEXT, "gh pr create --base master --title a --body b", "gh pr create --base next --title a --body b"),
]  # fmt: skip

_BUN = said("forbid_command", pattern=["bun test", "bun <file>"])
_DEBUG = said("command", run=["bun dbg test", "bun dbg <command>"])
_SYSTEM = said("command", run="SYSTEM=1 bun test")
_ZOD = said("dependency", use="zod")
_NONE = said("no_new_dependency")

# constraints of several instructions, call, what is right, the corrected command
TOGETHER = [
    ([_BUN, _DEBUG], "bun test a.ts", STOP, "bun dbg test a.ts"),
    ([_BUN, _DEBUG], "bun a.ts", STOP, "bun dbg a.ts"),
    ([_BUN, _DEBUG], "bun dbg test a.ts", OK, None),
    ([_BUN, _SYSTEM], "SYSTEM=1 bun test a.ts", OK, None),
    ([_BUN, _SYSTEM], "bun test a.ts", STOP, None),
    ([_NONE, _ZOD], "npm install zod", OK, None),
    ([_NONE, _ZOD], "npm install joi", STOP, None),
    ([_ZOD, _NONE], "npm install zod", OK, None),
    ([FORCE, said("command", run="git push --force-with-lease")], "git push --force o x", STOP, None),
    ([said("forbid_command", pattern=["pytest"]), said("command", run="uv run pytest")], "uv run pytest -q", OK, None),
    ([said("forbid_command", pattern=["pytest"]), said("command", run="uv run pytest")], "pytest -q", STOP, "uv run pytest -q"),
]  # fmt: skip
