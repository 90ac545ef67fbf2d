"""`kne status` and `kne down`."""

import json
import threading
import time
from pathlib import Path

import yaml

from tests.cli.conftest import Kne
from tests.cli.shop import Running, write_run_file


def test_status_shows_what_runs_on_stdout(kne: Kne, shop: Running) -> None:
    result = kne("status")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "kne 0.1.0   manifests  (1 file, 12 resources)"
    assert "    trigger/t1 " in result.stdout
    assert lines[-1].startswith("Ready. Process ")


def test_status_tells_if_it_is_not_ready(kne: Kne, shop: Running) -> None:
    shop.shop.changes = {"ready": False}
    assert "Not ready yet. Process " in kne("status").stdout


def test_status_is_given_as_json_and_yaml(kne: Kne, shop: Running) -> None:
    found = json.loads(kne("status", "-o", "json").stdout)
    assert found["brokers"][0]["name"] == "default"
    assert yaml.safe_load(kne("status", "-o", "yaml").stdout) == found


def test_down_stops_it_and_waits_until_it_has_gone(kne: Kne, shop: Running, folder: Path) -> None:
    result = kne("down")
    assert result.exit_code == 0
    assert result.stderr.startswith("stopped kne in /shop (process ")
    assert shop.shop.stopped
    assert not (folder / ".kne/run.json").exists()
    assert kne("down").exit_code == 3


def test_down_by_url_waits_until_nothing_answers(kne: Kne, shop: Running, folder: Path) -> None:
    (folder / ".kne/run.json").unlink()
    result = kne("down", "--url", shop.url, env={"KNE_TOKEN": "open-sesame"})
    assert result.exit_code == 0
    assert kne("status", "--url", shop.url).exit_code == 3


def test_down_does_not_mind_another_kne_in_the_same_folder(
    kne: Kne, shop: Running, folder: Path
) -> None:
    def take_over() -> None:
        while not shop.shop.stopped:
            time.sleep(0.005)
        write_run_file(folder, shop.url, pid=1)

    thread = threading.Thread(target=take_over)
    thread.start()
    assert kne("down").exit_code == 0
    thread.join()
