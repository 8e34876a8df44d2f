"""What real repositories taught the detector, each rebuilt small: what looked like a fact and was none, and what was one and was missed."""

import pytest

from tests.project.trees import cargo, go_file, go_mod, values

SERVE = 'http.HandleFunc("/orders", list)\n\thttp.ListenAndServe(":8080", nil)'
SERVER = go_file("net/http", body=f"func main() {{\n\t{SERVE}\n}}")
COBRA = "github.com/spf13/cobra"
LIBRARY_CODE = "//! text\n" * 3_000  # so much that a crate which nobody names is one that was left behind


def go(main: str, *requirements: str, **more: str) -> dict[str, str]:
    return {"go.mod": go_mod(*requirements), "main.go": main, **{path.replace("__", "/") + ".go": text for path, text in more.items()}}


def test_a_folder_called_target_is_a_package_unless_cargo_built_it(read):
    from tests.project.archives import make_zip

    tree = read(
        make_zip({"go.mod": go_mod(), "event/target/kafka.go": "package target\n", "app/target/debug/build/x/out.rs": "", "jar/target/classes/a.sql": ""})
    )
    assert set(tree.texts) == {"go.mod", "event/target/kafka.go"}
    assert {item.path for item in tree.skipped} == {"app/target/", "jar/target/"}


def test_go_code_among_the_tests_of_a_rust_project_is_no_go_project():
    texts = {"Cargo.toml": cargo('clap = "4"'), "src/main.rs": "fn main() {}", "tests/syntax/go.mod": go_mod(), "tests/syntax/main.go": SERVER}
    assert values(texts, "primary_languages") == {"rust"}
    assert values(texts, "ecosystem") == {"rust"}


@pytest.mark.parametrize("folder", ["docker-testing", "test-data", "api-tests", "testutil", "buildscripts"])
def test_a_folder_whose_name_speaks_of_tests_is_not_shipped(folder):
    texts = {"go.mod": go_mod(), "main.go": SERVER, f"{folder}/compose.yaml": "    image: mongo:8\n"}
    assert values(texts, "databases") == set()


def test_java_packages_called_samples_are_shipped():
    texts = {"pom.xml": "<artifactId>spring-boot-starter-web</artifactId>\n"}
    path = "src/main/java/org/example/samples/Owner.java"
    assert values(texts, "primary_languages", path) == {"java"}
    assert values(texts, "other_framework", path) == {"spring-boot"}


def test_the_language_of_another_backend_is_not_that_of_its_front_end():
    texts = {
        "backend/pyproject.toml": '[project]\ndependencies = [\n  "fastapi[standard]>=0.115",\n]\n',
        "web/package.json": '{"dependencies": {"react": "19"}}',
    }
    paths = ["backend/app/main.py", *(f"web/src/{number}.ts" for number in range(20))]
    assert values(texts, "primary_languages", *paths) == {"python"}
    assert values(texts, "other_framework", *paths) == {"fastapi"}


@pytest.mark.parametrize(
    ("manifest", "text", "expected"),
    [
        ("package.json", '{\n  "name": "express",\n  "dependencies": {\n    "express": "^5.0.0"\n  }\n}\n', {"express"}),
        ("package.json", '{\n  "name": "express-admin",\n  "keywords": ["express"]\n}\n', set()),
        ("requirements.txt", "# django would be nice\nflask-login==1\n", set()),
        ("requirements.txt", "Django==5.2\n", {"django"}),
        ("Gemfile", 'gem "rails", "~> 8.0"\n', {"rails"}),
        ("app.csproj", '<Project Sdk="Microsoft.NET.Sdk.Web">\n', {"aspnet-core"}),
    ],
)
def test_the_framework_of_another_ecosystem_is_read_from_its_manifest(manifest, text, expected):
    assert values({manifest: text}, "other_framework", "a.py", "b.js", "c.rb", "d.cs") == expected


def test_a_project_in_go_has_no_framework_of_its_front_end():
    assert values(go(SERVER) | {"web/package.json": '{\n  "express": "5"\n}'}, "other_framework", "web/a.js") == set()


