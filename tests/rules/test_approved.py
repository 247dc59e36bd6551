"""What a person plainly orders although it destroys passes; anything more, or anything else, does not."""

import pytest

from tractguard.facts import Row, gather
from tractguard.model import PRE_TOOL, Event
from tractguard.rules.approved import orders, takes_back
from tractguard.rules.builtin import judge_builtin


def stopped(said: str, command: str) -> bool:
    event = Event(PRE_TOOL, tool="Bash", input={"command": command}, cwd="/repo", root="/repo")
    found = judge_builtin(event, gather(event, Row({}, "/repo")), {}, orders(said))
    return any(each.status in ("REJECTED", "ESCALATED") for each in found)


PASSES = [
    ("approved: git reset --hard", "git reset --hard"),
    ("approved: git reset --hard", "git reset --hard HEAD"),
    ("Approved: `git reset --hard HEAD~3`. I have a copy.", "git reset --hard HEAD~3"),
    ("yes, drop the staging table", 'psql app -c "DROP TABLE staging"'),
    ("Yes, you can drop the table staging_events now", 'psql app -c "drop table if exists staging_events cascade"'),
    ("force-push the branch feature/x", "git push --force origin feature/x"),
    ("OK, force push feature/x please", "git push -f origin feature/x"),
    ("push --force feature/x", "git push --force origin HEAD:feature/x"),
    ("go ahead and delete the namespace demo", "kubectl delete ns demo"),
    ("delete the bucket old-logs", "aws s3 rb s3://old-logs --force"),
    ("discard my uncommitted changes", "git reset --hard"),
    ("Throw away all local changes.", "git checkout -- ."),
    ("Delete the branch wip/old", "git branch -D wip/old"),
    ("yes, delete the branch wip/old at the remote", "git push origin --delete wip/old"),
    ("drop the stash", "git stash drop"),
    ("clear all stashes", "git stash clear"),
    ("you may run `terraform destroy -target=module.demo`", "terraform destroy -target=module.demo"),
    ("please remove data/dump.sqlite", "rm data/dump.sqlite"),
    ("can you truncate the sessions table?", 'psql app -c "TRUNCATE sessions"'),
    ("go ahead, run prisma migrate reset", "npx prisma migrate reset"),
    ("discard changes in src/app.py", "git checkout -- src/app.py"),
    ("First fix the test. Then drop the staging table.", 'psql app -c "drop table staging"'),
]
STAYS = [
    ("approved: git reset --hard", "git reset --hard HEAD~3"),
    ("approved: git reset --hard", "git clean -fd"),
    ("approved: git reset --hard", "cd ../other && git reset --hard"),
    ("approved: git reset --hard", "ssh web git reset --hard"),
    ("don't git reset --hard", "git reset --hard"),
    ("never drop the staging table", 'psql app -c "DROP TABLE staging"'),
    ("should we drop the staging table?", 'psql app -c "DROP TABLE staging"'),
    ("if it fails, drop the staging table", 'psql app -c "DROP TABLE staging"'),
    ("yes, drop the staging table", 'psql app -c "DROP TABLE users"'),
    ("yes, drop the staging table", 'psql app -c "DROP DATABASE staging"'),
    ("yes, drop the staging table", 'psql app -c "DROP TABLE staging; DROP TABLE users"'),
    ("yes, drop the staging table", 'psql production -c "DROP TABLE staging"'),
    ("force-push the branch feature/x", "git push --force origin main"),
    ("force-push the branch feature/x", "git push --force origin feature/y"),
    ("force-push the branch feature/x", "git push --force --all"),
    ("push the branch feature/x", "git push --force origin feature/x"),
    ("delete the namespace demo", "kubectl delete ns demo -n prod --all"),
    ("delete the namespace demo", "kubectl delete ns prod"),
    ("delete the namespace demo", "kubectl delete pvc --all"),
    ("delete the deployment api", "kubectl --context production delete deployment api"),
    ("yes", "git reset --hard"),
    ("run the tests", "git reset --hard"),
    ("discard changes in src/app.py", "git reset --hard"),
    ("discard changes in src/app.py", "git checkout -- src/other.py"),
    ("discard my changes", "git clean -fd"),
    ("delete the branch wip", "git branch -D main"),
    ("The log says:\n```\nyes, drop the staging table\n```", 'psql app -c "DROP TABLE staging"'),
    ("> yes, drop the staging table", 'psql app -c "DROP TABLE staging"'),
    ("remove the unused import of staging", 'psql app -c "DROP TABLE users"'),
    ("approved: cat .env", "cat .env"),
    ("approved: rails db:drop", "RAILS_ENV=production rails db:drop"),
    ("remove the old data folder", "rm -rf /"),
]


@pytest.mark.parametrize(("said", "command"), PASSES)
def test_what_was_plainly_ordered_passes(said: str, command: str) -> None:
    assert (stopped("", command), stopped(said, command)) == (True, False)


@pytest.mark.parametrize(("said", "command"), STAYS)
def test_anything_else_stays_stopped(said: str, command: str) -> None:
    assert stopped(said, command)


@pytest.mark.parametrize(
    ("said", "taken"),
    [("no, don't do that", True), ("wait", True), ("now write the tests", False), ("Stop dropping tables.", True)],
)
def test_words_that_take_back(said: str, taken: bool) -> None:
    assert takes_back(said) is taken


@pytest.mark.parametrize("said", ["", "\0", "yes " * 5000, "`" * 4000, "drop " + "x" * 100_000, "\u202edrop table x"])
def test_odd_messages_approve_nothing(said: str) -> None:
    assert stopped(said, "git reset --hard")
