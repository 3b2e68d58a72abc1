"""`python -m recipe STAGE`: the stages by name, `all` of them in order, or `words` to rebuild the graph with more words.

lexicon      phone bigram from the word lists (only before a training: graphs must agree with the network)
corpora      human speech into the working folder
synthesise   synthetic speech into the working folder
over_voice   both kinds of speech over the coach's own voice; skipped where the coach is not installed
train        the network
export       am/ and conf/ of the model
graph        graph/ of the model, with the penalties of words/penalties.txt
tune         the penalties, on held-out human speech; writes words/penalties.txt
examine      the table
all          corpora to examine; --smoke: tiny, in about a minute
gather       manifest.csv in corpora that are published without one: python -m recipe gather speechocean762 speech_commands
words        graph/ again with more words: python -m recipe words "tea break" kettle
mean         the network of the working folder becomes the mean of itself and an earlier leg's: python -m recipe mean earlier.pt --share 0.7
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from recipe import corpora, lexicon, synthesis, vocabulary
from recipe.corpora import Collection, Speakers, collect, read_collection
from recipe.graph import Penalties, write_graph
from recipe.settings import FULL, HERE, SMOKE, Settings, folders_from_environment

PENALTIES = HERE / "words" / "penalties.txt"


def read_penalties() -> Penalties:
    """The tuned penalties."""
    values = dict(line.split() for line in vocabulary.lines(PENALTIES))
    return Penalties(float(values["entry"]), float(values["phone"]), float(values["bigram"]))


def stage_lexicon(_: Settings) -> None:
    """Counts the phone bigram anew."""
    lexicon.write_bigram()


def stage_corpora(settings: Settings) -> None:
    """Gathers human speech, where there is any."""
    if settings.corpora:
        trained_on: Speakers = "all" if settings.all_speakers else "unexamined"
        wanted: tuple[tuple[str, Speakers], ...] = (("human", trained_on), ("tuning", "examined"))
        for name, speakers in wanted:
            collection = corpora.human(settings.corpora, speakers)
            collection.write(settings.work / name)
            print(f"{name}: {len(collection)} signals, {collection.hours:.2f} h")


def stage_synthesise(settings: Settings) -> None:
    """Renders synthetic speech for training and for the examination."""
    human = stored(settings, "human")
    more = [text for text in dict.fromkeys(human.texts) if len(text.split()) > 2] if human else []
    wanted = (
        ("synthetic", synthesis.training_utterances(settings.scale, np.random.default_rng(settings.seed), more)),
        ("kept_out", synthesis.examination_utterances(settings.scale, np.random.default_rng(settings.seed + 1))),
    )
    for name, utterances in wanted:
        signals = synthesis.synthesise(utterances, settings.processes)
        made = [(s, u) for s, u in zip(signals, utterances, strict=True) if s is not None]
        collection = collect([s for s, _ in made], [u.text for _, u in made], [f"{u.voice.engine}/{u.voice.name}" for _, u in made])
        collection.write(settings.work / name)
        print(f"{name}: {len(made)} of {len(utterances)} rendered, {collection.hours:.2f} h")


def stored(settings: Settings, name: str) -> Collection | None:
    """A collection an earlier stage wrote, or None."""
    path = settings.work / name
    return read_collection(path) if path.with_suffix(".npy").exists() else None


def stage_over_voice(settings: Settings) -> None:
    """Lets people speak over the coach, where the coach is installed."""
    from recipe.over_voice import COACH_IS_HERE, over_the_coach

    synthetic = stored(settings, "synthetic")
    if not COACH_IS_HERE:
        print("over_voice: skipped, for the coach is not installed here: pip install ../..")
    elif synthetic:
        collection = over_the_coach(synthetic, stored(settings, "human"), settings.scale.over_voice, settings.seed + 2, settings.processes)
        collection.write(settings.work / "over_voice")
        print(f"over_voice: {len(collection)} signals, {collection.hours:.2f} h")


def stage_train(settings: Settings) -> None:
    """Trains the network."""
    from recipe.training import train

    train(settings.work, settings.model, settings.scale, settings.seed, settings.resume, settings.processes)


def stage_export(settings: Settings) -> None:
    """Writes the acoustic model."""
    from recipe.export import export
    from recipe.legs import load

    export(load(settings.work / "network.pt"), settings.model)


def stage_graph(settings: Settings) -> None:
    """Writes the graph of the word lists."""
    write_graph(settings.model, vocabulary.words(), read_penalties())


def stage_tune(settings: Settings) -> None:
    """Tunes the penalties, where there is human speech to tune on."""
    from recipe.tune import tune

    tuning = stored(settings, "tuning")
    if tuning:
        best = tune(settings.model, tuning)
        PENALTIES.write_text(
            "# of [unk], in natural logarithms; made by `python -m recipe tune`\n"
            f"entry {best.entry}\nphone {best.phone}\nbigram {best.bigram}\n"
        )


def stage_examine(settings: Settings) -> None:
    """Examines the model and prints the table."""
    from recipe.examine import examine

    report = examine(settings.model, settings.examination, stored(settings, "kept_out"))
    (settings.work / "examination.md").write_text(report)
    print(report)


def mean_with(earlier: Path, share: float, settings: Settings) -> None:
    """Replaces the network by the mean of itself, which counts `share`, and of one that an earlier leg left."""
    from recipe.legs import load, mean, save

    network = settings.work / "network.pt"
    save(mean(load(network), load(earlier), share), network)


def gather_all(folders: Sequence[Path], known: Sequence[Path], once: bool) -> None:
    """Writes the manifests of corpora; whoever is known from other corpora is left out."""
    from recipe.gather import UnknownLayoutError, gather

    without = frozenset(row["speaker"] for folder in known for row in corpora.manifest(folder))
    for folder in folders:
        try:
            print(f"{folder / 'manifest.csv'}: {gather(folder, without, once)} clips")
        except UnknownLayoutError as unknown:
            raise SystemExit(str(unknown)) from unknown


STAGES: dict[str, Callable[[Settings], None]] = {
    "lexicon": stage_lexicon, "corpora": stage_corpora, "synthesise": stage_synthesise, "over_voice": stage_over_voice,
    "train": stage_train, "export": stage_export, "graph": stage_graph, "tune": stage_tune, "examine": stage_examine}  # fmt: skip


def main() -> None:
    """Reads the command line and runs what it names."""
    parser = argparse.ArgumentParser(prog="recipe", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=[*STAGES, "all", "gather", "words", "mean"])
    parser.add_argument(
        "more", nargs="*", help="folders (gather); words or phrases to add to the graph (words); the earlier network (mean)"
    )
    parser.add_argument("--smoke", action="store_true", help="a tiny model of synthetic speech alone, to prove the stages")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="everything made on the way (default: %(default)s)")
    parser.add_argument("--model", type=Path, help="the model's directory (default: english/ears beside the recipe; work/smoke)")
    parser.add_argument(
        "--corpora",
        type=Path,
        nargs="+",
        help="human training speech, folders with manifest.csv (default: $RECIPE_CORPORA, separated as in PATH; --smoke: none)",
    )
    parser.add_argument(
        "--examination",
        type=Path,
        default=next(iter(folders_from_environment("RECIPE_EXAMINATION")), None),
        help="human recordings to examine with (default: $RECIPE_EXAMINATION, or none)",
    )
    parser.add_argument("--strangers", action="store_true", help="gather: to examine on; leaves out whoever speaks in $RECIPE_CORPORA")
    parser.add_argument("--all-speakers", action="store_true", help="corpora: train on speakers of the examination as well")
    parser.add_argument(
        "--resume", action="store_true", help="train: go on from the network in the working folder, or from the model's own"
    )
    parser.add_argument("--minutes", type=float, help=f"train: end after so long (default: {FULL.minutes:g})")
    parser.add_argument("--share", type=float, default=0.5, help="mean: how much the later network counts (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_intermixed_args()
    work = options.work / "smoke" if options.smoke else options.work
    model = options.model or (work / "model" if options.smoke else HERE.parent / "english" / "ears")
    scale = SMOKE if options.smoke else FULL
    settings = Settings(
        work,
        tuple(options.corpora or (() if options.smoke else folders_from_environment("RECIPE_CORPORA"))),
        None if options.smoke else options.examination,
        model,
        replace(scale, minutes=options.minutes or scale.minutes),
        options.processes,
        options.all_speakers,
        options.resume,
    )
    settings.work.mkdir(parents=True, exist_ok=True)
    if options.stage == "words":
        from recipe.graph import words_of

        write_graph(model, vocabulary.words([*words_of(model), *options.more]), read_penalties())
    elif options.stage == "gather":
        examined = (options.examination,) if options.examination else ()
        trained = folders_from_environment("RECIPE_CORPORA") if options.strangers else ()
        gather_all([Path(folder) for folder in options.more], (*examined, *trained), options.strangers)
    elif options.stage == "mean":
        mean_with(Path(*options.more), options.share, settings)
    elif options.stage == "all":
        for name, stage in STAGES.items():
            if name != "lexicon":
                print(f"== {name}", flush=True)
                stage(settings)
    else:
        STAGES[options.stage](settings)


if __name__ == "__main__":
    main()
