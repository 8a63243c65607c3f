"""Everything one run works with: the locked library, the store, the runner, the judges."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from charforge import library as assets
from charforge.domain.assets import Library
from charforge.domain.jobs import ClipJob, Draft, ExpectedFace, Plan
from charforge.domain.script import Episode
from charforge.domain.takes import Finding, Take, Verdict
from charforge.domain.timing import FrameRate
from charforge.errors import BackendMissing, CharforgeError
from charforge.events import Judged, Noted, Reporter
from charforge.planner import Catalogue
from charforge.qa import Judge
from charforge.qa.hearing.limits import limits
from charforge.qa.severity import with_more
from charforge.qa.watchers import Eyes
from charforge.qa.watching import NOBODY, Watch
from charforge.runners import Runner, Toolbox
from charforge.store import Ledger, Store
from charforge.studio import calibrating, machine
from charforge.studio.hearing import Listening, heard
from charforge.studio.lipsync import Lipsync, speech
from charforge.studio.own import OwnModels, knowledge
from charforge.studio.preflight import obstacles
from charforge.studio.project import Project
from charforge.studio.repaired import as_repaired, unrepaired
from charforge.studio.surroundings import Around


@dataclass
class Desk:
    """One episode's run, from its locked files to its circled takes."""

    project: Project
    library: Library
    episode: Episode
    reporter: Reporter

    @cached_property
    def store(self) -> Store:
        """The takes and blobs of the project."""
        return Store(self.project.state)

    @cached_property
    def ledger(self) -> Ledger:
        """The takes of this episode: their order, and which are circled."""
        return Ledger(self.store, self.episode.id)

    @cached_property
    def models(self) -> OwnModels:
        """The project's own models, each looked into when a shot needs it."""
        return OwnModels(self.project, self.reporter)

    @cached_property
    def toolbox(self) -> Toolbox:
        """The backends, each loaded once."""
        return machine.toolbox(self.project, self.models, self._locked)

    def _locked(self, digest: str) -> Path | None:
        """Return a locked file, once somebody asks for one."""
        return self.locked.get(digest)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every model that is known, the project's own among them."""
        return knowledge(self.project).catalogue

    def obstacles(self, plan: Plan) -> Iterator[CharforgeError]:
        """Yield everything that keeps this machine from rendering a plan."""
        return obstacles(self.project, plan, self.library, self.models, self.toolbox)

    @cached_property
    def runner(self) -> Runner:
        """Turns drafts into takes."""
        return Runner(self.store, self.ledger, self.toolbox, self.file, self.reporter)

    @cached_property
    def judge(self) -> Judge:
        """The two face judges of the project, with their calibrations."""
        first, second = (self.toolbox.get("face", name) for name in self.project.settings.judges)
        return Judge(
            first,
            second,
            calibrating.of(self.project, first),
            calibrating.of(self.project, second),
            self.file,
            cast=self.cast(),
            folder=self.store.root / "embeddings",
        )

    @cached_property
    def listening(self) -> Listening:
        """The ear that judges voices, with the backends that are ready."""
        return Listening(self.toolbox, self.file)

    @cached_property
    def locked(self) -> dict[str, Path]:
        """Where the bytes of each locked file lie."""
        return assets.located(self.project.libraries, self.library)

    def file(self, digest: str) -> Path:
        """Return a file with this content: a locked one, or a blob of the store."""
        return self.locked.get(digest) or self.store.blob(digest)

    def cast(self) -> tuple[ExpectedFace, ...]:
        """Return everybody of the episode, so that bars rise above look-alikes."""
        used = {(person.who, person.asset) for _, shot in self.episode.shots() for person in shot.characters}
        known = {character.id: character for character in self.library.characters}
        return tuple(
            ExpectedFace.of(known[asset], who)
            for who, asset in sorted(used)
            if asset in known and known[asset].primary is not None
        )

    def verdict(self, draft: Draft, take: Take) -> Verdict:
        """Return the first judge's verdict on a take, from the ledger where it was judged before."""

        def look() -> Verdict:
            file, expected, faces = self.file(take.blob), draft.expected, draft.faces
            if draft.stage == "clip":
                seen = self.judge.clip(file, expected, faces, moves=_moves(draft), take=take.key, watch=watch)
                return with_more(seen, self._lips(draft, take))
            return self.judge.still(file, expected, faces, take=take.key, watch=watch)

        watch = self._watch(draft, take)
        key = self.judge.cache_key(take.blob, draft.expected, draft.faces, watch)
        return self._kept(f"{key} lips {limits().version}" if self._speaks(draft, take) else key, look, draft)

    def _watch(self, draft: Draft, take: Take) -> Watch:
        """Return who looks at a take of a draft besides the judge of faces."""
        if draft.stage not in {"still", "clip"}:
            return NOBODY
        backend = self.toolbox.get(draft.stage, draft.job.backend)
        rate = FrameRate.parse(draft.job.rate).fps if isinstance(draft.job, ClipJob) else None
        pasted = getattr(backend, "pastes", False)
        job = as_repaired(self.store, take)
        return self.around.of(draft.shot, job, moves=_moves(draft), pasted=pasted, rate=rate)

    @cached_property
    def around(self) -> Around:
        """What the takes of the episode are expected to show besides faces."""
        finder = self.toolbox.get("face", self.project.settings.judges[0])
        return Around(self.episode, self.library, self.file, Eyes(finder, self._eye("matte"), self._eye("landmark")))

    def _eye(self, role: str) -> Any:  # noqa: ANN401 - the backend of a role, or None
        """Return a model that watchers see with; what is not watched without it is said once."""
        try:
            return self.toolbox.ready(role)
        except BackendMissing as error:
            told = f"what needs a {role} model is not watched: {error.message}; {error.hint}"
            self.reporter(Noted(told.rstrip("; ")))
            return None

    def _lips(self, draft: Draft, take: Take) -> tuple[Finding, ...]:
        """Return what is wrong with the lips of a clip, which say what they said before a face in it was repaired."""
        if not self._speaks(draft, take) or self.lipsync is None:
            return ()
        return self.lipsync.findings(self.file(take.blob), unrepaired(self.store, take), draft.expected)

    def _speaks(self, draft: Draft, take: Take) -> bool:
        """Return whether mouths in a take should move with lines, and it is no stand-in's, which draws none."""
        said = speech(unrepaired(self.store, take))
        return said is not None and getattr(self.toolbox.get("clip", draft.job.backend), "mouths", True)

    @cached_property
    def lipsync(self) -> Lipsync | None:
        """Who looks at mouths; where nobody can, it is said once."""
        finder = self.toolbox.get("face", self.project.settings.judges[0])
        try:
            return Lipsync.ready(self.toolbox, finder, self.judge, self.file)
        except BackendMissing as error:
            self.reporter(Noted(f"lips are not judged: {error.message}; {error.hint}".rstrip("; ")))
            return None

    def listened(self, draft: Draft, take: Take) -> Verdict | None:
        """Return the ear's verdict on a voice take, from the ledger where it was judged before; None for a stand-in."""
        expected = draft.voice
        if expected is None or not getattr(self.toolbox.get("voice", draft.job.backend), "speaks", True):
            return None
        ear = self.listening.ear

        def listen() -> Verdict:
            sound = heard(self.file(take.blob), take.sample_rate or 0)
            return ear.line(sound, expected, take=take.key)

        return self._kept(f"voice {ear.cache_key(take.blob, expected)}", listen, draft)

    def confirmed(self, draft: Draft, take: Take) -> Verdict:
        """Return the second judge's verdict on a still take."""
        file, expected, faces = self.file(take.blob), draft.expected, draft.faces
        # Verdicts kept as "second" held every picture to who is expected.
        name = "second" if faces == "expected" else f"second {faces}"
        key = f"{name} {self.judge.cache_key(take.blob, expected, faces)}"
        return self._kept(key, lambda: self.judge.confirm(file, expected, faces, take=take.key))

    def _kept(self, key: str, look: Callable[[], Verdict], told: Draft | None = None) -> Verdict:
        known = self.ledger.verdict(key)
        if known is None:
            known = look()
            self.ledger.keep_verdict(key, known)
        if told is not None:
            self.reporter(Judged(told.id, known))
        return known


def _moves(draft: Draft) -> bool:
    """Return whether something in a clip is meant to move: a camera move, or people, who breathe."""
    blocking = draft.job.settings.get("blocking")
    return blocking is None or bool(blocking["people"]) or blocking["move"]["kind"] != "static"
