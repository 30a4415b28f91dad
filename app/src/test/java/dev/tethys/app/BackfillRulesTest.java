package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Shared;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code tsdb create-blocks-from rules} beside promtool's, on the same server and rules. */
@Tag("slow")
class BackfillRulesTest {
  private static final long T0 = 1_700_000_000;
  private static final int MINUTES = 300;

  @TempDir Path dir;

  private static ToolRun tool(String... args) {
    return ToolRun.of(List.of(args));
  }

  /** Values that stay, so that it does not matter at which second of a minute rules are asked. */
  private Path data() throws Exception {
    StringBuilder sb = new StringBuilder("# TYPE level gauge\n");
    for (int h = 0; h < 6; h++) {
      for (int i = 0; i <= MINUTES; i++) {
        sb.append("level{host=\"h").append(h).append("\",zone=\"z").append(h % 2);
        sb.append("\"} ").append(h * 0.25).append(' ').append(T0 + i * 60).append('\n');
      }
    }
    Path in = Files.writeString(dir.resolve("in.om"), sb + "# EOF\n");
    ToolRun made = tool("tsdb", "import", "openmetrics", in.toString(), dir + "/data");
    assertThat(made.status()).as(made.err()).isZero();
    return dir.resolve("data");
  }

  private Path rules() throws Exception {
    return Files.writeString(
        dir.resolve("rules.yml"),
        """
        groups:
          - name: sums
            rules:
              - record: zone:level:sum
                expr: sum by (zone) (level)
                labels: {team: a, host: none}
              - alert: Left
                expr: level > 1
          - name: slow
            interval: 5m
            rules:
              - record: level:double
                expr: level{host=~"h[12]"} * 2
        """);
  }

  /** How often each series has each value. */
  private static Map<String, Integer> counts(String dump) {
    Map<String, Integer> out = new TreeMap<>();
    dump.lines().forEach(l -> out.merge(l.substring(0, l.lastIndexOf(' ')), 1, Integer::sum));
    return out;
  }

  @Test
  void recordsTheSameSeriesAsPromtool() throws Exception {
    Path promtool = Shared.peer("promtool");
    data();
    String rules = rules().toString();
    String start = "--start=" + (T0 + 1800);
    String end = "--end=" + (T0 + 14_400);
    try (TethysProcess server =
        TethysProcess.server(dir, "global: {}", "--storage.tsdb.retention.time=100y")) {
      String url = "--url=http://127.0.0.1:" + server.port;
      ToolRun ours =
          tool(
              "tsdb",
              "create-blocks-from",
              "rules",
              url,
              start,
              end,
              "--output-dir=" + dir.resolve("ours"),
              rules);
      assertThat(ours.status()).as(ours.err()).isZero();
      assertThat(ours.out()).startsWith("BLOCK ULID ");
      Path log = dir.resolve("promtool.log");
      int status =
          new ProcessBuilder(
                  promtool.toString(),
                  "tsdb",
                  "create-blocks-from",
                  "rules",
                  url,
                  start,
                  end,
                  "--output-dir=" + dir.resolve("theirs"),
                  rules)
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start()
              .waitFor();
      assertThat(status).as(Files.readString(log)).isZero();
      // Its folder of blocks alone is no data folder yet.
      Files.createDirectories(dir.resolve("theirs/wal"));
      Map<String, Integer> recorded =
          counts(tool("tsdb", "dump", dir.resolve("ours").toString()).out());
      Map<String, Integer> theirs =
          counts(tool("tsdb", "dump", dir.resolve("theirs").toString()).out());
      assertThat(recorded).hasSize(4);
      // Against its own help promtool 3.5 records alerts as if they were series.
      theirs.keySet().removeIf(k -> k.contains("\"Left\""));
      assertThat(recorded.keySet()).isEqualTo(theirs.keySet());
      // Groups are spread over their interval by another hash, one more or less at the ends, and
      // promtool begins anew in each block of two hours, of which there are three here.
      recorded.forEach(
          (s, n) -> {
            int other = java.util.Objects.requireNonNull(theirs.get(s));
            assertThat(n).as(s).isBetween(other - 1, other + 3);
          });

      ToolRun again =
          tool(
              "tsdb",
              "create-blocks-from",
              "rules",
              url,
              start,
              end,
              "--output-dir=" + dir.resolve("ours"),
              rules);
      assertThat(again.status()).isZero();
      assertThat(counts(tool("tsdb", "dump", dir.resolve("ours").toString()).out()))
          .isEqualTo(recorded);
    }
  }

  @Test
  void reportsInvalidInput() throws Exception {
    String rules = rules().toString();
    String[] command = {"tsdb", "create-blocks-from", "rules"};
    assertThat(tool(with(command, rules)).err())
        .contains("required flag(s) '--start' not provided");
    assertThat(tool(with(command, "--start=20", "--end=10", rules)))
        .isEqualTo(new ToolRun(1, "", "start time is not before end time\n"));
    Path bad =
        Files.writeString(dir.resolve("bad.yml"), "groups: [{name: a, rules: [{record: b}]}]");
    assertThat(tool(with(command, "--start=10", "--end=20", bad.toString())).err())
        .contains("bad.yml")
        .contains("expr");
    ToolRun nobody =
        tool(
            with(
                command,
                "--start=10",
                "--url=http://127.0.0.1:1",
                "--output-dir=" + dir + "/x",
                rules));
    assertThat(nobody.status()).isEqualTo(1);
    assertThat(nobody.err()).contains("group sums, rule zone:level:sum").contains("refused");
  }

  private static String[] with(String[] command, String... more) {
    String[] out = java.util.Arrays.copyOf(command, command.length + more.length);
    System.arraycopy(more, 0, out, command.length, more.length);
    return out;
  }
}
