"""Secrets are taken out before anything is stored; everything else stays as it was."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tractguard.redact import redact

SECRETS = [
    ("aws", "aws s3 ls --key AKIAQWERTYUIOPASDFGH", "AKIAQWERTYUIOPASDFGH"),
    ("github", "git clone https://ghp_abcdefghijklmnopqrstuvwxyz0123456789@x.test/a", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    ("anthropic", "KEY=sk-" + "ant-api03-abcdefghijklmnopqrst", "ant-api03-abcdefghijklmnopqrst"),
    ("stripe", "export S=sk_live_abcdefgh12345678", "sk_live_abcdefgh12345678"),
    ("slack", "xoxb-1234567890-abcdefghij", "xoxb-1234567890-abcdefghij"),
    ("bearer", "curl -H 'Authorization: Bearer abcdefghijklmnop1234'", "abcdefghijklmnop1234"),
    ("url", "mongosh mongodb://app:hunter2xx@db:27027/x", "hunter2xx"),
    ("password", "PGPASSWORD=correcthorse psql", "correcthorse"),
    ("yaml", "password: correcthorse", "correcthorse"),
    ("secret", "CLIENT_SECRET='abcdef0123456789'", "abcdef0123456789"),
    ("pem", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
]  # fmt: skip

HARMLESS = [
    "git status",
    "mongosh --port 27027 --eval 'db.stats()'",
    "password = os.environ['PGPASSWORD']",
    "cat docs/secrets.md",
    "https://example.test/path:8080/x",
    "mongodb://localhost:27017/app",
    "passwd: str | None",
    "the token count is 400",
]


@pytest.mark.parametrize(("text", "secret"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS])
def test_a_secret_is_taken_out(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(("text", "secret"), [row[1:] for row in SECRETS], ids=[row[0] for row in SECRETS])
def test_a_secret_is_taken_out_of_json_and_json_it_stays(text: str, secret: str) -> None:
    redacted = redact(json.dumps({"command": text, "beside": 1}))
    assert secret not in redacted
    assert json.loads(redacted)["beside"] == 1


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.alone
def test_a_large_text_is_redacted_in_linear_time() -> None:
    def cost(size: int) -> float:
        text = ("a-secret-" * size) + "password=" + "x" * size + " token "
        start = time.process_time()
        redact(text)
        return time.process_time() - start

    cost(100)
    assert cost(40_000) < 40 * max(cost(4_000), 0.002)
