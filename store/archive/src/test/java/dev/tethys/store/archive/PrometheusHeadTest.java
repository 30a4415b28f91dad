package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.store.archive.ImportReport.Outcome;
import dev.tethys.store.archive.folder.DataFolder;
import dev.tethys.store.archive.prometheus.PrometheusImport;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real Prometheus had in memory, from its log and its head chunks. */
@Tag("slow")
class PrometheusHeadTest {
  private static final long STEP = 15_000;

  @TempDir Path folder;

  /** Floats, histograms of all kinds, stale markers; two and a half hours up to now. */
  private static void feed(RealPrometheus p, long now, int steps) throws IOException {
    WriteRequestWriter w = new WriteRequestWriter();
    Random r = new Random(3);
    long n = 0;
    for (int from = 0; from < steps; from += 60) {
      for (int i = from; i < Math.min(steps, from + 60); i++) {
        long t = now - (steps - i) * STEP;
        n += r.nextInt(5);
        w.clear();
        for (int h = 0; h < 8; h++) {
          w.beginSeries(Labels.of("__name__", "up", "host", "h" + h));
          w.sample(t + h, i % 97 == 50 ? Samples.STALE : h == 7 ? r.nextGaussian() : n + h);
          w.endSeries();
        }
        Exemplar e = new Exemplar(Labels.of("trace", "t" + i), 1, t);
        w.beginSeries(Labels.of("__name__", "with_exemplars")).sample(t, i).exemplar(e).endSeries();
        w.beginSeries(Labels.of("__name__", "latency", "kind", "exponential"));
        w.histogram(t, i % 97 == 60 ? Histogram.stale() : exponential(i, true)).endSeries();
        w.beginSeries(Labels.of("__name__", "latency", "kind", "float"));
        w.histogram(t, exponential(i, false)).endSeries();
        w.beginSeries(Labels.of("__name__", "latency", "kind", "custom"));
        w.histogram(t, custom(i)).endSeries();
        p.write(w);
      }
    }
  }

  private static Histogram exponential(int i, boolean integer) {
    double x = integer ? 1 : 0.5;
    // Another layout occasionally, and a reset.
    int c = i % 200;
    int buckets = c < 100 ? 3 : 5;
    double[] positive = new double[buckets];
    for (int k = 0; k < buckets; k++) {
      positive[k] = (c + k) * x;
    }
    double[] negative = {c * x, 2 * c * x};
    double zero = c * x;
    double count = zero + java.util.Arrays.stream(positive).sum() + 3 * c * x;
    return new Histogram(
        integer,
        Histogram.ResetHint.UNKNOWN,
        3,
        1e-128,
        zero,
        count,
        c * 1.25,
        buckets == 3 ? new int[] {-2, 2, 3, 1} : new int[] {-2, 2, 3, 1, 1, 2},
        positive,
        new int[] {0, 2},
        negative,
        null);
  }

  private static Histogram custom(int i) {
    return new Histogram(
        true,
        Histogram.ResetHint.UNKNOWN,
        Histogram.CUSTOM_BUCKETS,
        0,
        0,
        4.0 * i,
        i * 0.75,
        new int[] {0, 2, 1, 1},
        new double[] {i, 2.0 * i, i},
        new int[0],
        new double[0],
        new double[] {0.1, 0.25, 1, 1e9 / 7});
  }

