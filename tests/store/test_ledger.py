"""The ledger remembers takes, choices and verdicts, however the process ends."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from charforge.domain.takes import Finding, Score, Verdict
from charforge.errors import StoreError
from charforge.store import Ledger, Store, episodes

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)
DRAFT = "s01/0010/still"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path)


def ledger(store: Store, *keys: str) -> Ledger:
    """Return a ledger in which a draft had these takes."""
    made = Ledger(store, "e01")
    for key in keys:
        made.note_take(DRAFT, key)
    return made


def file(store: Store) -> Path:
    """Return the ledger's file."""
    return store.state / "e01.jsonl"


def test_takes_are_numbered_in_their_order(store: Store) -> None:
    """The first take is t01, and a take that returns keeps its number."""
    ledger(store, ONE, TWO, ONE)
    again = Ledger(store, "e01")
    assert again.takes(DRAFT) == (ONE, TWO)
    assert (again.number(DRAFT, ONE), again.number(DRAFT, TWO), again.number(DRAFT, THREE)) == (1, 2, None)
    assert again.latest(DRAFT) == ONE


def test_noting_the_present_take_again_writes_nothing(store: Store) -> None:
    """A run in which nothing changed leaves the file as it is."""
    ledger(store, ONE)
    before = file(store).read_bytes()
    ledger(store, ONE)
    assert file(store).read_bytes() == before


def test_a_circled_take_is_remembered_with_who_circled_it(store: Store) -> None:
    """The choice survives the process."""
    ledger(store, ONE, TWO).circle(DRAFT, ONE, "person")
    again = Ledger(store, "e01")
    assert (again.circled(DRAFT), again.circled_by(DRAFT)) == (ONE, "person")


def test_qa_never_overrules_a_person(store: Store) -> None:
    """What a person circled stays until a person circles again or leaves it to QA."""
    book = ledger(store, ONE, TWO)
    book.circle(DRAFT, ONE, "person")
    book.circle(DRAFT, TWO, "qa")
    assert book.circled(DRAFT) == ONE
    book.uncircle(DRAFT)
    book.circle(DRAFT, TWO, "qa")
    assert Ledger(store, "e01").circled(DRAFT) == TWO


def test_only_takes_of_the_draft_can_be_circled(store: Store) -> None:
    """A key that is none of the draft's takes is refused."""
    with pytest.raises(StoreError, match="has no take"):
        ledger(store, ONE).circle(DRAFT, TWO)


def test_verdicts_are_kept_whole(store: Store) -> None:
    """A verdict comes back as it was given."""
    verdict = Verdict(
        take=ONE,
        outcome="fix",
        scores=(Score(who="mia", judge="sface", value=0.5, bar=0.6, turn=-3.25),),
        findings=(Finding(code="drift", message="kaum wie Mia é", box=(1, 2, 3, 4)),),
    )
    Ledger(store, "e01").keep_verdict("k", verdict)
    again = Ledger(store, "e01")
    assert again.verdict("k") == verdict
    assert again.verdict("other") is None


def test_any_note_is_kept(store: Store) -> None:
    """Other rooms keep values of their own."""
    Ledger(store, "e01").keep("fixes", DRAFT, [{"step": "candidate", "kept": True}])
    assert Ledger(store, "e01").note("fixes", DRAFT) == [{"step": "candidate", "kept": True}]


@given(cut=st.integers(0, 400))
def test_a_torn_line_costs_only_itself(tmp_path_factory: pytest.TempPathFactory, cut: int) -> None:
    """Wherever a kill cut the file, the lines before it are read and the next is written whole."""
    store = Store(tmp_path_factory.mktemp("torn"))
    ledger(store, ONE, TWO, THREE)
    whole = file(store).read_bytes()
    file(store).write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    torn = Ledger(store, "e01")
    assert len(torn.takes(DRAFT)) in {lines, lines + 1}
    torn.note_take("s01/0020/still", ONE)
    assert Ledger(store, "e01").takes("s01/0020/still") == (ONE,)
    assert Ledger(store, "e01").takes(DRAFT) == torn.takes(DRAFT)


def test_lines_of_a_newer_version_are_passed_over(store: Store) -> None:
    """A ledger that a newer charforge wrote to can still be read."""
    ledger(store, ONE)
    with file(store).open("ab") as stream:
        stream.write(b'{"what":"hologram","draft":"x"}\n[1]\nnull\n\xff\n')
    assert Ledger(store, "e01").takes(DRAFT) == (ONE,)


def test_episodes_do_not_share_a_file(store: Store) -> None:
    """Two episodes whose names differ have two ledgers, and no name leaves the folder."""
    for name in ("e01", "e/01", "../e01", "e.01"):
        Ledger(store, name).note_take(DRAFT, ONE)
    assert len(list(store.state.iterdir())) == 4
    assert episodes(store) == ("../e01", "e.01", "e/01", "e01")


def test_an_unwritable_ledger_is_said_so(store: Store) -> None:
    """A ledger that cannot grow is an error with a hint."""
    book = Ledger(store, "e01")
    store.root.joinpath("state").write_text("a file stands here")
    with pytest.raises(StoreError) as caught:
        book.note_take(DRAFT, ONE)
    assert caught.value.hint


def test_circled_and_present_takes_are_in_use(store: Store) -> None:
    """What a person chose and what each draft has now must outlive a clearing of the store."""
    book = ledger(store, ONE, TWO, THREE)
    book.circle(DRAFT, ONE, "person")
    assert book.in_use() == {ONE, THREE}
    assert book.keys() == {ONE, TWO, THREE}
