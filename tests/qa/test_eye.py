"""When the second judge is asked."""

from __future__ import annotations

from charforge.qa.eye import OFTEN, Questions


def test_the_first_doubtful_faces_are_all_asked_about_and_then_ever_fewer() -> None:
    """Ten times as many doubtful faces cost about three times as many questions, spread over the whole clip."""
    questions = Questions()
    due = [questions.due([0]) for _ in range(360)]
    assert all(due[:OFTEN])
    assert 0.8 < sum(due[:36]) / (OFTEN * 36) ** 0.5 < 1.2
    assert 0.8 < sum(due) / (OFTEN * 360) ** 0.5 < 1.2
    assert any(due[330:])


def test_doubt_about_one_person_takes_no_question_from_another() -> None:
    """Each has their own count, and nobody in doubt needs no question."""
    questions = Questions()
    for _ in range(100):
        questions.due([0])
    assert questions.due([1])
    assert not questions.due([])
