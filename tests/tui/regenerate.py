"""Write the screens' pictures: python -m tests.tui.regenerate [SCENE...]

Read the difference before you commit it: it is what users will see.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.support import disks
from tests.tui.scenes import SCENES
from tests.tui.snapshots import FOLDER, take


def main(names: list[str]) -> int:
    """Write the named scenes, or without names all scenes and nothing else."""
    unknown = [scene for scene in names if scene not in SCENES]
    if unknown:
        print(f"no such scene: {', '.join(unknown)}; there are {', '.join(SCENES)}")
        return 2
    if not names and FOLDER.exists():
        shutil.rmtree(FOLDER)
    scenes = names or list(SCENES)
    with ProcessPoolExecutor() as pool:
        for scene, taken in zip(scenes, pool.map(_taken, scenes), strict=True):
            for path, text in taken.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            print(scene)
    return 0


def _taken(scene: str) -> dict[Path, str]:
    with disks.pictured() as place:
        return asyncio.run(take(scene, Path(place) / "s"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
