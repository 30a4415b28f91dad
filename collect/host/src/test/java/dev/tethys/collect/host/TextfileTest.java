package dev.tethys.collect.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.testkit.Exposition;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The textfile collector reads what node_exporter reads and refuses what it refuses. */
final class TextfileTest {
  @TempDir(factory = InMemory.class)
  Path dir;

  private static Exposition collect(Path... folders) {
    List<NodeExporterOptions.Setting> s = new ArrayList<>();
    s.add(new NodeExporterOptions.Setting("collector.disable-defaults", null));
    s.add(new NodeExporterOptions.Setting("collector.textfile", null));
    s.add(new NodeExporterOptions.Setting("collector.loadavg", null));
    for (Path f : folders) {
      s.add(new NodeExporterOptions.Setting("collector.textfile.directory", f.toString()));
    }
    return Exposition.of(new HostCollectors(NodeExporterOptions.parse(s), InstantSource.system()));
  }

  @ParameterizedTest
  @CsvSource({
    "no_metric_files, no_metric_files",
    "two_metric_files, two_metric_files",
    "nonexistent_path, nonexistent_path",
    "client_side_timestamp, client_side_timestamp",
    "different_metric_types, different_metric_types",
    "inconsistent_metrics, inconsistent_metrics",
    "histogram, histogram",
    "histogram_extra_dimension, histogram_extra_dimension",
    "summary, summary",
    "summary_extra_dimension, summary_extra_dimension",
    "*_extra_dimension, glob_extra_dimension",
    "metrics_merge_empty_help, metrics_merge_empty_help",
    "metrics_merge_no_help, metrics_merge_no_help",
    "metrics_merge_same_help, metrics_merge_same_help",
    "metrics_merge_different_help, metrics_merge_different_help"
  })
  void readsLikeNodeExporter(String folder, String out) throws IOException {
    Path from = Shared.conformance("node_exporter/fixtures/textfile");
    try (Stream<Path> s = Files.walk(from)) {
      for (Path p : (Iterable<Path>) s::iterator) {
        Path to = dir.resolve("fixtures/textfile").resolve(from.relativize(p).toString());
        if (Files.isDirectory(p)) {
          Files.createDirectories(to);
        } else {
          Files.copy(p, to);
          to.toFile().setWritable(true);
          Files.setLastModifiedTime(to, FileTime.fromMillis(1999));
        }
      }
    }
    Exposition ours = collect(dir.resolve("fixtures/textfile").resolve(folder));
    ours.families.keySet().removeIf(n -> n.startsWith("node_scrape") || n.startsWith("node_load"));
    Exposition expected =
        Exposition.parse(
            Files.readString(from.resolve(out + ".out"))
                .replace("fixtures/textfile", dir + "/fixtures/textfile"));
    assertThat(ours.families).isEqualTo(expected.families);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a 1", // no line feed
        "a\n",
        "a x\n",
        "1a 1\n",
        "a{b} 1\n",
        "a{b=\"c} 1\n",
        "a{b=\"c\",b=\"d\"} 1\n",
        "a{b=\"\\x\"} 1\n",
        "a{b=\"c\" d=\"e\"} 1\n",
        "a{__name__=\"b\"} 1\n",
        "{\"a\"} 1\n",
        "a 1 2\n",
        "a 1 2 3\n",
        "# TYPE a foo\na 1\n",
        "# TYPE a gauge\n# TYPE a gauge\n",
        "# HELP a b\n# HELP a b\n",
        "a 1\n# TYPE a gauge\n",
        "# TYPE h histogram\nh_bucket 1\n",
        "# TYPE s summary\ns{quantile=\"x\"} 1\n",
        "\u0000\u0001\n"
      })
  void refusesAFileAsAWhole(String text) throws IOException {
    Files.writeString(dir.resolve("x.prom"), "ok 1\n" + text);
    Exposition e = collect(dir);
    assertThat(e.families.keySet()).doesNotContain("ok", "a");
    assertThat(e.samples("node_textfile_scrape_error")).containsEntry("", 1.0);
    assertThat(e.families.get("node_load1")).isNotNull();
  }

  @Test
  void keepsFirstOfTwoConflictingValues() throws IOException {
    Files.writeString(dir.resolve("a.prom"), "dup{x=\"1\"} 1\n# TYPE t gauge\nt 1\n");
    Files.writeString(
        dir.resolve("b.prom"), "dup{x=\"1\"} 2\ndup{x=\"2\"} 3\n# TYPE t counter\nt 2\n");
    Files.writeString(dir.resolve("c.prom"), "# TYPE node_load1 gauge\nnode_load1 -7\n");
    Exposition e = collect(dir);
    assertThat(e.samples("dup")).containsEntry("x=\"1\"", 1.0).containsEntry("x=\"2\"", 3.0);
    assertThat(e.samples("t")).containsEntry("", 1.0);
    assertThat(e.samples("node_load1").get("")).isNotEqualTo(-7);
    assertThat(e.samples("node_textfile_scrape_error")).containsEntry("", 1.0);
  }
}
