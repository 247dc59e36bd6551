"""A prompt that changes what was said before, through the real hook."""

from tests.clocked import Say, Session, ask_, do_, say_, session_, start_

FIXTURES = (ask_, do_, say_, session_, start_)  # pytest finds them here


def edits(session: Session, path: str, at: float) -> str:
    given = {"file_path": path, "old_string": "a", "new_string": "b"}
    return session("PreToolUse", tool_name="Edit", tool_input=given, tool_use_id=path, at=at).decision


def test_a_correction_takes_the_place_of_the_sentence_before(session: Session, say: Say) -> None:
    say("Never edit vendor/.")
    told = say("sorry, I meant legacy/", at=1)
    assert 'it replaces "Never edit vendor/."' in told
    assert (edits(session, "vendor/a.py", 2), edits(session, "legacy/a.py", 3)) == ("silence", "deny")


def test_an_exclamation_hides_nothing(session: Session, say: Say) -> None:
    say("Never edit vendor/.")
    say("No!", at=1)
    say("I meant legacy/", at=2)
    assert (edits(session, "vendor/a.py", 3), edits(session, "legacy/a.py", 4)) == ("silence", "deny")


def test_just_this_once_is_a_permission_that_is_used_up(say: Say, do: Say, ask: Say) -> None:
    say("Use pnpm, never npm.")
    say("just this once use npm", at=1)
    assert (do("npm install left-pad", at=2), ask("npm install right-pad", at=3)) == ("silence", "correct")


def test_an_order_that_names_the_file_is_a_permission(session: Session, say: Say) -> None:
    say("Never change global.json unless explicitly asked to.")
    assert edits(session, "global.json", 1) == "deny"
    say("Please bump the SDK version in global.json to 10.0.200.", at=2)
    assert edits(session, "global.json", 3) == "silence"
