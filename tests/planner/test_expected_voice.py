"""What QA is told to hear in every line."""

from __future__ import annotations

import world

from charforge.planner import plan_voices


def test_every_line_says_whose_voice_and_which_words_are_expected() -> None:
    """The speaker as the shot names them, the character's version, the script's words and the episode's language."""
    for draft in plan_voices(world.dialogue(), world.means()):
        assert draft.voice is not None
        assert draft.voice.who == draft.voice.asset.partition("@")[0]
        assert draft.voice.words == draft.job.text
        assert draft.voice.language == world.dialogue().language


def test_a_stand_in_engine_is_not_held_against_the_locked_voice() -> None:
    """Whoever asks for another engine hears its words judged, and no likeness to the locked one."""
    drafts = plan_voices(world.dialogue(), world.means(voice="fake"))
    assert [d.job.backend for d in drafts] == ["fake"] * len(drafts)
    assert all(d.voice is not None and d.voice.sample is None for d in drafts)
