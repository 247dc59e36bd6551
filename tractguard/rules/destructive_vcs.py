"""Work that other version control would throw away: Mercurial, Subversion, Jujutsu and their like. TG426.

Their verbs are data (`verbs_vcs.json`). No state is asked of them: what they would discard is unknown.
"""

from collections.abc import Iterator

from tractguard.rules.destructive import Loss, Scene, bash, rule, shown
from tractguard.rules.destructive_phrases import grave


def others(scene: Scene) -> Iterator[Loss]:
    """jj, hg, svn, fossil: the same losses by their own verbs."""
    for said in grave(scene, "verbs_vcs"):
        yield Loss(said.fact, f"{shown(said.fact.value, 60)} throws away {said.lost}", subject=said.fact.value)


RULES = (
    rule(
        "TG426",
        "other version control",
        "destructive_vcs",
        others,
        bad=(bash("svn revert -R ."), bash("hg update --clean")),
        good=(bash("jj undo"), bash("hg status")),
    ),
)