def test_each_program_is_judged_by_what_it_is_built_with():
    texts = {
        "go.mod": go_mod(f"{COBRA} v1.10.0"),
        "cmd/shopd/main.go": go_file("example.com/shop/server", body="func main() { server.Run() }"),
        "cmd/shopctl/main.go": go_file(COBRA, body="func main() { root.Execute() }"),
        "server/server.go": go_file("net/http", package="server", body=f"func Run() {{\n\t{SERVE}\n}}"),
    }
    assert values(texts, "service_types") == {"http-api", "cli"}


def test_a_helper_beside_a_service_is_no_command_line_tool():
    texts = go(SERVER, cmd__seed__main=go_file("flag", body="func main() { flag.Parse() }"))
    assert values(texts, "service_types") == {"http-api"}


def test_a_server_that_reads_its_flags_with_a_library_is_no_tool_until_it_has_many_commands():
    texts = go(go_file("net/http", COBRA, body=f"func main() {{\n\t{SERVE}\n\troot.Execute()\n}}"), f"{COBRA} v1.10.0")
    assert values(texts, "service_types") == {"http-api"}
    commands = {f"cmd/{name}.go": go_file(COBRA, package="cmd", body="") for name in ("import", "export", "user", "backup", "check")}
    assert values(texts | commands, "service_types") == {"http-api", "cli"}


def test_a_package_that_shipped_code_imports_is_shipped_whatever_its_folder_is_called():
    texts = go(
        go_file("example.com/shop/internal/tools", body="func main() { tools.Run() }"),
        "github.com/gin-gonic/gin v1.12.0",
        internal__tools__run=go_file("github.com/gin-gonic/gin", package="tools", body='func Run() {\n\tgin.Default().Run(":1")\n}'),
    )
    assert values(texts, "web_framework") == {"gin"}


def test_a_module_of_the_same_repository_is_no_dependency():
    texts = {
        "go.mod": go_mod(module="github.com/riverqueue/river"),
        "river.go": go_file("fmt", package="river", body=""),
        "cmd/bench/go.mod": go_mod("github.com/riverqueue/river v0.1.0", module="github.com/riverqueue/river/cmd/bench"),
        "cmd/bench/main.go": go_file("github.com/riverqueue/river", body="func main() { river.NewWorkers() }"),
    }
    assert values(texts, "queue") == set()
    assert "worker" not in values(texts, "service_types")


@pytest.mark.parametrize(
    ("name", "call"),
    [
        pytest.param("worker", "worker := agent.NewWorker(conn)", id="a worker of one's own"),
        pytest.param("worker", "sys.pubsub.Subscribe(mask, ch)", id="a pubsub of one's own"),
        pytest.param("tcp-server", 'l, _ := net.Listen("tcp", ":1")\n\thttp.Serve(l, nil)', id="a listener for HTTP"),
    ],
)
def test_what_only_sounds_like_a_service_is_none(name, call):
    main = go_file("net", "net/http", "example.com/shop/agent", "example.com/shop/pubsub", body=f"func main() {{\n\t{SERVE}\n\t{call}\n}}")
    assert values(go(main), "service_types") == {"http-api"}, name


@pytest.mark.parametrize(
    ("imports", "body", "expected"),
    [
        pytest.param(["net"], 'l, _ := net.Listen("tcp", ":1")\n\tfor {\n\t\tc, _ := l.Accept()\n\t\tgo serve(c)\n\t}', {"tcp-server"}, id="accepts itself"),
        pytest.param(["github.com/miekg/dns"], 's := &dns.Server{Net: "udp"}\n\ts.ListenAndServe()', {"tcp-server"}, id="DNS"),
        pytest.param(["github.com/IBM/sarama"], "sarama.NewConsumerGroup(brokers, group, config)", {"worker"}, id="a consumer made by its package"),
        pytest.param(["github.com/hibiken/asynq"], "srv := asynq.NewServer(redis, cfg)", {"worker"}, id="tasks"),
    ],
)
def test_what_a_program_starts(imports, body, expected):
    requirements = ("github.com/miekg/dns v1.1.0", "github.com/IBM/sarama v1.46.0", "github.com/hibiken/asynq v0.25.0")
    assert values(go(go_file(*imports, body=f"func main() {{\n\t{body}\n}}"), *requirements), "service_types") == expected


