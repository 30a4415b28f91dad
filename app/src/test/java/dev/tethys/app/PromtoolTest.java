package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * promtool's checks and unit tests compared with the real one, byte by byte, on its own test data.
 */
@Tag("slow")
class PromtoolTest {
  @TempDir Path dir;

  private static ToolRun ours(String in, List<String> args) {
    return ToolRun.of(in, args);
  }

  private ToolRun theirs(String in, List<String> args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Shared.peer("promtool").toString()));
    command.addAll(args);
    Path stdin = Files.writeString(Files.createTempFile(dir, "in", ".txt"), in);
    Path out = Files.createTempFile(dir, "out", ".txt");
    Path err = Files.createTempFile(dir, "err", ".txt");
    int status =
        new ProcessBuilder(command)
            .redirectInput(stdin.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new ToolRun(status, Files.readString(out), Files.readString(err));
  }

  private static String fixture(String name) {
    return Shared.conformance("prometheus/" + name).toString();
  }

  /** Words that end with a known ending are names of files of the conformance data. */
  private static List<String> words(String line) {
    List<String> out = new ArrayList<>();
    for (String w : line.split(" ")) {
      out.add(w.startsWith("@") ? fixture(w.substring(1)) : w);
    }
    return out;
  }

  private void same(String in, List<String> args) throws Exception {
    ToolRun theirs = theirs(in, args);
    assertThat(firstFailure(ours(in, args))).isEqualTo(theirs);
  }

  /** The run with the first of several problems of a file: promtool stops there. */
  private static ToolRun firstFailure(ToolRun run) {
    StringBuilder err = new StringBuilder();
    boolean failed = false;
    for (String line : run.err().split("(?<=\n)")) {
      boolean failure = line.startsWith("  FAILED: ");
      if (!failure || !failed) {
        err.append(line);
      }
      failed |= failure;
    }
    return new ToolRun(run.status(), run.out(), err.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "test rules @promtool/unittest.yml",
        "test rules @promtool/failing.yml",
        "test rules --diff @promtool/failing.yml @promtool/unittest.yml",
        "test rules @promtool/at-modifier-test.yml",
        "test rules @promtool/negative-offset-test.yml",
        "test rules @promtool/long-period.yml",
        "test rules @promtool/bad-input-series.yml",
        "test rules @promtool/bad-rules-syntax-test.yml",
        "test rules @promtool/no-test-group-interval.yml",
        "test rules @promtool/rules_run.yml",
        "test rules @promtool/rules_run_fuzzy.yml",
        "test rules @promtool/rules_run_no_fuzzy.yml",
        "test rules --run correct @promtool/rules_run.yml",
        "test rules --run=wrong --run=x @promtool/rules_run.yml",
        "test rules --ignore-unknown-fields @promtool/rules_run_extrafields.yml",
        "check rules @promtool/rules.yml @promtool/rules_duplicates.yml",
        "check rules --lint-fatal @promtool/rules_duplicates.yml",
        "check rules --lint=none --lint-fatal @promtool/rules_duplicates.yml",
        "check rules --lint=foo @promtool/rules.yml",
        "check rules @promtool/rules_large.yml",
        "check rules --ignore-unknown-fields @promtool/rules_extrafields.yml",
        "check rules @promtool/bad-rules-syntax.yml",
        "check rules @rulefmt/test.yaml @rulefmt/test_aliases.yaml @rulefmt/bad_expr.bad.yaml",
        "check rules @rulefmt/utf-8_lname.good.yaml @rulefmt/invalid_record_name.bad.yaml",
        "check config @promtool/prometheus-config.good.yml",
        "check config --lint-fatal @promtool/prometheus-config.lint.yml",
        "check config --lint=all --lint-fatal"
            + " @promtool/prometheus-config.lint.too_long_scrape_interval.yml",
        "check config --lint=too-long-scrape-interval --query.lookback-delta=11m --lint-fatal"
            + " @promtool/prometheus-config.lint.too_long_scrape_interval.yml",
        "check config @promtool/config_with_rule_files.yml",
        "check config --extended @promtool/config_with_rule_files.yml",
        "check --extended --query.lookback-delta=1m rules @promtool/rules.yml",
        "check config --agent @promtool/config_with_rule_files.yml",
        "check config --agent @promtool/prometheus-config.lint.yml",
        "check config --agent @promtool/url_in_alert_targetgroup_with_relabel_config.good.yml",
        "check config @promtool/config_with_service_discovery_files.yml",
        "check config @promtool/config_with_tls_files.yml",
        "check config --syntax-only @promtool/config_with_tls_files.yml",
        "check config @promtool/url_in_alert_targetgroup_with_relabel_config.bad.yml",
        "check config @promtool/url_in_alert_targetgroup_with_relabel_config.good.yml",
        "check config @promtool/url_in_scrape_targetgroup_with_relabel_config.bad.yml",
        "check config @promtool/url_in_scrape_targetgroup_with_relabel_config.good.yml",
        "check config @promtool/authorization_credentials_file.bad.yml",
        "check config @promtool/authorization_credentials_file.good.yml",
        "--experimental promql format sum(rate(x{b=\"c\"}[5m]))by(a)/on(a)group_left()y",
        "promql format --experimental sum(",
        "promql format x",
        "promql label-matchers --experimental set a{b=\"c\"}+b b d",
        "--experimental promql label-matchers set -t =~ max(a{b=\"c\"}[5m:]) b d.*",
        "--experimental promql label-matchers delete a{b=\"c\",d=\"e\"} b"
      })
  void printsSameAsPromtool(String line) throws Exception {
    same("", words(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--nosuch",
        "nosuch",
        "check",
        "check nosuch",
        "check config",
        "check config --nosuch x",
        "check config -z x",
        "check config nosuch.yml",
        "check config @promtool",
        "check rules --lint",
        "check rules --lint=all --lint=none @promtool/rules.yml",
        "check service-discovery @promtool/prometheus-config.good.yml",
        "check service-discovery @promtool/prometheus-config.good.yml a b",
        "check service-discovery nosuch.yml a",
        "check healthy more",
        "query",
        "query instant",
        "query instant http://127.0.0.1:1",
        "query instant http://127.0.0.1:1 up more",
        "query instant -o xml http://127.0.0.1:1 up",
        "query range --step=x http://127.0.0.1:1 up",
        "query series http://127.0.0.1:1",
        "query labels http://127.0.0.1:1",
        "query nosuch http://127.0.0.1:1 up",
        "query analyze --type=histogram --match=up",
        "push metrics",
        "push metrics http://127.0.0.1:1 nosuch",
        "push metrics --label=a http://127.0.0.1:1",
        "push metrics --timeout=x http://127.0.0.1:1",
        "test rules",
        "test rules nosuch",
        "debug pprof",
        "debug nosuch x",
        "tsdb bench",
        "tsdb list nosuch",
        "tsdb list a b",
        "tsdb analyze nosuch",
        "tsdb dump nosuch",
        "tsdb dump-openmetrics nosuch",
        "tsdb create-blocks-from",
        "tsdb create-blocks-from openmetrics",
        "tsdb create-blocks-from openmetrics nosuch",
        "tsdb create-blocks-from rules --start=1 nosuch",
        "--experimental promql format",
        "--experimental promql label-matchers set up job",
        "--experimental promql label-matchers set -t xx up job x",
        "--experimental promql label-matchers delete up"
      })
  void commandLinesThatAreWrongAreRefusedInItsWords(String line) throws Exception {
    same("", words(line));
  }

  @Test
  void debuggingOfUnitTestsMatchesPromtool() throws Exception {
    List<String> args = words("test rules --debug @promtool/rules_run.yml");
    ToolRun theirs = theirs("", args);
    ToolRun ours = ours("", args);
    assertThat(withoutTimes(ours.out())).isEqualTo(withoutTimes(theirs.out())).contains("DEBUG: ");
    assertThat(ours.err()).isEqualTo(theirs.err());
    assertThat(ours.status()).isEqualTo(theirs.status());
  }

  private static String withoutTimes(String text) {
    return text.replaceAll("took .*", "took a while");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1",
        "a{b=\"c\" 1\n",
        "a{b=c} 1\n",
        "a x\n",
        "a 1 x\n",
        "a 1 2 3\n",
        "# TYPE a foo\n",
        "# TYPE a counter\n# TYPE a counter\n",
        "a{b=\"\\x\"} 1\n",
        "{\"a\", b=\"c\"} 1\n",
        "a{__name__=\"x\"} 1\n",
        "a{b=\"1\",b=\"2\"} 1\n",
        "9a 1\n",
        "# HELP a b\\q\n",
        "a{b=\"1\"c=\"2\"} 1\n",
        "# HELP\na_total 1 \n",
        " \n a 1\n",
        "# HELP aB_ms x\n# TYPE aB_ms counter\naB_ms{cD=\"1\"} 1\naB_ms{cD=\"1\"} 2\n",
        "# HELP l_bucket y\n# TYPE l_bucket gauge\nl_bucket{le=\"1\",quantile=\"2\"} 3\n",
        "foo:bar_minutes 1\nx_kilobytes_total 2\n# TYPE y_gauge gauge\ny_gauge 1\n",
        "# HELP h_seconds z\n# TYPE h_seconds histogram\nh_seconds_bucket{le=\"+Inf\"} 3\n"
            + "h_seconds_sum 3\nh_seconds_count 3\n# HELP up y\nup 1\nup{a=\"b\"} 1\n"
      })
  void metricsAreLintedAsPromtoolDoes(String exposition) throws Exception {
    same(exposition, List.of("check", "metrics"));
    if (ours(exposition, List.of("check", "metrics")).status() != 3) {
      same(exposition, List.of("check", "metrics", "--extended")); // newer ones print both
    }
  }

  /** A server that gives one answer to everything, and remembers what it was asked. */
  private static HttpServer server(int status, String answer, List<String> asked)
      throws IOException {
    HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    s.createContext(
        "/",
        x -> {
          String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          asked.add(
              x.getRequestMethod()
                  + " "
                  + x.getRequestURI().getPath()
                  + " "
                  + Arrays.stream((body + "&" + x.getRequestURI().getRawQuery()).split("&"))
                      .map(p -> URLDecoder.decode(p, StandardCharsets.UTF_8))
                      .sorted()
                      .toList());
          byte[] b = answer.getBytes(StandardCharsets.UTF_8);
          x.sendResponseHeaders(status, b.length);
          x.getResponseBody().write(b);
          x.close();
        });
    s.start();
    return s;
  }

  private void sameOf(int status, String answer, String... args) throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer s = server(status, answer, asked);
    try {
      List<String> words = new ArrayList<>();
      for (String a : args) {
        words.add(a.replace("SERVER", "http://127.0.0.1:" + s.getAddress().getPort()));
      }
      ToolRun theirs = theirs("", words);
      List<String> theirQuestions = List.copyOf(asked);
      asked.clear();
      assertThat(ours("", words)).isEqualTo(theirs);
      assertThat(asked).isEqualTo(theirQuestions);
    } finally {
      s.stop(0);
    }
  }

  private static String answer(String type, String result) {
    return "{\"status\":\"success\",\"data\":{\"resultType\":\""
        + type
        + "\",\"result\":"
        + result
        + "}}";
  }

  @ParameterizedTest
  @ValueSource(strings = {"promql", "json"})
  void queriesAreAskedAndPrintedAlike(String format) throws Exception {
    String o = "--format=" + format;
    String metric = "{\"metric\":{\"__name__\":\"up\",\"a\":\"<&>\\\"é\"},";
    String vector =
        "["
            + metric
            + "\"value\":[1435781451.781,\"1e+30\"]},"
            + "{\"metric\":{},\"value\":[1435781451,\"NaN\"]},"
            + metric
            + "\"histogram\":[1.5,{\"count\":\"3\",\"sum\":\"-0.25\",\"buckets\":"
            + "[[3,\"-1\",\"0.001\",\"1\"],[0,\"1\",\"+Inf\",\"2\"]]}]}]";
    sameOf(
        200,
        answer("vector", vector),
        "query",
        o,
        "instant",
        "--time=1435781451.5",
        "SERVER",
        "up");
    sameOf(
        200, answer("vector", "[]"), "query", "instant", o, "--time=5", "SERVER", "a{b=\"c+d\"}");
    sameOf(200, answer("scalar", "[1,\"-Inf\"]"), "query", "instant", o, "--time=5", "SERVER", "1");
    String matrix = "[" + metric + "\"values\":[[1,\"0.1\"],[2.001,\"5\"]]}]";
    sameOf(
        200,
        answer("matrix", matrix),
        "query",
        "range",
        o,
        "--start=2015-07-01T20:10:30.781Z",
        "--end=1435781460.25",
        "--step=1m1.5s",
        "SERVER",
        "up");
    sameOf(
        200,
        answer("matrix", "[]"),
        "query",
        "range",
        o,
        "--start=1000",
        "--end=5000",
        "SERVER",
        "x");
    sameOf(
        200,
        "{\"status\":\"success\",\"data\":[{\"__name__\":\"up\",\"a\":\"b\"},{}]}",
        "query",
        "series",
        o,
        "--match=up",
        "--match={a=\"b\"}",
        "--start=1",
        "--end=2",
        "SERVER");
    sameOf(
        200,
        "{\"status\":\"success\",\"data\":[\"a\",\"b<c\"]}",
        "query",
        "labels",
        o,
        "--start=1",
        "--end=2",
        "--match=up",
        "SERVER",
        "job");
  }

  /** A file that is wrong is a failure of the command, not a wrong command line. */
  @Test
  void readsConnectionSettingsFromAFile() throws Exception {
    Path config = Files.writeString(dir.resolve("http.yml"), "basic_auth: {nosuch: 1}\n");
    for (String line : List.of("check healthy --url=URL", "query labels URL job")) {
      List<String> args =
          new ArrayList<>(List.of(line.replace("URL", "http://127.0.0.1:1").split(" ")));
      args.add("--http.config.file=" + config);
      ToolRun theirs = theirs("", args);
      ToolRun ours = ours("", args);
      assertThat(ours.status()).isEqualTo(theirs.status()).isEqualTo(1);
      assertThat(ours.out()).isEqualTo(theirs.out());
      assertThat(ours.err()).startsWith("promtool: error: " + config + ":1:");
    }
  }

  @Test
  void reportsServerErrorsLikePromtool() throws Exception {
    String refused = "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"so <bad>\"}";
    String[] instant = {"query", "instant", "--time=5", "SERVER", "up"};
    sameOf(400, refused, instant);
    sameOf(422, refused, instant);
    sameOf(404, "404 page not found\n", instant);
    sameOf(503, "later", instant);
    sameOf(302, "", instant);
    sameOf(200, "x", "query", "instant", "--time=never", "SERVER", "up");
    sameOf(200, "x", "query", "range", "--start=5", "--end=5", "SERVER", "up");
    sameOf(200, "x", "query", "range", "--start=x", "SERVER", "up");
    sameOf(200, "Healthy.\n", "check", "healthy", "--url=SERVER/x");
    sameOf(503, "no", "check", "ready", "--url=SERVER");
  }

  @Test
  void analyzesBucketUsageLikePromtool() throws Exception {
    StringBuilder sb = new StringBuilder("[");
    for (String le : List.of("0.1", "+Inf", "1")) {
      int n = le.equals("0.1") ? 1 : le.equals("1") ? 1 : 4;
      sb.append("{\"metric\":{\"__name__\":\"h_bucket\",\"a\":\"b\",\"le\":\"").append(le);
      sb.append("\"},\"values\":[[1,\"0\"],[2,\"").append(n).append("\"],[3,\"");
      sb.append(n * 2).append("\"]]},");
    }
    String bucket = "[0,\"1\",\"2\",\"3\"]";
    sb.append(
        "{\"metric\":{\"__name__\":\"n\"},\"histograms\":[[1,{\"count\":\"3\",\"sum\":\"1\",");
    sb.append("\"buckets\":[").append(bucket).append("]}],[2,{\"count\":\"3\",\"sum\":\"1\",");
    sb.append("\"buckets\":[[0,\"2\",\"4\",\"3\"],").append(bucket).append("]}],");
    sb.append("[3,{\"count\":\"0\",\"sum\":\"1\"}]]}]");
    sameOf(
        200,
        answer("matrix", sb.toString()),
        "query",
        "analyze",
        "--server=SERVER",
        "--type=histogram",
        "--match=h",
        "--match=n",
        "--duration=90m",
        "--time=100");
    sameOf(
        200,
        answer("vector", "[]"),
        "query",
        "analyze",
        "--server=SERVER",
        "--type=x",
        "--match=h");
  }

  @Test
  void testsAlertsAgainstHistory() throws Exception {
    Path rules = dir.resolve("rules.yml");
    Files.writeString(
        rules,
        """
        groups:
        - name: g
          rules:
          - record: r
            expr: up
          - alert: Down
            expr: up == 0
            for: 2m
            labels: {severity: page}
            annotations: {summary: '{{ $labels.i }} is {{ $value }}'}
        """);
    String values = "[[600,\"0\"],[660,\"0\"],[720,\"0\"],[780,\"0\"],[1200,\"0\"]]";
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer s =
        server(
            200, answer("matrix", "[{\"metric\":{\"i\":\"a\"},\"values\":" + values + "}]"), asked);
    try {
      String url = "http://127.0.0.1:" + s.getAddress().getPort();
      ToolRun o =
          ours(
              "", List.of("rules", "backtest", "--start=300", "--end=1500", url, rules.toString()));
      assertThat(o.err().replaceAll("Down .*\n", "")).isEmpty();
      assertThat(o.out())
          .isEqualTo(
              """
              Down (group g): would have fired 1 time, 2m in all
                1970-01-01T00:12:00Z to 1970-01-01T00:14:00Z (2m) {alertname="Down", i="a", severity="page"}
                  summary: a is 0

              """);
      assertThat(asked)
          .containsExactly(
              "POST /api/v1/query_range [end=1500, null, query=up == 0, start=300, step=60]");
      Path manager =
          Files.writeString(
              dir.resolve("alertmanager.yml"),
              """
              route: {receiver: all, group_by: [cluster], group_wait: 10s, group_interval: 1m}
              receivers: [{name: all, webhook_configs: [{url: 'http://localhost:1/'}]}]
              """);
      o =
          ours(
              "",
              List.of(
                  "rules",
                  "backtest",
                  "--start=300",
                  "--end=1500",
                  "--external-label=cluster=c",
                  "--alertmanager.config=" + manager,
                  url,
                  rules.toString()));
      assertThat(o.out())
          .endsWith(
              """
              Notifications: 2
                1970-01-01T00:12:10Z all/webhook[0] {cluster="c"}: 1 firing
                1970-01-01T00:14:10Z all/webhook[0] {cluster="c"}: 0 firing, 1 resolved
              """);
    } finally {
      s.stop(0);
    }
  }

  @Test
  void bashCompletesFromTheTable() throws Exception {
    String script = ours("", List.of("completion", "bash")).out();
    Path f = Files.writeString(dir.resolve("completion.bash"), script);
    String run =
        "source "
            + f
            + "; c() { COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _tethys_tool; echo"
            + " ${COMPREPLY[@]}; }; c promtool che; c tethys tool check r; c tethys tool tsdb"
            + " create-blocks-from ''; c promtool test rules --ju; c tethys ser";
    Process p = new ProcessBuilder("bash", "-c", run).redirectErrorStream(true).start();
    assertThat(new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines())
        .containsExactly("check", "ready rules", "openmetrics rules", "--junit=", "server");
    assertThat(ours("", List.of("completion", "zsh")).out()).contains("bashcompinit", script);
    assertThat(ours("", List.of("completion", "fish")).out())
        .contains("complete -c promtool -n \"__tethys_in 'test rules '\" -l junit -r");
    assertThat(ours("", List.of("completion", "csh")).status()).isEqualTo(1);
  }

  private List<String> shell(String... command) throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(command[0])), "needs " + command[0] + ", which is not there");
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    return new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void fishCompletesFromTheTable() throws Exception {
    Path f =
        Files.writeString(
            dir.resolve("completion.fish"), ours("", List.of("completion", "fish")).out());
    assertThat(
            shell(
                "/usr/bin/fish",
                "--no-config",
                "-c",
                "source "
                    + f
                    + "; complete -C 'tethys tool check r'; complete -C 'promtool test rules"
                    + " --ju'"))
        .containsExactly("ready", "rules", "--junit");
  }

  @Test
  void zshAcceptsTheTable() throws Exception {
    Path f =
        Files.writeString(
            dir.resolve("completion.zsh"), ours("", List.of("completion", "zsh")).out());
    assertThat(
            shell(
                "/usr/bin/zsh",
                "-fc",
                "autoload -Uz compinit; compinit -u -d "
                    + dir.resolve("dump")
                    + "; source "
                    + f
                    + "; print -r -- $_comps[tethys]; print -r -- $_comps[promtool]"))
        .hasSize(2)
        .allMatch(l -> l.contains("_tethys_tool"));
  }

  /** URLs of older versions of promtool name the path, those of newer ones the server. */
  @ParameterizedTest
  @CsvSource({
    "'',,/api/v1/write",
    "/,,/api/v1/write",
    "/api/v1/write,,/api/v1/write",
    "/api/v1/receive,,/api/v1/receive",
    "'',/push,/push",
    "/tenant,push/,/tenant/push",
    "/api/v1/write,/api/v1/write,/api/v1/write"
  })
  void metricsArePushedWhereTheReceiverIs(String url, @Nullable String flag, String path)
      throws IOException {
    List<String> asked = new CopyOnWriteArrayList<>();
    HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    s.createContext(
        "/",
        x -> {
          asked.add(x.getRequestURI().toString());
          x.sendResponseHeaders(204, -1);
          x.close();
        });
    s.start();
    try {
      List<String> args =
          new ArrayList<>(
              List.of("push", "metrics", "http://127.0.0.1:" + s.getAddress().getPort() + url));
      if (flag != null) {
        args.add("--remote-write.path=" + flag);
      }
      ToolRun r = ours("a 1\n", args);
      assertThat(r.status()).as(r.err()).isZero();
      assertThat(asked).containsExactly(path);
    } finally {
      s.stop(0);
    }
  }

  @Test
  void pushesMetricsLikePromtool() throws Exception {
    String text =
        "# TYPE a_total counter\n"
            + "a_total{job=\"x\",b=\"c\"} 5 1000\n"
            + "# TYPE h histogram\n"
            + "# HELP h is it\n"
            + "h_bucket{le=\"1\"} 1 2000\n"
            + "h_bucket{le=\"+Inf\"} 3 2000\n"
            + "h_sum 2 2000\n"
            + "h_count 3 2000\n"
            + "# TYPE s summary\n"
            + "s{quantile=\"0.5\"} 1 5\n"
            + "s_sum 3 5\n"
            + "s_count 3 5\n";
    Path f = Files.writeString(dir.resolve("push.prom"), text);
    List<byte[]> bodies = new CopyOnWriteArrayList<>();
    HttpServer s = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    s.createContext(
        "/",
        x -> {
          byte[] body = x.getRequestBody().readAllBytes();
          int n = SnappyBlock.decodedLength(body, 0, body.length, 1 << 20);
          byte[] raw = new byte[n + SnappyBlock.SLACK];
          SnappyBlock.decode(body, 0, body.length, raw);
          bodies.add(Arrays.copyOf(raw, n));
          x.sendResponseHeaders(x.getRequestURI().getPath().equals("/no") ? 400 : 204, -1);
          x.close();
        });
    s.start();
    try {
      String url = "http://127.0.0.1:" + s.getAddress().getPort();
      same("", List.of("push", "metrics", "--label=z=1", "--header=X-A=b", url, f.toString()));
      same("", List.of("push", "metrics", url + "/no", f.toString()));
      same("a 1", List.of("push", "metrics", url));
    } finally {
      s.stop(0);
    }
    assertThat(bodies).hasSize(4);
    // Metadata follows the series; its fields may be in any order.
    assertThat(Arrays.copyOf(bodies.get(1), 400)).isEqualTo(Arrays.copyOf(bodies.get(0), 400));
  }

  @Test
  void acceptsRulesFromStandardInput() throws Exception {
    same("groups: [{name: a, rules: [{record: b, expr: c}]}]", List.of("check", "rules"));
    same(
        "groups: [{name: a, rules: [{record: b, expr: c}, {record: b, expr: d}]}]",
        List.of("check", "rules", "--lint-fatal"));
  }

  @Test
  void debugOutputMatchesExceptForTime() throws Exception {
    for (String f : List.of("rules_run.yml", "failing.yml")) {
      List<String> args = words("test rules --debug @promtool/" + f);
      assertThat(lines(ours("", args))).isEqualTo(lines(theirs("", args)));
    }
  }

  /** Older versions print it to standard output. */
  private static List<String> lines(ToolRun o) {
    return (o.out() + o.err()).replaceAll("took .*", "took").lines().sorted().toList();
  }

  @Test
  void junitOutputMatchesExceptForTime() throws Exception {
    Path a = dir.resolve("a.xml");
    Path b = dir.resolve("b.xml");
    String files =
        " rules @promtool/failing.yml @promtool/unittest.yml @promtool/bad-rules-syntax-test.yml";
    theirs("", words("test --junit=" + a + files));
    ours("", words("test --junit " + b + files));
    String time = "timestamp=\"[^\"]+\"";
    assertThat(Files.readString(b).replaceAll(time, ""))
        .isEqualTo(Files.readString(a).replaceAll(time, ""));
  }

  @Test
  void comparesEveryFormOfExpectationLikePromtool() throws Exception {
    Path f = dir.resolve("forms.yml");
    Files.writeString(
        f,
        """
        tests:
        - interval: 1m
          input_series:
          - {series: 'a{b="é"}', values: 'NaN 1 -Inf'}
          - {series: 'h', values: '{{count:2 buckets:[1 1]}} {{sum:2 count:3 buckets:[1 2]}}'}
          promql_expr_test:
          - {expr: a, eval_time: 0, exp_samples: [{labels: 'a{b="é"}', value: .nan}]}
          - {expr: a, eval_time: 1m, exp_samples: [{labels: 'a', value: 1}, {labels: b, value: 2}]}
          - {expr: 'a[1m]', eval_time: 1m}
          - {expr: 'foo(', eval_time: 1m}
          - {expr: '"x"', eval_time: 1m}
          - {expr: 'h', eval_time: 1m, exp_samples: [{labels: h, histogram: '1'}]}
          - {expr: 'h', eval_time: 1m, exp_samples: [{labels: h, histogram: '{{count:1}}'}]}
          - {expr: 'rate(h[2m])', eval_time: 1m30s, exp_samples: []}
          - {expr: 'vector(1)', eval_time: 1h5m, exp_samples: [{labels: 'x{', value: 1}]}
        - promql_expr_test:
          - {expr: 'a offset -1m', eval_time: 61s, exp_samples: []}
        - name: no name
          alert_rule_test:
          - {eval_time: 1m}
        """);
    same("", List.of("test", "rules", f.toString()));
  }

  @Test
  void coloursAlertDifferencesLikePromtool() throws Exception {
    Path rules = dir.resolve("rules.yml");
    Files.writeString(
        rules,
        """
        groups:
        - name: g
          rules:
          - alert: A
            expr: x > 0
            labels: {severity: page, who: '{{ $labels.i }}'}
            annotations: {text: '<{{ $value }}> & "so"', other: same}
        """);
    Path f = dir.resolve("diff.yml");
    Files.writeString(
        f,
        """
        rule_files: [rules.yml]
        tests:
        - interval: 1m
          input_series:
          - {series: 'x{i="1"}', values: '1x9'}
          - {series: 'x{i="2"}', values: '2x9'}
          - {series: 'x{i="3"}', values: '3x9'}
          alert_rule_test:
          - eval_time: 3m
            alertname: A
            exp_alerts:
            - exp_labels: {i: '1', severity: page, who: '1'}
              exp_annotations: {text: 'other', gone: 'x'}
            - exp_labels: {i: '2', severity: ticket, who: '2'}
              exp_annotations: {text: '<2> & "so"', other: same}
        """);
    same("", List.of("test", "rules", f.toString()));
    same("", List.of("test", "rules", "--diff", f.toString()));
  }

  /** Wikimedia's tests have series of ten million values, of which fifty are compared. */
  @Test
  void valuesAfterTheEndMayBeAnyNumber() throws Exception {
    Path f =
        Files.writeString(
            dir.resolve("long.yml"),
            """
            tests:
            - interval: 1m
              input_series:
              - {series: x, values: '0x10000000'}
              - {series: y, values: '1+1x10000000'}
              promql_expr_test:
              - {expr: x + y, eval_time: 50m, exp_samples: [{value: 51, labels: '{}'}]}
              - {expr: 'count_over_time(y[1h])', eval_time: 50m, exp_samples: [{value: 50, labels: '{}'}]}
            """);
    same("", List.of("test", "rules", f.toString()));
  }

  @Test
  void startTimestampsMatchNewerVersions() {
    ToolRun o = ours("", words("test rules @promtool/start-time-test.yml"));
    assertThat(o).isEqualTo(new ToolRun(0, "  SUCCESS\n\n", ""));
  }

  /** promtool names the series in another order each time. */
  @ParameterizedTest
  @ValueSource(strings = {"bad-promql.yml", "bad-rules-error-test.yml"})
  void reportsQueryErrors(String file) {
    ToolRun o = ours("", words("test rules @promtool/" + file));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err())
        .contains(
            "err: found duplicate series for the match group {a=\"1\"} on the right hand-side",
            "many-to-many matching not allowed: matching labels must be unique on one side");
  }

  @Test
  void reportsFileErrorsWithPosition() {
    ToolRun o = ours("", words("check rules @promtool/rules_extrafields.yml"));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err()).contains("7:5: unknown key \"namespace\" in groups[0]");
    o = ours("", words("check config @promtool/prometheus-config.bad.yml"));
    assertThat(o.status()).isEqualTo(1);
    assertThat(o.err()).contains("1:1: unknown key \"not-prometheus\"");
    assertThat(ours("", List.of("check", "rules", "nowhere.yml")).err())
        .contains("path 'nowhere.yml' does not exist");
  }
}
