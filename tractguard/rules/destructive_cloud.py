"""Clouds, clusters, containers, infrastructure, registries: what deletes there, and what is published for good.
TG441, TG442.

The tools, their objects and their verbs are data (`verbs_cloud.json`). Local stand-ins (localstack, kind, a test
project of compose) pass. It refuses to know credentials or accounts: production is what a name says.
"""

from collections.abc import Iterator

from tractguard.rules.destructive import Loss, Scene, bash, line_of, phrase_in, production, rule, shown, tested
from tractguard.rules.destructive_phrases import Said, grave, program_of, tools

_PUBLISH = "!publish"
_COMPOSE = ("docker", "podman", "nerdctl", "docker-compose", "podman-compose")
_CONTEXTS = ("--context", "--kube-context", "-f", "--file", "-p", "--project-name", "--profile")
_LOCAL = ("minikube", "kind-", "k3d-", "docker-desktop", "rancher-desktop", "orbstack", "colima")


def deletes(scene: Scene) -> Iterator[Loss]:
    """delete, destroy, purge, terminate and their like."""
    for said in grave(scene, "verbs_cloud"):
        if said.lost == _PUBLISH or _stand_in(said):
            continue
        where = (
            " in production" if any(production(word) for word in (*said.line.words, *said.line.flags.values())) else ""
        )
        lost = "" if said.lost == "what it names" else f": {said.lost} would be gone"
        yield Loss(
            said.fact,
            f"{shown(said.fact.value, 80)} deletes{where}{lost}"
            if not lost
            else f"{shown(said.fact.value, 80)}{where}{lost}",
            subject=said.fact.value,
        )


_AMOUNTS = frozenset(
    "--desired-count --desired-capacity --replicas --num-nodes --node-count --nodes --new-capacity --desired-size"
    " --min-count --capacity --machine-count".split()
)
_IN_JSON = ('"action":"delete"', 'reclaimpolicy":"delete"', '"deleterequest"', '"operation":"delete"')


def emptied(scene: Scene) -> Iterator[Loss]:
    """Services scaled to nothing, and deletions that stand in the JSON of an option."""
    known = tools("verbs_cloud")
    for fact in scene.runs():
        program, argv = program_of(fact)
        tool = known.get(program)
        if tool is None:
            continue
        line = line_of(argv, tool.takes)
        if any(phrase_in(phrase, line) for phrase in tool.passes):
            continue
        given = {flag: line.flags[flag] or line.after.get(flag, "") for flag in line.flags}
        scales = any(word == "scale" or word.endswith(":scale") for word in line.words)
        none = any(given.get(flag) == "0" for flag in _AMOUNTS)
        if none or (scales and any(word.endswith("=0") for word in line.words)):
            yield Loss(fact, f"{shown(fact.value, 80)}: nothing of it would run any more", subject=fact.value)
        elif any(mark in "".join(word.split()).lower() for mark in _IN_JSON for word in argv if "{" in word):
            yield Loss(fact, f"{shown(fact.value, 80)} deletes what its JSON names", subject=fact.value)


def _stand_in(said: Said) -> bool:
    """Whether the target is a copy on this machine or a project of tests."""
    given = {flag: said.line.flags.get(flag) or said.line.after.get(flag, "") for flag in said.line.flags}
    if any(given.get(flag, "").startswith(_LOCAL) for flag in ("--context", "--kube-context")):
        return True
    endpoint = given.get("--endpoint-url") or given.get("--endpoint") or ""
    if "localhost" in endpoint or "127.0.0.1" in endpoint or "localstack" in endpoint:
        return True
    if said.tool not in _COMPOSE:
        return False
    told = [given.get(flag, "") for flag in _CONTEXTS]
    if "rm" in said.line.words or "volume" in said.line.words:
        told += said.line.words[1:]
    return any(tested(one) for one in told if one)


def published(scene: Scene) -> Iterator[Loss]:
    """Packages published: a version can be hidden, never taken back."""
    for said in grave(scene, "verbs_cloud"):
        if said.lost == _PUBLISH:
            yield Loss(
                said.fact,
                f"{shown(said.fact.value, 80)} publishes for everybody; that cannot be taken back",
                subject=said.fact.value,
            )


RULES = (
    rule(
        "TG444",
        "scaled to nothing",
        "destructive_cloud",
        emptied,
        bad=(
            bash("aws ecs update-service --cluster prod --service web --desired-count 0"),
            bash("heroku ps:scale web=0 worker=0"),
            bash('aws route53 change-resource-record-sets --change-batch \'{"Changes": [{"Action": "DELETE"}]}\''),
        ),
        good=(
            bash("aws ecs update-service --cluster prod --service web --desired-count 2"),
            bash("heroku ps:scale web=1"),
        ),
    ),
    rule(
        "TG441",
        "deleted remotely",
        "destructive_cloud",
        deletes,
        bad=(
            bash("kubectl delete ns prod"),
            bash("terraform destroy -auto-approve"),
            bash("aws ec2 terminate-instances --instance-ids i-1"),
            bash("docker compose down -v"),
            bash("gh repo delete me/app --yes"),
        ),
        good=(
            bash("kubectl get pods"),
            bash("terraform plan -destroy"),
            bash("aws s3 ls"),
            bash("docker compose down"),
            bash("kubectl delete ns prod --dry-run=client"),
            bash("gcloud projects list"),
        ),
    ),
    rule(
        "TG442",
        "published for good",
        "destructive_cloud",
        published,
        bad=(bash("npm publish"), bash("cargo publish"), bash("twine upload dist/*")),
        good=(bash("npm publish --dry-run"), bash("npm pack"), bash("twine upload -r testpypi dist/*")),
    ),
)
