"""Which files a selection means and where each lies below the output folder.

BIDS: the study's files at the root, `sub-ID/ses-VISIT/SUBFOLDER/NAME` for images and their side
files, the scans files once a session. MINC: `ID/candidate.json`, `ID/VISIT/session.json`,
`ID/VISIT/FILE` and `FILE.qc.json`. Names are the last part of the server's link; of a stock
server's BIDS they are made (`bids_names`), and so are its study and scans files (`study_files`).
"""

from collections.abc import Iterable, Iterator
from sys import intern

from preventad_tui.core.bids_names import file_name, stimulus_log_name
from preventad_tui.core.model import (
    Catalogue,
    DataType,
    FileKind,
    FileRole,
    Image,
    PlannedFile,
    Session,
)
from preventad_tui.core.names import kind_of, last_part
from preventad_tui.core.study_files import written_scans_files, written_study_files


def files_of_images(catalogue: Catalogue, indices: Iterable[int]) -> Iterator[PlannedFile]:
    """All files that the images at these indices bring, in the order of the catalogue.

    Each path comes once. In MINC the stimulus log (`task-X-events`) of a `task-X-bold` image with
    the same number follows it, selected or not. No image, no file.
    """
    wanted = sorted(set(indices))
    if not wanted:
        return iter(())
    if catalogue.type is DataType.BIDS:
        return _bids_files(catalogue, wanted)
    return _minc_files(catalogue, wanted)


def image_files(image: Image, data_type: DataType) -> tuple[PlannedFile, ...]:
    """The image's own file and those that always follow it (side files; in MINC the QC)."""
    if data_type is DataType.MINC:
        return _minc_image_files(image, FileRole.IMAGE)
    return _bids_image_files(image)


def _bids_files(catalogue: Catalogue, wanted: list[int]) -> Iterator[PlannedFile]:
    for link in catalogue.study_links:
        name = last_part(link)
        yield PlannedFile(name, link, kind_of(name), FileRole.STUDY)
    if catalogue.stock_notes:
        yield from written_study_files(catalogue)
    sessions = {(one.candidate, one.visit): one for one in catalogue.sessions}
    people = {one.candidate: one for one in catalogue.candidates}
    place = ("", "")
    for index in wanted:
        image = catalogue.images[index]
        if (image.candidate, image.visit) != place:
            place = (image.candidate, image.visit)
            session = sessions.get(place)
            if session and catalogue.stock_notes:
                around = _session_images(catalogue.images, index)
                yield from written_scans_files(session, around, people.get(session.candidate))
            elif session:
                yield from _scans_files(session)
        yield from _bids_image_files(image)


def _session_images(images: tuple[Image, ...], index: int) -> tuple[Image, ...]:
    """All images of the session of one; they stand side by side."""
    place = images[index].candidate, images[index].visit
    start, stop = index, index + 1
    while start and (images[start - 1].candidate, images[start - 1].visit) == place:
        start -= 1
    while stop < len(images) and (images[stop].candidate, images[stop].visit) == place:
        stop += 1
    return images[start:stop]


def _scans_files(session: Session) -> Iterator[PlannedFile]:
    folder = f"sub-{session.candidate}/ses-{session.visit}"
    for link in session.links:
        name = last_part(link)
        yield PlannedFile(
            f"{folder}/{name}",
            link,
            kind_of(name),
            FileRole.SCANS,
            session.candidate,
            session.visit,
        )


def _bids_image_files(image: Image) -> tuple[PlannedFile, ...]:
    folder = f"sub-{image.candidate}/ses-{image.visit}/{image.subfolder}"
    return tuple(
        _image_file(
            image,
            f"{folder}/{file_name(image, link)}",
            FileRole.SIDE if side else FileRole.IMAGE,
            side,
        )
        for side, link in enumerate(image.links)
    )


def _image_file(
    image: Image, path: str, role: FileRole, side: int = 0, after_link: str = ""
) -> PlannedFile:
    return PlannedFile(
        intern(path),  # the ledger and the view of the disk hold it, too
        after_link,
        kind_of(path),
        role,
        image.candidate,
        image.visit,
        image.modality,
        image.scan_type,
        image=image,
        side=side,
    )


def _minc_files(catalogue: Catalogue, wanted: list[int]) -> Iterator[PlannedFile]:
    entries = {one.candidate: one.entry for one in catalogue.candidates}
    roles = _with_stimulus_logs(catalogue, wanted)
    candidate, visit = "", ""
    for index in sorted(roles):
        image = catalogue.images[index]
        if image.candidate != candidate:
            candidate, visit = image.candidate, ""
            if entry := entries.get(candidate):
                yield PlannedFile(
                    f"{candidate}/candidate.json",
                    "",
                    FileKind.JSON,
                    FileRole.CANDIDATE,
                    candidate,
                    content=f"{entry}\n".encode(),
                )
        if image.visit != visit:
            visit = image.visit
            yield PlannedFile(
                f"{candidate}/{visit}/session.json",
                f"/candidates/{candidate}/{visit}",
                FileKind.JSON,
                FileRole.SESSION,
                candidate,
                visit,
                extract="Meta",
            )
        yield from _minc_image_files(image, roles[index])


def _minc_image_files(image: Image, role: FileRole) -> tuple[PlannedFile, ...]:
    path = f"{image.candidate}/{image.visit}/{image.minc_name}"
    return (
        _image_file(image, path, role),
        _image_file(image, f"{path}.qc.json", FileRole.SIDE, after_link="/qc"),
    )


def _with_stimulus_logs(catalogue: Catalogue, wanted: list[int]) -> dict[int, FileRole]:
    """The wanted images, and the logs that follow them as side files, by index."""
    images = catalogue.images
    roles = dict.fromkeys(wanted, FileRole.IMAGE)
    followed = {
        (image.candidate, image.visit, log)
        for image in map(images.__getitem__, wanted)
        if (log := stimulus_log_name(image.minc_name, image.scan_type))
    }
    if followed:
        for index, image in enumerate(images):
            if (image.candidate, image.visit, image.minc_name) in followed:
                roles.setdefault(index, FileRole.SIDE)
    return roles
