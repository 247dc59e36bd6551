"""Dependencies that an edit of a manifest states: name, version, manager, and whether only development needs it."""

import pytest

from tractguard.facts import Row
from tractguard.facts.files import edit_facts, text_facts

CASES = [
    (
        "mix.exs",
        '  defp deps do\n    [\n      {:phoenix, "~> 1.7"},\n      {:credo, "~> 1.7", only: [:dev, :test]},\n      {:mine, path: "../mine"},\n      # {:old, "1.0"}\n      {:ok, 1}\n    ]\n',
        [("phoenix", "~> 1.7", "mix", False), ("credo", "~> 1.7", "mix", True), ("mine", "", "mix", False)],
    ),
    (
        "Package.swift",
        '.package(url: "https://github.com/vapor/vapor.git", from: "4.89.0"),\n.package(name: "X", url: "https://github.com/a/b", .upToNextMajor(from: "1.2.3"))\n',
        [("vapor", "4.89.0", "swift", False), ("b", "1.2.3", "swift", False)],
    ),
    (
        "Podfile",
        "  pod 'Alamofire', '~> 5.8'\n  pod \"AFNetworking\"\n",
        [("Alamofire", "~> 5.8", "cocoapods", False), ("AFNetworking", "", "cocoapods", False)],
    ),
    (
        "gleam.toml",
        '[dependencies]\ngleam_stdlib = ">= 0.34.0 and < 2.0.0"\n[dev-dependencies]\ngleeunit = "~> 1.0"\n',
        [("gleam_stdlib", ">= 0.34.0 and < 2.0.0", "gleam", False), ("gleeunit", "~> 1.0", "gleam", True)],
    ),
    (
        "libs.versions.toml",
        '[versions]\nkotlin = "1.9.0"\n[libraries]\nguava = { module = "com.google.guava:guava", version = "33.0" }\njunit = "junit:junit:4.13"\n[plugins]\nshadow = { id = "com.gradleup.shadow", version = "8.3" }\n',
        [
            ("com.google.guava:guava", "", "gradle", None),
            ("junit:junit", "4.13", "gradle", None),
            ("com.gradleup.shadow", "", "gradle", None),
        ],
    ),
    (
        "build.gradle.kts",
        'dependencies {\n    implementation("com.google.guava:guava:33.0.0-jre")\n    testImplementation(platform("org.junit:junit-bom:5.10"))\n    api(libs.kotlinx.coroutines)\n    // implementation("a:b:1")\n}\nplugins { \n    id("org.jetbrains.kotlin.jvm") version "1.9.0"\n}\n',
        [
            ("com.google.guava:guava", "33.0.0-jre", "gradle", False),
            ("org.junit:junit-bom", "5.10", "gradle", True),
            ("kotlinx-coroutines", "", "gradle", False),
            ("org.jetbrains.kotlin.jvm", "1.9.0", "gradle", False),
        ],
    ),
    (
        "build.gradle",
        "    implementation 'a.b:c:1.0'\n    compileOnly group: 'x', name: 'lombok', version: '1.18'\n",
        [("a.b:c", "1.0", "gradle", False), ("lombok", "1.18", "gradle", False)],
    ),
    (
        "pom.xml",
        "<dependency>\n<groupId>com.google.guava</groupId>\n<artifactId>guava</artifactId>\n<version>33.0</version>\n</dependency>\n",
        [("guava", "33.0", "maven", None)],
    ),
    (
        "A.csproj",
        '<PackageReference Include="Newtonsoft.Json" Version="13.0.3" />\n',
        [("Newtonsoft.Json", "13.0.3", "nuget", None)],
    ),
    (
        "Directory.Packages.props",
        '<PackageVersion Include="Serilog" Version="3.1" />\n',
        [("Serilog", "3.1", "nuget", False)],
    ),
    ("packages.config", '<package id="NUnit" version="3.14" />\n', [("NUnit", "3.14", "nuget", False)]),
    ("composer.json", '{"require": {"monolog/monolog": "^3.0"}}', [("monolog/monolog", "^3.0", "composer", False)]),
    ("composer.json", '    "guzzlehttp/guzzle": "^7.8",\n', [("guzzlehttp/guzzle", "^7.8", "composer", None)]),
    ("pubspec.yaml", "dependencies:\n  dio: ^5.4.0\n", [("dio", "^5.4.0", "pub", False)]),
    ("go.mod", "require github.com/gin-gonic/gin v1.9.1\n", [("github.com/gin-gonic/gin", "v1.9.1", "go", False)]),
    ("Gemfile", "gem 'rails', '~> 7.1'\n", [("rails", "~> 7.1", "bundler", None)]),
    (
        "build.sbt",
        'libraryDependencies += "org.typelevel" %% "cats-core" % "2.10.0"\n',
        [("cats-core", "2.10.0", "sbt", False)],
    ),
    (
        "deno.json",
        '{"imports": {"chalk": "npm:chalk@5.3.0", "@std/path": "jsr:@std/path@^1"}}',
        [("chalk", "5.3.0", "deno", False), ("@std/path", "^1", "deno", False)],
    ),
    (
        "environment.yml",
        "dependencies:\n  - numpy=1.26\n  - pip:\n    - requests==2.31\n",
        [("numpy", "1.26", "conda", False), ("requests", "2.31", "pip", False)],
    ),
    (
        "shard.yml",
        "dependencies:\n  kemal:\n    github: kemalcr/kemal\n    version: ~> 1.4\n",
        [("kemal", "", "shards", False), ("kemal", "~> 1.4", "shards", False)],
    ),
    (
        "vcpkg.json",
        '{"dependencies": ["fmt", {"name": "zlib"}]}',
        [("fmt", "", "vcpkg", False), ("zlib", "", "vcpkg", False)],
    ),
    (
        "Cargo.toml",
        '[dependencies]\nserde = { version = "1", features = ["derive"] }\n',
        [("serde", "1", "cargo", False)],
    ),
    ("Project.toml", '[deps]\nDataFrames = "a93c6f00"\n', [("DataFrames", "", "julia", False)]),
    ("elm.json", '{"dependencies": {"direct": {"elm/http": "2.0.0"}}}', [("elm/http", "2.0.0", "elm", False)]),
    (
        "rebar.config",
        '{deps, [{cowboy, "2.10.0"}, {ranch, {git, "https://x", {tag, "1"}}}]}.\n',
        [("cowboy", "2.10.0", "rebar3", False), ("ranch", "", "rebar3", False)],
    ),
    ("conanfile.txt", "[requires]\nfmt/10.2.1\n", [("fmt", "10.2.1", "conan", False)]),
]