def test_a_grpc_gateway_serves_http():
    body = "func main() {\n\tgrpc.NewServer()\n\tmux := runtime.NewServeMux()\n\t(&http.Server{Handler: mux}).ListenAndServe()\n}"
    main = go_file("google.golang.org/grpc", "github.com/grpc-ecosystem/grpc-gateway/v2/runtime", "net/http", body=body)
    assert values(go(main, "google.golang.org/grpc v1.75.0"), "service_types") == {"http-api", "grpc-service"}


def test_an_exporter_that_speaks_grpc_is_no_grpc_of_the_service():
    path = "go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
    assert values(go(go_file(path, body="func main() { otlptracegrpc.NewClient() }"), f"{path} v1.40.0"), "grpc") == set()


@pytest.mark.parametrize(
    ("calls", "expected"), [("shopv1connect.NewOrderServiceHandler(s)", {"serves"}), ("shopv1connect.NewOrderServiceClient(c, u)", {"calls"})]
)
def test_connect_is_served_or_called_by_what_is_made(calls, expected):
    main = go_file("example.com/shop/gen/shopv1connect", "connectrpc.com/connect", body=f"func main() {{ {calls} }}")
    assert values(go(main, "connectrpc.com/connect v1.19.0"), "grpc") == expected


def test_connect_errors_alone_serve_nothing():
    main = go_file("connectrpc.com/connect", body="func main() { connect.NewError(connect.CodeInternal, err) }")
    assert values(go(main, "connectrpc.com/connect v1.19.0"), "grpc") == set()


def test_middleware_is_no_router():
    main = go_file(
        "github.com/urfave/negroni/v3",
        "net/http",
        body='func main() {\n\tmux := http.NewServeMux()\n\tmux.HandleFunc("/a", f)\n\thttp.ListenAndServe(":1", negroni.New())\n}',
    )
    assert values(go(main, "github.com/urfave/negroni/v3 v3.1.1"), "web_framework") == {"net/http"}


REDIS = "github.com/redis/go-redis/v9"


@pytest.mark.parametrize(
    "calls",
    [
        pytest.param("config.Set(reflect.New(t))\n\trdb.Get(ctx, key)", id="set of something else"),
        pytest.param("rdb.Set(ctx, version, v, 0)\n\trdb.Get(ctx, version)", id="a record that never expires"),
        pytest.param("rdb.Get(ctx, key)", id="only read"),
    ],
)
def test_redis_that_keeps_records_is_no_cache(calls):
    assert values(go(go_file(REDIS, body=f"func main() {{\n\t{calls}\n}}"), f"{REDIS} v9.17.0"), "cache") == set()


def test_asynq_on_redis_is_a_queue_and_no_cache():
    texts = go(go_file("github.com/hibiken/asynq", body="func main() { asynq.NewServer(o, c) }"), "github.com/hibiken/asynq v0.25.0")
    assert values(texts, "queue") == {"redis"}
    assert values(texts, "cache") == set()


def test_a_logger_in_one_file_beside_another_in_many_is_an_adapter():
    texts = go(SERVER, "github.com/rs/zerolog v1.34.0", **{f"p{number}__a": go_file("github.com/rs/zerolog", package="p", body="") for number in range(12)})
    texts["oidc/a.go"] = go_file("log/slog", package="oidc", body="")
    assert values(texts, "logging") == {"zerolog"}


def test_a_crate_that_no_source_names_was_left_behind():
    texts = {
        "Cargo.toml": cargo('axum = "0.8"', 'sqlx = { version = "0.9", features = ["sqlite"] }'),
        "src/main.rs": f"use sqlx::Pool;\n{LIBRARY_CODE}fn main() {{}}",
    }
    assert values(texts, "web_framework") == set()
    assert values(texts, "db_driver") == {"sqlx"}


