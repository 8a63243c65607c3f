"""Makes the film of an episode.

voices -> plan -> heads, judged and repaired -> stills, judged -> clips, judged -> cut -> master.
A clip is made only from an approved still; the film only from approved clips, unless told otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from time import monotonic
from types import MappingProxyType

from charforge.assembly import TONES, Finish, Grade, assemble, build_cut
from charforge.documents import write_atomic
from charforge.domain.cut import Master
from charforge.domain.jobs import Choice, Draft, Input, Plan
from charforge.domain.takes import Take
from charforge.domain.timing import FrameRate
from charforge.events import Event, Noted, Reporter, StageEnded, StageStarted, TakeReady
from charforge.planner import Pins, look_of, of_still, plan_pictures, plan_voices, with_turns
from charforge.store import locked
from charforge.studio.check import load_episode, load_library, means
from charforge.studio.circle import by_hand
from charforge.studio.desk import Desk
from charforge.studio.fixing import Chances, Head, State, anchors, fix_head, fix_still, mend
from charforge.studio.progress import Progress, row, shot_verdict, slate
from charforge.studio.project import Project
from charforge.studio.render import Options
from charforge.studio.repaired import unrepaired
from charforge.studio.report import RenderReport
from charforge.studio.stills import show

Change = Callable[[Plan], Plan]
_Seconds = Mapping[tuple[str, str], Input]
"""A second picture by shot and person."""


def film(project: Project, file: Path, options: Options, tell: Reporter) -> tuple[RenderReport, tuple[Path, ...]]:
    """Return what was rendered, and every file that a finished film rests on.

    Raises the errors of every stage, with finished takes kept.
    """
    began = monotonic()
    library = load_library(project)
    episode = load_episode(file, project, library)
    done = Progress()
    desk = Desk(project, library, episode, counting(tell, done))
    with locked(desk.store, episode.id):
        desk.judge.meet()
        desk.ledger.keep("shot list", episode.id, project.relative(file))
        plan = pictures(desk, options, done)
        master = _finish(desk, plan, options, done)
        rows = tuple(row(desk, choice, done) for choice in plan.choices)
        shown = [(row, desk.store.blob(done.takes[f"{row.shot}/still"].blob)) for row in rows]
        stills = show(project.build / episode.id / "stills", shown)
    report = RenderReport(
        episode=episode.id,
        stage=options.stage,
        shots=rows,
        stills=str(stills),
        rendered=len(done.rendered),
        reused=done.reused,
        seconds=monotonic() - began,
        master=master,
        unjudged=done.unjudged,
    )
    # Escaped, since a path may hold bytes that are no text.
    text = json.dumps(report.model_dump(mode="json"), indent=2)
    write_atomic(project.build / episode.id / "report.json", f"{text}\n".encode())
    return report, _files(desk, done, master) if master is not None else ()


def as_planned(plan: Plan) -> Plan:
    """Return a plan as it is."""
    return plan


def counting(tell: Reporter, done: Progress) -> Reporter:
    """Pass events on, and count takes as they come."""

    def heard(event: Event) -> None:
        if isinstance(event, TakeReady):
            if event.reused:
                done.reused += 1
            else:
                done.rendered.append(event.take)
        tell(event)

    return heard


def pictures(desk: Desk, options: Options, done: Progress, change: Change = as_planned) -> Plan:
    """Render voices, heads, stills and, where stills are approved, clips; return the plan with its true lengths.

    What is planned is rendered as `change` has it, such as with other seeds for another try.
    """
    planning = means(desk.project, desk.library, Pins(options.still, options.clip, options.voice), desk.models)
    film = options.stage == "film"
    for obstacle in desk.obstacles(plan_pictures(desk.episode, planning, clips=film)):
        raise obstacle
    _voices(desk, plan_voices(desk.episode, planning), done)
    desk.toolbox.release("voice")
    rate = FrameRate.parse(desk.episode.video.rate)
    plan = change(plan_pictures(desk.episode, planning, voice_frames(done.takes, rate), clips=film))
    _heads(desk, _stage(plan, "head"), done)
    _stills(desk, _turned(plan, done), done)
    for head in done.heads.values():
        desk.ledger.circle(head.planned.id, head.take.key)
    plan = _turned(plan, done)
    chosen = {d.id: t for d in _stage(plan, "still") if (t := _circled(desk, d, done)) is not None}
    plan = plan.changed(drafts=tuple(_following(desk, d, chosen) for d in plan.drafts))
    desk.toolbox.release("matte")
    if film:
        _clips(desk, plan, _approved(desk, _stage(plan, "clip"), options, done), done)
    return plan


def _following(desk: Desk, draft: Draft, chosen: Mapping[str, Take]) -> Draft:
    """Return a clip made of what the still that a person chose was made of; every other draft as it is."""
    still = chosen.get(f"{draft.shot}/still") if draft.stage == "clip" else None
    return draft if still is None else of_still(draft, unrepaired(desk.store, still).job)


def _clips(desk: Desk, plan: Plan, drafts: tuple[Draft, ...], done: Progress) -> None:
    """Render and judge clips, and mend those that fail; one that a person circled is used instead of a new one."""
    fixed = {d.id for d in drafts if _circled(desk, d, done) is not None}
    made = tuple(d for d in drafts if d.id not in fixed)
    _judged(desk, made, done)
    for draft in made:
        _mend(desk, plan, draft, done)
        desk.ledger.circle(draft.id, done.takes[draft.id].key)


def _stage(plan: Plan, stage: str) -> tuple[Draft, ...]:
    return tuple(d for d in plan.drafts if d.stage == stage)


def _approved(desk: Desk, clips: tuple[Draft, ...], options: Options, done: Progress) -> tuple[Draft, ...]:
    """Return the clips whose stills are approved; a wrong face costs seconds in a still and minutes in a clip."""
    approved = tuple(d for d in clips if options.accept or shot_verdict(d.shot, done) == "pass")
    for label in (slate(desk, d.shot, done) for d in clips if d not in approved):
        hint = f"to use it: charforge circle {replace(label, take=None)} {label.take}, or render with --accept"
        desk.reporter(Noted(f"{label.scene}/{label.shot}: no clip is made from a still that is not approved; {hint}"))
    return approved


def _run(desk: Desk, drafts: tuple[Draft, ...], done: Progress) -> None:
    """Render drafts of one stage; what is in the store is used again."""
    if not drafts:
        return
    began = monotonic()
    stage = drafts[0].stage
    desk.reporter(StageStarted(stage, len(drafts)))
    done.takes.update(desk.runner.run(drafts, done.takes))
    done.drafts.update({d.id: d for d in drafts})
    desk.reporter(StageEnded(stage, monotonic() - began))


def _voices(desk: Desk, drafts: tuple[Draft, ...], done: Progress) -> None:
    """Render lines and judge them by ear; one that a person circled is used instead of a new one, and has passed."""
    _run(desk, drafts, done)
    chosen = {d.id: take for d in drafts if (take := by_hand(desk, d)) is not None}
    done.takes.update(chosen)
    judged = {d.id: v for d in drafts if (v := desk.listened(d, done.takes[d.id])) is not None}
    done.verdicts.update({i: v.changed(outcome="pass") if i in chosen else v for i, v in judged.items()})
    if judged:
        done.unjudged = tuple(desk.listening.unjudged())
    for why in done.unjudged:
        desk.reporter(Noted(why))
    desk.toolbox.release("transcript")


def _heads(desk: Desk, drafts: tuple[Draft, ...], done: Progress) -> None:
    """Render and judge heads, and send those that fail up the ladder."""
    _run(desk, drafts, done)
    for draft in drafts:
        _keep(fix_head(desk, draft, done.takes[draft.id]), done)


def _stills(desk: Desk, plan: Plan, done: Progress) -> None:
    """Render and judge stills, and mend those that fail: first the heads in them, then the pictures themselves."""
    drafts = _stage(plan, "still")
    _judged(desk, drafts, done)
    for draft in drafts:
        heads = {name: done.heads[name] for name in draft.needs() if name in done.heads}
        if done.verdicts[draft.id].outcome not in ("fix", "fail") or not heads:
            continue
        mended = fix_still(desk, draft, done.takes[draft.id], heads)
        for head in mended.heads.values():
            _keep(head, done)
        done.takes[draft.id] = mended.still
        done.drafts[draft.id] = mended.draft
        done.verdicts[draft.id] = mended.verdict
    seconds = anchors(desk, plan, done.takes, done.verdicts)
    for draft in drafts:
        _mend(desk, plan, done.drafts[draft.id], done, seconds)


def _mend(
    desk: Desk,
    plan: Plan,
    draft: Draft,
    done: Progress,
    seconds: Mapping[tuple[str, str], Input] = MappingProxyType({}),
) -> None:
    """Send a still or clip that failed up the ladder, unless a person circled another take of it."""
    verdict = done.verdicts[draft.id]
    if verdict.outcome not in ("fix", "fail") or desk.ledger.circled_by(draft.id) == "person":
        return
    choice: Choice = next(c for c in plan.choices if c.shot == draft.shot)
    anchor = next((given for (shot, _), given in seconds.items() if shot == draft.shot), None)
    chances = Chances(desk, draft, choice, done.takes, desk.project.ladder, anchor)
    state = mend(chances, State(draft, done.takes[draft.id], verdict))
    done.takes[draft.id], done.drafts[draft.id] = state.take, state.draft
    done.verdicts[draft.id], done.fixes[draft.id] = state.verdict, state.steps


def _keep(head: Head, done: Progress) -> None:
    name = head.planned.id
    done.heads[name] = head
    done.takes[name] = head.take
    done.drafts[name] = head.draft
    done.verdicts[name] = head.verdict
    done.fixes[name] = head.steps


def _turned(plan: Plan, done: Progress) -> Plan:
    """Return the plan with people turned as their heads came out."""
    turns = {name: head.turn for name, head in done.heads.items()}
    return plan.changed(drafts=tuple(with_turns(d, turns) for d in plan.drafts))


def _judged(desk: Desk, drafts: tuple[Draft, ...], done: Progress) -> None:
    """Render stills or clips and judge their takes."""
    _run(desk, drafts, done)
    for draft in drafts:
        done.verdicts[draft.id] = desk.verdict(draft, done.takes[draft.id])


def _circled(desk: Desk, draft: Draft, done: Progress) -> Take | None:
    """Put the take that a person circled in the place of the new one and return it; else circle the new one, if any."""
    take = by_hand(desk, draft)
    if take is not None:
        done.takes[draft.id] = take
        done.drafts[draft.id] = draft
        # Whoever chose a picture has approved the heads in it.
        for name in (draft.id, *(n for n in draft.needs() if n in done.heads)):
            known = desk.verdict(draft, take) if name == draft.id else done.verdicts[name]
            done.verdicts[name] = known.changed(outcome="pass")
    elif draft.id in done.takes:
        desk.ledger.circle(draft.id, done.takes[draft.id].key)
    return take


def voice_frames(takes: Mapping[str, Take], rate: FrameRate) -> dict[str, int]:
    """Return how many frames each voice take covers, by draft id."""
    return {
        draft: rate.frames_covering(Fraction(take.samples or 0, take.sample_rate or 1))
        for draft, take in takes.items()
        if take.samples is not None
    }


def _finish(desk: Desk, plan: Plan, options: Options, done: Progress) -> Master | None:
    """Assemble the film when every shot is approved, or when told to accept what there is."""
    if options.stage != "film":
        return None
    clips = {d.id: done.takes[d.id] for d in plan.drafts if d.stage == "clip" and d.id in done.takes}
    if len(clips) < len(plan.choices):
        return None
    if not options.accept and any(shot_verdict(c.shot, done) != "pass" for c in plan.choices):
        desk.reporter(Noted("the film is not assembled: some shots failed QA"))
        return None
    voices = {d.id: done.takes[d.id] for d in plan.drafts if d.stage == "voice"}
    cut = build_cut(desk.episode, plan, clips, voices, tones=desk.project.settings.tones)
    out = options.output or desk.project.build / desk.episode.id / f"{desk.episode.id}.mp4"
    settings = desk.project.settings
    finish = Finish(root=desk.project.root, loudness=settings.loudness, preset=settings.encoder, grade=_grade(desk))
    return assemble(cut, desk.store.blob, out, desk.reporter, finish)


def _grade(desk: Desk) -> Grade | None:
    """Return the locked look that the episode names, as the programme is given it."""
    look = look_of(desk.episode, desk.library)
    return None if look is None else Grade(desk.file(look.lut) if look.lut else None, look.grain)


def _files(desk: Desk, done: Progress, master: Master) -> tuple[Path, ...]:
    """Return every file the film rests on."""
    blobs = [desk.store.blob(t.blob) for t in done.takes.values()]
    sides = [Path(p) for p in (master.path, master.subtitles, master.poster)]
    music = [desk.project.root / c.music for _, shot in desk.episode.shots() for c in shot.cues if c.music != "stop"]
    tones = [desk.project.root / t for t in desk.project.settings.tones.values() if t not in TONES]
    own = (desk.ledger.path, *(root / "library.lock" for root in desk.project.libraries.values()))
    return (*blobs, *sides, *music, *tones, *desk.locked.values(), *desk.models.used(), *own)
