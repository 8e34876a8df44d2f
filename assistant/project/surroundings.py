"""What stands around the modules. In: a SourceTree. Out: facts on ecosystems, images, tests, CI and Docker."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.project.catalogue import Catalogue
from assistant.project.facts import Evidence, Fact, line_evidence
from assistant.project.manifests import (
    COMPOSE,
    DOCKERFILE,
    ECOSYSTEMS,
    MARKERS,
    Ecosystem,
    Manifests,
    count_languages,
    is_shipped,
    other_ecosystems,
    read_images,
)
from assistant.project.source_tree import SourceTree

IMAGE_KINDS = {"databases", "queue", "cache"}
# A driver of the one speaks to the other: the image of the second is no second database.
COMPATIBLE_IMAGES = {"mariadb": "mysql", "valkey": "redis"}
CI = re.compile(
    r"(?:^|/)(?:\.(?:github|gitea|forgejo)/workflows/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml|Jenkinsfile|azure-pipelines\.ya?ml|\.travis\.ya?ml|\.drone\.(?:ya?ml|star)"
    r"|\.?appveyor\.ya?ml|bitbucket-pipelines\.ya?ml|\.woodpecker(?:\.ya?ml|/.+)|\.buildkite/.+|cloudbuild\.ya?ml|\.cirrus\.ya?ml|\.builds?(?:\.ya?ml|/.+\.yml)|\.semaphore/.+|buildspec\.ya?ml)$"
)
TEST_PATH = re.compile(
    r"_test\.go$|(?:^|/)tests/(?:.+/)?[^/]+\.rs$|(?:^|/)tests?\.rs$|_tests?\.rs$|(?:^|/)test_[^/]+\.py$|_test\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$|(?:Test|Tests|Spec|IT)\.(?:java|kt|cs|scala)$|_spec\.rb$"
    r"|_test\.rb$|Test\.php$|_test\.exs$"
)
RUST_TEST = re.compile(r"^\s*#\[(?:cfg\(test\)|test|(?:tokio|actix_web|sqlx|async_std|actix_rt|rstest)(?:::test|::rstest)?\b.*)\]", re.MULTILINE)
SHARE_OF_A_LANGUAGE = 0.1  # of the backend sources; less is a script or a binding
FEWEST_SERVER_FILES = 3
MOST_MARKERS = 50  # manifests of other ecosystems that are looked through for a framework, the outermost first


def surrounding_facts(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    """Facts that do not come from one module's code: workspaces, ecosystems, images, tests, CI, Docker."""
    for path, manifest in manifests.workspaces:
        if manifest.members:
            number = next((number for number, line in enumerate(tree.texts[path].splitlines(), 1) if line.strip().startswith("[workspace")), 0)
            yield Fact("layout", "cargo-workspace", "certain", line_evidence(tree, path, number, "[workspace]"))
    yield from _ecosystem_facts(tree, manifests, catalogue)
    for image in read_images(tree):
        tech = catalogue.of_image(image.name)
        if tech and tech.kind in IMAGE_KINDS:
            version = image.name.rsplit(":", 1)[1] if ":" in image.name.rsplit("/", 1)[-1] else None
            yield Fact(tech.kind, tech.id, "likely", Evidence(image.path, image.line, image.text), version, manifests.governing(image.path))
    is_docker = (path for path in tree.paths if (DOCKERFILE.search(path) or COMPOSE.search(path)) and not path.endswith((".go", ".rs", ".md")))
    for name, paths in (("ci", (path for path in tree.paths if CI.search(path))), ("docker", is_docker), ("tests", filter(TEST_PATH.search, tree.paths))):
        yield from (Fact(name, "yes", "certain", Evidence(path, None, path), module=manifests.governing(path)) for path in paths)
    yield from _rust_unit_tests(tree, manifests)


def _ecosystem_facts(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> Iterator[Fact]:
    """Which languages make up the backend, and which other ecosystems are beside it."""
    languages = count_languages(tree)
    own = {"go": manifests.go, "rust": manifests.rust}
    ours = [name for name, modules in own.items() if modules]
    others = list(other_ecosystems(tree, languages))
    for other in others:
        yield Fact("other_ecosystem", other.name, "certain", Evidence(other.marker, None, other.marker))
    size = sum(languages[name] for name in ours)
    servers = [
        other for other in others if other.is_server and other.files >= FEWEST_SERVER_FILES and other.files >= SHARE_OF_A_LANGUAGE * (size + other.files)
    ]
    value = "mixed" if len(ours) > 1 or (ours and servers) else ours[0] if ours else "other"
    shown = [*(at.path for at in manifests.go), *(at.path for at in manifests.rust), *(other.marker for other in (*servers, *others))]
    if shown:
        yield Fact("ecosystem", value, "certain", Evidence(shown[0], None, shown[0]))
    if not ours and languages:
        yield from _other_language(tree, others, languages)
        yield from _other_frameworks(tree, catalogue)


def _other_language(tree: SourceTree, others: Sequence[Ecosystem], languages: Counter[str]) -> Iterator[Fact]:
    """The language with most files among those of a backend; among all when none is one."""
    behind = [language for other in others if other.is_server for language in ECOSYSTEMS[other.name]]
    most = max((language for language in languages if not behind or language in behind), key=lambda language: languages[language])
    first = next((other.marker for other in others if most in ECOSYSTEMS[other.name]), others[0].marker if others else tree.paths[0])
    yield Fact("primary_languages", most, "likely", Evidence(first, None, first))


def _other_frameworks(tree: SourceTree, catalogue: Catalogue) -> Iterator[Fact]:
    """Backend frameworks that the manifests of other ecosystems name."""
    rows = [tech for tech in catalogue.technologies if tech.kind == "other_framework"]
    names = [(tech, name, re.compile(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])", re.IGNORECASE)) for tech in rows for of in tech.deps.values() for name in of]
    markers = (path for path in tree.texts if any(marker.search(path) for marker in MARKERS.values()) and is_shipped(path))
    for path in sorted(markers, key=lambda path: (path.count("/"), path))[:MOST_MARKERS]:
        for number, line in enumerate(tree.texts[path].splitlines(), 1):
            for tech, name, pattern in names:
                if name.lower() in line.lower() and pattern.search(line) and _names_dependency(path, line, name):
                    yield Fact("other_framework", tech.id, "likely", Evidence(path, number, line.strip()[:200]))


def _names_dependency(path: str, line: str, name: str) -> bool:
    """Whether the line can be one of a dependency: in a package.json a key, elsewhere no comment."""
    if path.endswith("package.json"):
        return re.match(rf'\s*"{re.escape(name)}"\s*:\s*"', line) is not None
    return not line.lstrip().startswith(("#", "//", "description", "name", "keywords"))


def _rust_unit_tests(tree: SourceTree, manifests: Manifests) -> Iterator[Fact]:
    seen = set[str]()
    for path, text in tree.texts.items():
        module = manifests.governing(path) if path.endswith(".rs") else ""
        if module and module not in seen and (found := RUST_TEST.search(text)):
            seen.add(module)
            number = text.count("\n", 0, found.end()) + 1
            yield Fact("tests", "yes", "certain", Evidence(path, number, text.splitlines()[number - 1].strip()), module=module)