@pytest.mark.parametrize(("name", "text", "packages"), CASES)
def test_what_a_manifest_states(name: str, text: str, packages: list[tuple[str, str, str, bool | None]]) -> None:
    facts = [
        each for each in text_facts(f"/r/{name}", text, "create", Row(None), "content", 0) if each.kind == "package"
    ]
    assert [(each.name, each.value, each.data["manager"], each.data["dev"]) for each in facts] == packages


@pytest.mark.parametrize(("name", "text", "packages"), [case for case in CASES if any(row[1] for row in case[2])])
def test_a_version_is_told_where_it_stands(name: str, text: str, packages: list[tuple[str, str, str, bool]]) -> None:
    facts = [
        each for each in text_facts(f"/r/{name}", text, "create", Row(None), "content", 0) if each.kind == "package"
    ]
    spans = [each.span for each in facts if each.value]
    assert [text[span[0] : span[1]] for span in spans if span] == [row[1] for row in packages if row[1]]


EDITS = [
    ("mix.exs", '{:a, "~> 1.0"},', '{:a, "~> 1.0"},\n{:b, "~> 2.0"},', [("b", "install")]),
    ("build.gradle", "implementation 'a:b:1'", "implementation 'a:b:2'", [("a:b", "update")]),
    ("libs.versions.toml", '[libraries]\nx = "a:b:1"', '[libraries]\nx = "a:b:2"', [("a:b", "update")]),
    (
        "Package.swift",
        "dependencies: [",
        'dependencies: [.package(url: "https://x.com/y", from: "1.0.0"),',
        [("y", "install")],
    ),
    ("mix.exs", "[", "[ # {:b, 1}", []),
    ("Podfile", "target 'A' do", "target 'B' do", []),
]


@pytest.mark.parametrize(("name", "old", "new", "packages"), EDITS)
def test_only_what_an_edit_adds_counts(name: str, old: str, new: str, packages: list[tuple[str, str]]) -> None:
    text = f"{old}\n"
    edit = {"old_string": old, "new_string": new}
    facts = edit_facts(f"/r/{name}", name, [("", edit)], "Edit", Row({f"/r/{name}": text}))
    assert [(each.name, each.data["action"]) for each in facts if each.kind == "package"] == packages
