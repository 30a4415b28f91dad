package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands of {@code tool control} and {@code tool archive} against real processes. */
@Timeout(300)
@Tag("slow")
class ControlToolTest {
  private static final Pattern LISTENING = Pattern.compile("Listening on 127\\.0\\.0\\.1:(\\d+)");
  private static final Duration LIMIT = Duration.ofSeconds(120);

  @TempDir Path dir;
  private final List<TethysProcess> all = new ArrayList<>();
  private String url = "";

  @AfterEach
  void stop() throws IOException {
    TethysProcess.closeAll(all);
  }

  private TethysProcess start(String... args) {
    TethysProcess p = TethysProcess.launch(dir, 0, List.of(args));
    all.add(p);
    p.await("a listener", LIMIT, () -> !listening(p).isEmpty());
    return p;
  }

  private static List<String> listening(TethysProcess p) {
    return LISTENING.matcher(p.log()).results().map(m -> "http://127.0.0.1:" + m.group(1)).toList();
  }

  private ToolRun tool(String command, String... args) {
    List<String> words = new ArrayList<>(List.of("control", command, "--url=" + url));
    words.addAll(List.of(args));
    return ToolRun.of(words);
  }

  private String ok(String command, String... args) {
    ToolRun r = tool(command, args);
    assertThat(r.status()).as(r.err()).isZero();
    return r.out();
  }