  private static void late(RealPrometheus p, long now) throws IOException {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int i = 0; i < 100; i++) {
      w.clear();
      long t = now - 9 * 3_600_000L + i * 1000L;
      w.beginSeries(Labels.of("__name__", "up", "host", "h1")).sample(t, -i).endSeries();
      w.beginSeries(Labels.of("__name__", "up", "host", "h2"));
      w.sample(now - 600_000 + i, -i).endSeries();
      p.write(w);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy", "zstd"})
  void theLogOfARealServerIsFoundAgainSampleBySample(String compression) throws Exception {
    Path source = folder.resolve("prometheus");
    long now = System.currentTimeMillis();
    try (RealPrometheus p =
        new RealPrometheus(
            folder,
            source,
            "--storage.tsdb.wal-compression-type=" + compression,
            "--enable-feature=exemplar-storage")) {
      feed(p, now, 400);
      late(p, now);
      assertThat(
              p.post(
                      "/api/v1/admin/tsdb/delete_series?match%5B%5D=up%7Bhost%3D%22h3%22%7D&end="
                          + now / 1000)
                  .statusCode())
          .isEqualTo(204);
      // promtool's dump forgets the first histograms of a series; the server does not.
      assertThat(p.get("/api/v1/query?query=count_over_time(latency%5B3h%5D)").body())
          .contains("\"396\"") // one in a hundred is a stale marker
          .contains("\"400\"");
    }
    assertThat(source.resolve("chunks_head/000001")).exists();
    List<String> want = sorted(Peer.dump(source));
    assertThat(want).hasSizeGreaterThan(400 * 11);

    Path data = folder.resolve("data");
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
      ImportReport report = new PrometheusImport(db, Progress.NONE).run(source);
      assertThat(report.problems()).isEmpty();
      assertThat(report.parts())
          .extracting(ImportReport.Part::outcome)
          .containsOnly(Outcome.IMPORTED);
      Peer.same(sorted(Peer.asDumped(Peer.dump(db))), want);
      assertThat(report.notes()).contains("400 exemplars of the write-ahead log were taken");
    }
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
      db.maintain();
      List<Matcher> with = List.of(Matcher.equal("__name__", "with_exemplars"));
      List<Exemplar> kept =
          db.exemplars(Long.MIN_VALUE, Long.MAX_VALUE, List.of(with)).getFirst().exemplars();
      assertThat(kept).hasSize(400);
      assertThat(kept.get(399).labels()).isEqualTo(Labels.of("trace", "t399"));
      Peer.same(sorted(Peer.asDumped(Peer.dump(db))), want);
    }
  }

  /** promtool does not sort series that are in the head alone. */
  private static List<String> sorted(List<String> lines) {
    List<String> out = new ArrayList<>(lines);
    out.sort(null);
    return out;
  }

  @Test
  void readsTornLogBeforeAndAfterTheGap() throws Exception {
    Path source = folder.resolve("prometheus");
    long now = System.currentTimeMillis();
    try (RealPrometheus p = new RealPrometheus(folder, source)) {
      feed(p, now, 300);
    }
    // Not what promtool dumps: it omits the first histograms of a series.
    long all;
    try (MetricsDatabase db = MetricsDatabase.open(folder.resolve("whole"), DataFolder.OFFLINE)) {
      all = new PrometheusImport(db, Progress.NONE).run(source).samples();
    }
    Path segment;
    try (Stream<Path> s = Files.list(source.resolve("wal"))) {
      segment =
          s.filter(p -> p.getFileName().toString().matches("\\d+"))
              .sorted()
              .findFirst()
              .orElseThrow();
    }
    byte[] b = Files.readAllBytes(segment);
    assertThat(b.length).isGreaterThan(3 * 32768);
    b[40_000] ^= 4; // on the second page
    int used = b.length;
    while (b[used - 1] == 0) {
      used--; // the last page is filled up
    }
    Files.write(segment, java.util.Arrays.copyOf(b, used - 11));
    Path data = folder.resolve("data");
    try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
      ImportReport report = new PrometheusImport(db, Progress.NONE).run(source);
      assertThat(report.problems())
          .anyMatch(p -> p.matches(".*wal/0000000\\d at offset \\d+: checksum of a fragment .*"))
          .anyMatch(p -> p.contains("the file ends within a fragment"));
      assertThat(report.samples()).isLessThan(all).isGreaterThan(all * 2 / 3);
      assertThat(Peer.dump(db)).hasSize((int) report.samples());
    }
  }

  @Test
  void readerSurvivesAnyLogDamage() throws Exception {
    Shared.peer("prometheus");
    Path source = folder.resolve("prometheus");
    try (RealPrometheus p = new RealPrometheus(folder, source)) {
      feed(p, System.currentTimeMillis(), 130);
    }
    List<Path> files;
    try (Stream<Path> s = Files.walk(source)) {
      files =
          s.filter(p -> p.toString().matches(".*/(wal|chunks_head)/\\d+"))
              .filter(p -> p.toFile().length() > 0)
              .toList();
    }
    Random r = new Random(17);
    for (int round = 0; round < 40; round++) {
      Path victim = files.get(round % files.size());
      byte[] whole = Files.readAllBytes(victim);
      byte[] b = whole.clone();
      int used = Math.min(b.length, 60_000);
      for (int k = 1 + r.nextInt(8); k > 0; k--) {
        b[r.nextInt(used)] = (byte) r.nextInt();
      }
      Files.write(victim, b);
      Path data = folder.resolve("data" + round);
      try (MetricsDatabase db = MetricsDatabase.open(data, DataFolder.OFFLINE)) {
        ImportReport report = new PrometheusImport(db, Progress.NONE).run(source);
        assertThat(report.problems()).allMatch(p -> p.contains(source.toString()));
      }
      Files.write(victim, whole);
    }
  }
}
