"""Disks, partitions, volumes: what formats, wipes or writes over a device. TG411, TG412.

The tools and their verbs are data (`verbs_disks.json`); a file that stands for a disk image is an ordinary file.
"""

from collections.abc import Iterator

from tractguard.model import REJECTED
from tractguard.rules.destructive import Loss, Scene, bash, rule, shown
from tractguard.rules.destructive_paths import is_device
from tractguard.rules.destructive_phrases import grave


def tools(scene: Scene) -> Iterator[Loss]:
    """mkfs, wipefs, fdisk, lvremove, zpool destroy and their like."""
    for said in grave(scene, "verbs_disks"):
        if said.fact.name.startswith(("mkfs.ext", "mke2fs")) and "-n" in said.line.flags:
            continue  # it only says what it would do
        yield Loss(
            said.fact, f"{shown(said.fact.value, 60)} destroys {said.lost}", status=REJECTED, subject=said.fact.value
        )


def written(scene: Scene) -> Iterator[Loss]:
    """A device written over as if it were a file."""
    for fact in scene.of("write", "append"):
        if is_device(fact.name):
            yield Loss(
                fact,
                f"this call writes over the device {shown(fact.name, 60)}",
                status=REJECTED,
                confidence=0.97,
                subject=fact.name,
            )


RULES = (
    rule(
        "TG411",
        "disk tools",
        "destructive_disks",
        tools,
        bad=(bash("mkfs.ext4 /dev/sdb1"), bash("wipefs -a /dev/sda"), bash("zpool destroy tank")),
        good=(bash("mkfs.ext4 disk.img"), bash("fdisk -l /dev/sda"), bash("zpool status")),
    ),
    rule(
        "TG412",
        "written devices",
        "destructive_disks",
        written,
        bad=(bash("dd if=/dev/zero of=/dev/sda bs=1M"), bash("cat image > /dev/nvme0n1")),
        good=(bash("dd if=/dev/zero of=disk.img bs=1M count=10"), bash("echo x > /dev/null")),
    ),
)