  private String refused(String command, String... args) {
    ToolRun r = tool(command, args);
    assertThat(r.status()).as(r.out()).isNotZero();
    return r.err();
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  private String graph(String processors, String names) {
    return """
    receivers:
      otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}
    processors: %s
    exporters:
      nop: {}
      archive: {directory: "%s"}
    service:
      telemetry: {metrics: {level: none}}
      pipelines:
        logs: {receivers: [otlp], processors: %s, exporters: [nop, archive]}
        logs/other: {receivers: [otlp], exporters: [nop]}
        traces: {receivers: [otlp], exporters: [nop]}
        metrics: {receivers: [otlp], exporters: [nop]}
    """
        .formatted(processors, dir.resolve("archive"), names);
  }

  /** A control plane, a collector and a shop that sends to it. */
  private void fleet() throws IOException {
    url =
        listening(
                start(
                    "control",
                    "--web.listen-address=127.0.0.1:0",
                    "--data=" + dir.resolve("control")))
            .getFirst();
    TethysProcess collector =
        start(
            "collector",
            "--config=" + file("own.yaml", graph("{}", "[]")),
            "--web.enable-tap",
            "--control=" + url,
            "--control.data=" + dir.resolve("agent"),
            "--control.label=env=prod");
    start(
        "demo",
        "--otlp.endpoint=" + listening(collector).getFirst(),
        "--web.listen-address=127.0.0.1:0",
        "--rate=20");
    collector.await("an agent", LIMIT, () -> ok("agents", "env=prod").contains("true"));
    collector.await("logs", LIMIT, () -> ok("volumes", "--by=service.name").contains("catalog"));
  }

  @Tag("contrib")
  @Test
  void everyCommandWorksWithARunningFleet() throws Exception {
    fleet();
    assertThat(ok("agents", "env=none").lines()).hasSize(1);
    assertThat(ok("agents")).contains("env=prod");
    assertThat(ok("volumes", "--by=service.name", "--signal=logs"))
        .contains(" logs ")
        .doesNotContain(" traces ");
    assertThat(refused("volumes", "--signal=log")).contains("logs");
    assertThat(ok("nodes")).contains("receiver:otlp", "exporter:nop@logs");
    assertThat(ok("tap", "exporter:nop@logs", "--records=2", "--seconds=10")).contains("before {");
    assertThat(refused("tap", "processor:none@logs")).contains("there is no node");
    assertThat(ok("follow", "logs", "--seconds=3")).contains("receiver:otlp -> ", "passed to ");
    assertThat(refused("follow", "metrics")).contains("signal must be logs or traces");
    assertThat(ok("recommendations", "env=prod", "--seconds=1")).isNotEmpty();
    assertThat(refused("recommendations", "--seconds=1", "--apply=99")).contains("--apply=99");
    assertThat(ok("findings", "env=prod", "--seconds=1")).contains("0 findings in ");
    String rules = "groups: [{name: g, rules: [{alert: A, expr: up == 0}]}]\n";
    assertThat(ok("unused", "--rules=" + file("rules.yml", rules))).isNotEmpty();
    assertThat(ok("automation")).contains("RULE");

    // Configurations.
    Path first = file("edge.yaml", graph("{}", "[]"));
    Path second =
        file(
            "edge2.yaml",
            graph("{filter: {logs: {log_record: ['severity_number < 17']}}}", "[filter]"));
    assertThat(ok("push", "edge", first.toString(), "--reason=first")).contains("edge version 1");
    assertThat(refused("push", "edge", file("bad.yaml", "receivers: [").toString(), "--reason=bad"))
        .contains("edge.yaml:");
    assertThat(ok("push", "edge", second.toString(), "--reason=second")).contains("edge version 2");
    assertThat(ok("configurations", "edge")).contains("first");
    assertThat(ok("show", "edge", "1")).isEqualTo(Files.readString(first));
    assertThat(ok("diff", "edge", "1", "2")).contains("added processors/filter");
    assertThat(
            ok(
                "dry-run",
                "edge",
                second.toString(),
                "--tap=exporter:nop@logs",
                "--seconds=10",
                "--baseline=1",
                "--edges"))
        .contains("nop logs", "VERSION 1", "processor:filter", "filtered");
    assertThat(refused("dry-run", "edge", second.toString())).contains("--samples or --tap");
    // Logs alone, and nothing to compare with: other signals have no samples.
    String record =
        "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"severityNumber\":9}]}]}]}\n";
    assertThat(
            ok(
                "dry-run",
                "edge",
                second.toString(),
                "--samples=" + file("samples.jsonl", record),
                "--baseline=0"))
        .contains("nop traces", "0.0%");

    // Live controls.
    String[] scope = {"--service=catalog", "--signal=logs"};
    assertThat(ok("mute", scope[0], scope[1], "--preview"))
        .containsPattern("\\d+ of \\d+ items would be dropped");
    String id = id(ok("sample", "10%", scope[0], scope[1], "--keep-errors", "--reason=noise"));
    assertThat(ok("controls")).contains("service.name=catalog", "keep 0.1", "noise");
    assertThat(ok("effect", id)).contains("service.name=catalog", "bytes/s out");
    assertThat(refused("effect", "none")).contains("unknown control none");
    ok("end", id, "--reason=quiet");
    assertThat(ok("controls").lines().skip(1))
        .containsExactly("No control is active; --all lists ended ones.");
    assertThat(ok("fidelity")).contains("REFUSED", "No agent has a check");
    assertThat(ok("controls", "--all")).contains("ended");
    assertThat(refused("route", "logs/absent", scope[0], scope[1], "--reason=test"))
        .contains("no connected agent of the selector runs the pipeline logs/absent")
        .contains("logs/other");
    assertThat(refused("route", "logs/absent", scope[0], scope[1], "--preview"))
        .contains("no connected agent");
    assertThat(ok("route", "logs/other", scope[0], scope[1], "--pipeline=logs", "--preview"))
        .contains("items would be moved");
    for (String command :
        List.of("limit 5", "redact --detector=card", "filter log.severity_number<9")) {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.addAll(List.of(scope));
      words.add("--reason=test");
      String name = words.removeFirst();
      ok("end", id(ok(name, words.toArray(String[]::new))), "--reason=over");
    }
    ok(
        "quota",
        "1e6",
        "--unit=items",
        "--by=service.name",
        "--signal=logs",
        "--pipeline=logs",
        "--reason=test");
    all.getFirst().await("a use", LIMIT, () -> ok("quotas").contains("catalog"));

    // Rollouts.
    assertThat(
            ok(
                "rollout",
                "edge",
                "1",
                "--selector=env=prod",
                "--soak=1s",
                "--min-items=0",
                "--reason=try"))
        .contains("rollout 1 is running");
    all.getFirst().await("the end", LIMIT, () -> ok("rollouts").contains("done"));
    assertThat(refused("pause", "1", "--reason=test")).contains("rollout 1");
    assertThat(refused("rollout-outputs", "1", "--keys")).contains("runs edge/1");
    assertThat(ok("undo", "1", "--reason=not wanted"))
        .contains("undone", "1 agent: to run own configuration");

    String audit = ok("audit", "--text=control.start", "--limit=100");
    assertThat(audit).contains("control.start", "noise").doesNotContain("configuration.add");
    assertThat(ok("audit", "--limit=1").lines()).hasSize(2);

    // The archive, while the collector writes it.
    ToolRun archive = ToolRun.of(List.of("archive", dir.resolve("archive").toString()));
    assertThat(archive.status()).as(archive.err()).isZero();
    assertThat(archive.out()).contains("SEGMENT", "logs");
    ToolRun none = ToolRun.of(List.of("archive", dir.resolve("none").toString()));
    assertThat(none.status()).isEqualTo(1);
    assertThat(none.err()).contains("no archive in");
  }

  @Test
  void rejectsChangeWithoutAReasonBeforeSending() throws Exception {
    url = "http://127.0.0.1:1"; // nothing listens
    String text = file("edge.yaml", graph("{}", "[]")).toString();
    for (List<String> change :
        List.of(
            List.of("push", "edge", text),
            List.of("rollout", "edge"),
            List.of("undo", "1"),
            List.of("package-add", "tethys", "2", "http://x/", "--file=" + text),
            List.of("package-rollout", "tethys"),
            List.of("mute", "--service=shop"),
            List.of("sample", "10%", "--reason= "),
            List.of("end", "c1"))) {
      String[] rest = change.subList(1, change.size()).toArray(String[]::new);
      assertThat(refused(change.getFirst(), rest))
          .as(change.toString())
          .contains("--reason is required: state the reason, which is recorded in the audit log");
    }
    assertThat(refused("mute", "--service=shop", "--preview")).doesNotContain("--reason");
  }

  private static String id(String started) {
    assertThat(started).contains("is active until");
    return started.split(" ")[1];
  }

  @Test
  void readsTokenFromAFileAndAppliesItsRole() throws Exception {
    Path tokens =
        file(
            "tokens",
            "viewer eve viewer-token-0123456789\noperator olga operator-token-0123456789\n");
    url =
        listening(
                start(
                    "control",
                    "--web.listen-address=127.0.0.1:0",
                    "--token-file=" + tokens,
                    "--data=" + dir.resolve("control")))
            .getFirst();
    String viewer = "--token-file=" + file("viewer", "viewer-token-0123456789\n");
    String operator = "--token-file=" + file("operator", "operator-token-0123456789\n");
    String wrong = "--token-file=" + file("wrong", "wrong-token-0123456789\n");
    assertThat(refused("agents")).contains("401");
    assertThat(refused("agents", wrong)).contains("401", "unknown");
    assertThat(refused("rollout", "nope", "--reason=a", operator))
        .contains("unknown configuration nope");
    assertThat(refused("mute", "--reason=a", operator)).startsWith("the scope is unrestricted");
    assertThat(ok("agents", viewer)).contains("AGENT");
    String reason = "--reason=noise";
    assertThat(refused("mute", "--service=shop", reason, viewer)).contains("403");
    ok("mute", "--service=shop", "--owner=team-shop", "--author=someone", reason, operator);
    assertThat(ok("controls", viewer)).contains("team-shop", "olga");
    assertThat(ok("audit", viewer)).contains("olga").doesNotContain("someone");
  }
}
