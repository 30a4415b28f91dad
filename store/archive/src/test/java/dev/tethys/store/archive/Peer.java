package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.histogram.HistogramText;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The real promtool, and our data in its words. */
public final class Peer {
  private Peer() {}

  /** Runs promtool and returns its output. */
  public static String promtool(String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(Shared.peer("promtool").toString()));
    command.addAll(Arrays.asList(args));
    Path out = Files.createTempFile("promtool", ".out");
    Path err = Files.createTempFile("promtool", ".err");
    try {
      Process p =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      int status = p.waitFor();
      assertThat(status).as("%s: %s", command, Files.readString(err)).isZero();
      return Files.readString(out);
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Blocks of Prometheus made of OpenMetrics text by promtool. */
  public static Path blocks(Path folder, String openMetrics)
      throws IOException, InterruptedException {
    Path in = folder.resolve("in.om");
    Files.writeString(in, openMetrics, StandardCharsets.UTF_8);
    Path out = folder.resolve("prometheus");
    promtool("tsdb", "create-blocks-from", "openmetrics", in.toString(), out.toString());
    Files.createDirectories(out.resolve("wal")); // promtool requires it to dump
    return out;
  }

  /** What promtool dumps of a folder. */
  public static List<String> dump(Path folder) throws IOException, InterruptedException {
    return promtool("tsdb", "dump", folder.toString()).lines().toList();
  }

  /** The same of a database of Tethys. */
  public static List<String> dump(MetricsDatabase db) {
    List<String> out = new ArrayList<>();
    try (Selection s = db.select(SelectHints.range(Long.MIN_VALUE, Long.MAX_VALUE), List.of())) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        lines(s.labels(i), b, out);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return out;
  }

  /** The samples of a series in its words. */
  public static void lines(Labels labels, SampleBuffer b, List<String> to) {
    for (int k = 0; k < b.size; k++) {
      Histogram h = b.histograms == null ? null : b.histograms[k];
      to.add(
          labels
              + " "
              + (h == null ? GoFloat.g(b.values[k]) : HistogramText.plain(h))
              + " "
              + b.timestamps[k]);
    }
  }

  /**
   * What promtool's dump omits, though its server answers it: the first two histograms of a series,
   * of float ones the first.
   */
  public static List<String> asDumped(List<String> lines) {
    List<String> out = new ArrayList<>();
    Map<String, Integer> seen = new HashMap<>();
    for (String l : lines) {
      int value = l.lastIndexOf("} {");
      String series = value < 0 ? "" : l.substring(0, value);
      int left = series.contains("float") ? 1 : 2;
      if (value < 0 || seen.merge(series, 1, Integer::sum) > left) {
        out.add(l);
      }
    }
    return out;
  }

  /** Compares without printing millions of lines. */
  public static void same(List<String> got, List<String> want) {
    for (int i = 0; i < Math.min(got.size(), want.size()); i++) {
      assertThat(got.get(i)).as("line %d", i).isEqualTo(want.get(i));
    }
    assertThat(got.size()).as("lines").isEqualTo(want.size());
  }
}