def test_an_attribute_names_the_runtime_that_another_crate_hands_on():
    texts = {"Cargo.toml": cargo('shared = { path = "libs/shared" }'), "src/main.rs": "use shared::tokio;\n#[tokio::main]\nasync fn main() {}"}
    assert values(texts, "async_runtime") == {"tokio"}


@pytest.mark.parametrize("body", ["loop { let (s, _) = listener.accept().await?; }", "tokio::select! {\n  res = listener.accept() => { go(res) }\n}"])
def test_a_rust_program_that_accepts_connections_is_a_server_though_it_reads_a_command_line(body):
    main = f"async fn run() {{ let listener = TcpListener::bind(a).await?; {body} }}"
    assert values({"Cargo.toml": cargo('clap = "4"', 'tokio = "1"'), "src/main.rs": main}, "service_types") == {"tcp-server"}


def test_a_program_beside_a_library_without_a_main_of_its_own_is_an_aid():
    rest = '[[bin]]\nname = "trainer"\npath = "src/trainer.rs"'
    texts = {
        "Cargo.toml": '[workspace]\nmembers = ["core"]\n',
        "core/Cargo.toml": cargo(rest=rest),
        "core/src/lib.rs": "",
        "core/src/trainer.rs": "fn main() {}",
    }
    assert values(texts, "service_types") == {"library"}
    assert values(texts, "layout") == {"cargo-workspace", "rust-lib"}


def test_a_main_that_reads_no_command_line_is_a_helper_where_others_serve():
    texts = {
        "Cargo.toml": '[workspace]\nmembers = ["api", "build-info"]\n',
        "api/Cargo.toml": cargo('axum = "0.8"', name="api"),
        "api/src/main.rs": "fn main() { axum::serve(l, r) }",
        "build-info/Cargo.toml": cargo(name="build-info"),
        "build-info/src/main.rs": "fn main() {}",
    }
    assert values(texts, "service_types") == {"http-api"}


def test_all_databases_of_sqlx_are_all_three():
    texts = {"Cargo.toml": cargo('sea-orm = { version = "1", features = ["sqlx-all"] }'), "src/main.rs": "use sea_orm::Database; fn main() {}"}
    assert values(texts, "databases") == {"mysql", "postgres", "sqlite"}


def test_a_licence_that_speaks_of_redistribution_is_no_redis():
    texts = {"Cargo.toml": cargo('redis = "1"'), "src/main.rs": "// You can redistribute it\nfn main() { map.set(k, v); map.get(k) }"}
    assert values(texts, "cache") == set()


@pytest.mark.parametrize("at", ["../..", "../../"])
def test_a_package_may_name_its_workspace(at):
    texts = {
        "shared/Cargo.toml": '[workspace]\n[workspace.dependencies]\nweb = { package = "axum", version = "0.8" }\n',
        "shared/apps/api/Cargo.toml": cargo("web.workspace = true", name="api").replace("[package]", f'[package]\nworkspace = "{at}"'),
        "shared/apps/Cargo.toml": '[workspace]\n[workspace.dependencies]\nweb = { package = "warp", version = "0.3" }\n',
        "shared/apps/api/src/main.rs": "use web::Router; fn main() {}",
    }
    assert values(texts, "web_framework") == {"axum"}


@pytest.mark.parametrize("at", ["/", "/etc", "../../../..", ".."])
def test_a_workspace_outside_the_tree_is_none(at):
    texts = {"api/Cargo.toml": cargo("web.workspace = true", name="api").replace("[package]", f'[package]\nworkspace = "{at}"'), "api/src/main.rs": ""}
    assert values(texts, "service_types") == {"cli"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("[target.'cfg(unix)'.dependencies]", {"tokio"}),
        ("[target.x86_64-unknown-linux-gnu.dependencies]", {"tokio"}),
        ("[target.'cfg(unix)'.dev-dependencies]", set()),
    ],
)
def test_dependencies_of_a_target_count_as_what_they_are(header, expected):
    assert values({"Cargo.toml": cargo(rest=f'{header}\ntokio = "1"'), "src/main.rs": "use tokio;"}, "async_runtime") == expected
