"""Which files a selection means and where each lies below the output folder.

BIDS: the study's files at the root, `sub-ID/ses-VISIT/SUBFOLDER/NAME` for images and their side
files, the scans files once a session. MINC: `ID/candidate.json`, `ID/VISIT/session.json`,
`ID/VISIT/FILE` and `FILE.qc.json`. Names are the last part of the server's link.
"""

from collections.abc import Iterable, Iterator

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
    sessions = {(one.candidate, one.visit): one for one in catalogue.sessions}
    place = ("", "")
    for index in wanted:
        image = catalogue.images[index]
        if (image.candidate, image.visit) != place:
            place = (image.candidate, image.visit)
            if session := sessions.get(place):
                yield from _scans_files(session)
        yield from _bids_image_files(image)


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
            image, f"{folder}/{last_part(link)}", link, FileRole.SIDE if side else FileRole.IMAGE
        )
        for side, link in enumerate(image.links)
    )


def _image_file(image: Image, path: str, link: str, role: FileRole) -> PlannedFile:
    return PlannedFile(
        path,
        link,
        kind_of(path),
        role,
        image.candidate,
        image.visit,
        image.modality,
        image.scan_type,
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
    path, link = f"{image.candidate}/{image.visit}/{image.minc_name}", image.links[0]
    return (
        _image_file(image, path, link, role),
        _image_file(image, f"{path}.qc.json", f"{link}/qc", FileRole.SIDE),
    )


def _with_stimulus_logs(catalogue: Catalogue, wanted: list[int]) -> dict[int, FileRole]:
    """The wanted images, and the logs that follow them as side files, by index."""
    images = catalogue.images
    roles = dict.fromkeys(wanted, FileRole.IMAGE)
    followed = {
        (image.candidate, image.visit, log)
        for image in map(images.__getitem__, wanted)
        if (log := _stimulus_log_name(image))
    }
    if followed:
        for index, image in enumerate(images):
            if (image.candidate, image.visit, image.minc_name) in followed:
                roles.setdefault(index, FileRole.SIDE)
    return roles


def _stimulus_log_name(image: Image) -> str:
    """`.._task-X-events_001.txt` for `.._task-X-bold_001.mnc`; `""` for other images."""
    scan_type = image.scan_type
    if not (scan_type.startswith("task-") and scan_type.endswith("-bold")):
        return ""
    task = scan_type.removesuffix("-bold")
    head, found, tail = image.minc_name.rpartition(f"_{scan_type}_")
    return f"{head}_{task}-events_{tail.removesuffix('.mnc')}.txt" if found else ""
