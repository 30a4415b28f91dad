package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tool's commands as a user types them, beside promtool's where it has them. */
@Tag("slow")
class ToolTest {
  private static final long T0 = 1_699_999_200L;

  @TempDir Path dir;

  private ToolRun tool(Object... args) {
    List<String> words = new ArrayList<>(List.of("tsdb"));
    for (Object a : args) {
      words.add(a.toString());
    }
    return ToolRun.of(words);
  }

  private static ToolRun ok(ToolRun o) {
    assertThat(o.status()).as(o.err()).isZero();
    return o;
  }

  private ToolRun promtool(Object... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Shared.peer("promtool").toString(), "tsdb"));
    for (Object a : args) {
      command.add(a.toString());
    }
    Path out = Files.createTempFile(dir, "out", ".txt");
    Path err = Files.createTempFile(dir, "err", ".txt");
    int status =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new ToolRun(status, Files.readString(out), Files.readString(err));
  }

  private Path openMetrics() throws IOException {
    StringBuilder sb = new StringBuilder("# TYPE requests counter\n");
    for (int h = 0; h < 12; h++) {
      for (int i = 0; i < 200 + h * 30; i++) {
        sb.append("requests_total{host=\"h").append(h).append("\",zone=\"z").append(h % 3);
        sb.append("\"} ").append(i * (h + 1)).append(' ').append(T0 + i * 30).append(".5\n");
      }
    }
    Path in = dir.resolve("in.om");
    Files.writeString(in, sb + "# TYPE up gauge\nup{host=\"<é>\"} 1 " + (T0 + 1) + "\n# EOF\n");
    return in;
  }

  private Path ofPrometheus() throws IOException, InterruptedException {
    Path out = dir.resolve("prometheus");
    ok(promtool("create-blocks-from", "openmetrics", openMetrics(), out));
    Files.createDirectories(out.resolve("wal"));
    return out;
  }

  @Test
  void listsAndAnalyzesPrometheusFolderLikePromtool() throws Exception {
    Path folder = ofPrometheus();
    for (String flag : List.of("-r", "--no-human-readable")) {
      assertThat(ok(tool("list", flag, folder)).out())
          .isEqualTo(ok(promtool("list", flag, folder)).out());
    }
    for (List<String> flags :
        List.of(
            List.<String>of(),
            List.of("--match={zone=\"z1\"}"),
            List.of("--limit=3"),
            List.of("--extended"))) {
      List<Object> args = new ArrayList<>(List.of("analyze", folder));
      args.addAll(flags);
      List<String> ours = ok(tool(args.toArray())).out().lines().toList();
      List<String> theirs = ok(promtool(args.toArray())).out().lines().toList();
      assertThat(ours).hasSameSizeAs(theirs);
      if (!flags.contains("--limit=3")) { // which of equals are shown is chance there
        assertThat(ours.stream().sorted()).isEqualTo(theirs.stream().sorted().toList());
      }
    }
    for (List<String> flags :
        List.of(
            List.<String>of(),
            List.of("--match={host=\"h3\"}", "--match=up"),
            List.of("--min-time=" + (T0 + 600) * 1000, "--max-time=" + (T0 + 900) * 1000))) {
      for (String command : List.of("dump", "dump-openmetrics")) {
        List<Object> args = new ArrayList<>(List.of(command, folder));
        args.addAll(flags);
        assertThat(ok(tool(args.toArray())).out()).isEqualTo(ok(promtool(args.toArray())).out());
      }
    }
    for (List<Object> wrong :
        List.<List<Object>>of(
            List.of("dump", "--match={", folder),
            List.of("dump", "--sandbox-dir-root=/no-such", folder),
            List.of("dump-openmetrics", "--match={", folder),
            List.of("dump", folder, "more"),
            List.of("analyze", folder, "nosuch"),
            List.of("list", Files.createDirectory(dir.resolve("empty"))))) {
      ToolRun theirs = promtool(wrong.toArray());
      assertThat(tool(wrong.toArray())).as(wrong.toString()).isEqualTo(theirs);
    }
    assertThat(ok(tool("dump", "--format=seriesjson", "--match=up", folder)).out())
        .isEqualTo("{\"__name__\":\"up\",\"host\":\"\\u003cé\\u003e\"}\n");
    assertThat(ok(tool("verify", folder)).err()).contains("everything is whole");
  }

  @Test
  void reimportOfAnExportIsIdentical() throws Exception {
    Path source = ofPrometheus();
    String want = ok(promtool("dump", source)).out();
    Path data = dir.resolve("data");
    ToolRun in = ok(tool("import", "prometheus", source, data));
    assertThat(in.err()).contains("samples imported and verified");
    assertThat(ok(tool("dump", data)).out()).isEqualTo(want);
    // The checksum covers the samples, regardless of the format.
    List<String> checksums = checksums(ok(tool("verify", data)).out());
    assertThat(checksums).isEqualTo(checksums(ok(tool("verify", source)).out())).isNotEmpty();

    assertThat(ok(tool("analyze", "--extended", data)).out())
        .contains("samples per float chunk (min/avg/max): ")
        .endsWith("buckets per histogram chunk: N/A\n\n");

    Path blocks = dir.resolve("blocks");
    ok(tool("export", "prometheus", data, blocks));
    Files.createDirectories(blocks.resolve("wal"));
    assertThat(ok(promtool("dump", blocks)).out()).isEqualTo(want);

    for (String format : List.of("openmetrics", "json")) {
      Path file = dir.resolve("export." + format);
      ok(tool("export", format, "--full", data, file));
      Path again = dir.resolve("from-" + format);
      ok(tool("import", format, file, again));
      assertThat(ok(tool("dump", again)).out()).isEqualTo(want);
      assertThat(tool("export", format, data, file).err()).contains("already exists");
    }
    Path backfilled = dir.resolve("backfilled");
    ToolRun made =
        ok(tool("create-blocks-from", "openmetrics", "--label=dc=a", openMetrics(), backfilled));
    assertThat(made.out()).startsWith("BLOCK ULID ");
    assertThat(ok(tool("dump", backfilled)).out()).contains("dc=\"a\"");
    assertThat(ok(tool("list", backfilled)).out()).isEqualTo(made.out());
  }

  private static List<String> checksums(String table) {
    return table.lines().filter(l -> l.endsWith(" ok")).map(l -> l.split(" +")[3]).toList();
  }

  @Test
  void resumesImportAfterKill() throws Exception {
    Path source = ofPrometheus();
    String want = ok(promtool("dump", source)).out();
    Path data = dir.resolve("data");
    for (int kill = 1; kill <= 2; kill++) {
      int blocks = kill;
      TethysProcess p =
          TethysProcess.launch(
              dir,
              0,
              List.of("tool", "tsdb", "import", "prometheus", source.toString(), data.toString()));
      try (p) {
        // As soon as there is one more block, whole or not.
        p.await(
            "a block",
            Duration.ofSeconds(60),
            () ->
                !p.isAlive()
                    || (Files.isDirectory(data) && data.toFile().list().length > 2 + blocks));
        p.kill();
      }
    }
    ok(tool("import", "prometheus", source, data));
    assertThat(ok(tool("dump", data)).out()).isEqualTo(want);
    assertThat(ok(tool("verify", data)).err()).contains("everything is whole");
  }

  @Test
  void reportsErrorsWithExitCodeOne() throws IOException {
    assertThat(tool("list", dir.resolve("nowhere")))
        .isEqualTo(
            new ToolRun(
                1,
                "",
                "opening the db dir: stat "
                    + dir.resolve("nowhere")
                    + ": no such file or directory\n"));
    Path file = Files.writeString(dir.resolve("file"), "no data");
    assertThat(tool("list", file).err())
        .isEqualTo("opening the db dir: stat " + file + ": not a directory\n");
    for (List<Object> of :
        List.<List<Object>>of(
            List.of("verify", file),
            List.of("import", "prometheus", file, dir.resolve("data")),
            List.of("backup", file, dir.resolve("backups")))) {
      assertThat(tool(of.toArray()).err())
          .as("%s", of)
          .isEqualTo("stat " + file + ": not a directory\n");
    }
    assertThat(tool("analyze", dir).err()).contains("holds no data of Tethys or Prometheus");
    assertThat(tool("list", "--nope").err())
        .isEqualTo("promtool: error: unknown long flag '--nope', try --help\n");
    assertThat(ToolRun.of(List.of("control", "mute", "--nope")).err())
        .isEqualTo("tethys tool: error: unknown long flag '--nope', try --help\n");
    assertThat(ToolRun.of(List.of("check")))
        .isEqualTo(
            new ToolRun(
                1, "", "promtool: error: must select a subcommand of 'check', try --help\n"));
    assertThat(ToolRun.of(List.of()).status()).isZero();
    assertThat(ToolRun.of(List.of("--version")).out()).startsWith("promtool, version ");
    assertThat(ToolRun.of(List.of("amtool", "--version")).out()).startsWith("amtool, version ");
    assertThat(ToolRun.of(List.of("amtool", "--nope", "--output=json")))
        .isEqualTo(new ToolRun(1, "", "amtool: error: unknown long flag '--nope'\n\n"));
    assertThat(ToolRun.of(List.of("amtool", "--output=json")).status()).isZero();
    assertThat(tool("lisp").err()).contains("expected command but got \"lisp\"");
    assertThat(tool("create-blocks-from", "rules", "x.yml").err())
        .contains("required flag(s) '--start' not provided");
    assertThat(tool("import", "prometheus", "x").err())
        .contains("required argument 'db path' not provided");
    assertThat(tool("analyze", "--extended").status()).isEqualTo(1);
    assertThat(ToolRun.of(List.of("check", "config")).status()).isEqualTo(1);
    assertThat(ok(tool("import", "prometheus", "--help")).out())
        .startsWith("usage: tethys tool tsdb import prometheus [<flags>] <prometheus folder>");
    assertThat(ok(tool("--help")).out()).contains("tsdb list ").contains("tsdb restore ");
    assertThat(tool().status()).isEqualTo(1);
    assertThat(ok(tool("import", "--help")).out())
        .contains("tsdb import json ")
        .doesNotContain("tsdb list ");
    Path bad = dir.resolve("bad.om");
    Files.writeString(bad, "a 1 1\nb{\n# EOF\n");
    assertThat(tool("import", "openmetrics", bad, dir.resolve("data")).err())
        .contains("bad.om: line 2: ");
  }

  @Test
  void backsUpAndRestoresRunningServer() throws Exception {
    String config =
        """
        global: {scrape_interval: 1s}
        scrape_configs:
        - job_name: self
          static_configs: [{targets: ['127.0.0.1:{port}']}]
        """;
    Path data = dir.resolve("data");
    Path backups = dir.resolve("backups");
    try (TethysProcess server = TethysProcess.server(dir, config, "--web.enable-admin-api")) {
      server.await(
          "scrapes",
          Duration.ofSeconds(60),
          () -> server.query("count_over_time(up[1m]) > 2").contains("\"value\""));
      assertThat(tool("dump", data).err()).contains("stop it first").contains("locked");
      assertThat(tool("backup", data, backups).err()).contains("stop it first");
      String url = "http://127.0.0.1:" + server.port;
      ToolRun made = ok(tool("backup", data, backups, "--server=" + url));
      assertThat(made.err()).contains("blocks copied");
      try (Stream<Path> s = Files.list(data.resolve("snapshots"))) {
        assertThat(s).isEmpty();
      }
      String name = ok(tool("snapshot", "--server=" + url)).out().strip();
      assertThat(data.resolve("snapshots").resolve(name)).isDirectory();
      assertThat(server.stop()).isZero();
    }
    assertThat(tool("snapshot", data, "--server=http://127.0.0.1:1").err())
        .contains("no server responds");
    ok(tool("backup", data, backups, "--keep=2"));
    assertThat(ok(tool("backups", "--verify", backups)).err()).contains("is whole");
    assertThat(tool("restore", backups, data).err()).contains("is not empty");
    String before = ok(tool("dump", data)).out();
    ok(tool("restore", backups, data, "--replace"));
    assertThat(ok(tool("dump", data)).out()).isEqualTo(before);
    // A server continues from there.
    try (TethysProcess server = TethysProcess.server(dir, config)) {
      server.await(
          "a new scrape",
          Duration.ofSeconds(60),
          () -> server.query("timestamp(up) > time() - 3").contains("\"value\""));
    }
  }

  @Test
  void serverSuggestsImportOfPrometheusData() throws Exception {
    Path data = dir.resolve("data");
    Files.createDirectories(data.resolve("chunks_head"));
    Files.createDirectories(data.resolve("wal"));
    int port = Ports.free();
    TethysProcess server =
        TethysProcess.launch(
            dir,
            port,
            List.of(
                "server", "--storage.tsdb.path=" + data, "--web.listen-address=127.0.0.1:" + port));
    try (server) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.log()).contains("tethys tool tsdb import prometheus");
    }
  }

  @Test
  void benchmarkWritesTheRequestedData() throws Exception {
    Path out = dir.resolve("bench");
    ToolRun o = ok(tool("bench", "write", "--out=" + out, "--metrics=50", "--scrapes=40"));
    assertThat(o.out())
        .contains(">> completed stage=ingestScrapes duration=")
        .contains(" > total samples: 2000\n")
        .contains(" > samples/sec: ");
    assertThat(ok(tool("dump", out.resolve("storage"))).out().lines()).hasSize(2000);
    Path labels = dir.resolve("labels.json");
    Files.writeString(labels, "{\"__name__\":\"a\",\"b\":\"c\"}\n{\"__name__\":\"d\"}\n");
    ok(tool("bench", "write", "--out=" + out, "--scrapes=3", labels));
    assertThat(ok(tool("dump", out.resolve("storage"))).out())
        .startsWith("{__name__=\"a\", b=\"c\"} 1000 ")
        .contains("{__name__=\"d\"} 3000 ");
    assertThat(tool("bench", "write", "--out=" + dir).err()).contains("contains data other");
  }
}
