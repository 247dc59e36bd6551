"""Calls that aim at another cluster, region or profile than was said, and those that aim at the right one."""

import pytest

from tractguard.check import check_row

CONTEXT = "Only ever run kubectl and helm against the kind-play context. Never prod-us."
REGION = "All AWS calls use region eu-north-1, never us-west-2."
PROFILE = "Use AWS profile `sandbox-sso` for everything."

CASES = [
    (CONTEXT, "kubectl --context prod-us get pods", "REJECTED"),
    (CONTEXT, "kubectl config use-context prod-us", "REJECTED"),
    (CONTEXT, "kubectx prod-us", "REJECTED"),
    (CONTEXT, "helm upgrade shop ./chart --kube-context=prod-us", "REJECTED"),
    (CONTEXT, "kubectl --context=kind-play apply -f k8s/", "APPROVED"),
    (CONTEXT, "kubectl get pods", "APPROVED"),
    (CONTEXT, "kubectl config get-contexts", "APPROVED"),
    (CONTEXT, "kubectl --context $CONTEXT get pods", "APPROVED"),
    (CONTEXT, "rg prod-us infra/", "APPROVED"),
    (REGION, "aws s3 ls --region us-west-2", "REJECTED"),
    (REGION, "AWS_REGION=us-west-2 aws s3 ls", "REJECTED"),
    (REGION, "export AWS_DEFAULT_REGION=us-west-2", "REJECTED"),
    (REGION, "aws ec2 describe-instances --region eu-north-1", "APPROVED"),
    (REGION, "git commit -m 'move from us-west-2 to eu-north-1'", "APPROVED"),
    (PROFILE, "aws --profile live s3 ls", "REJECTED"),
    (PROFILE, "aws --profile sandbox-sso s3 ls", "APPROVED"),
    (PROFILE, "cargo build --profile release", "APPROVED"),
]


@pytest.mark.parametrize(("said", "command", "expected"), CASES, ids=[case[1] for case in CASES])
def test_where_a_command_goes(said, command, expected):
    row = {"instructions": [said], "tool_name": "Bash", "tool_input": {"command": command}, "cwd": "/repo"}
    assert check_row(row)["status"] == expected
