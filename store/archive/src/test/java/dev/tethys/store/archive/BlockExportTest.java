package dev.tethys.store.archive;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.store.archive.prometheus.BlockExport;
import dev.tethys.store.archive.prometheus.PrometheusBlock;
import dev.tethys.store.archive.prometheus.PrometheusFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blocks of Tethys that Prometheus's own programs open. */
@Tag("slow")
class BlockExportTest {
  private static final long T0 = 1_699_999_200_000L;

  @TempDir Path folder;

  private static SampleBuffer floats(Random r, int n) {
    SampleBuffer b = new SampleBuffer();
    long t = T0;
    for (int i = 0; i < n; i++) {
      t += r.nextInt(10) == 0 ? 1 + r.nextInt(60_000) : 15_000;
      double v =
          switch (r.nextInt(40)) {
            case 0 -> Samples.STALE;
            case 1 -> Samples.NORMAL_NAN;
            case 2 -> Double.NEGATIVE_INFINITY;
            default -> r.nextInt(3) == 0 ? r.nextGaussian() : i;
          };
      b.add(0, t, v);
    }
    return b;
  }

  private static SampleBuffer histograms(Random r, int n, boolean custom) {
    SampleBuffer b = new SampleBuffer();
    double[] c = new double[3];
    for (int i = 0; i < n; i++) {
      if (r.nextInt(50) == 0) {
        c = new double[3]; // a reset
      }
      if (r.nextInt(60) == 0) {
        b.add(0, T0 + i * 15_000L, Histogram.stale());
        continue;
      }
      c = c.clone();
      for (int k = 0; k < 3; k++) {
        c[k] += r.nextInt(4);
      }
      int[] spans = i % 150 < 80 ? new int[] {0, 3} : new int[] {0, 2, 2, 1};
      b.add(
          0,
          T0 + i * 15_000L,
          new Histogram(
              true,
              Histogram.ResetHint.UNKNOWN,
              custom ? Histogram.CUSTOM_BUCKETS : 2,
              custom ? 0 : 1e-128,
              custom ? 0 : i,
              c[0] + c[1] + c[2] + (custom ? 0 : i),
              i * 0.5,
              custom ? new int[] {0, 3} : spans,
              c,
              new int[0],
              new double[0],
              custom ? new double[] {1, 2.5} : null));
    }
    return b;
  }

  @Test
  void promtoolListsAnalyzesAndDumpsThem() throws Exception {
    Random r = new Random(4);
    TreeMap<Labels, SampleBuffer> all = new TreeMap<>();
    for (int i = 0; i < 300; i++) {
      all.put(
          Labels.of("__name__", "m" + i % 7, "host", "h" + i, "é", "ü" + i % 3),
          floats(r, 1 + r.nextInt(900)));
    }
    all.put(Labels.of("__name__", "h", "kind", "exponential"), histograms(r, 700, false));
    all.put(Labels.of("__name__", "h", "kind", "custom"), histograms(r, 700, true));
    Ulids names = new Ulids(InstantSource.system());
    Path block;
    try (BlockExport e = new BlockExport(folder, names.next())) {
      all.forEach(e::series);
      block = e.finish();
    }
    Files.createDirectories(folder.resolve("wal"));
    List<String> got = Peer.dump(folder);
    List<String> want = new ArrayList<>();
    all.forEach((l, b) -> Peer.lines(l, b, want));
    Peer.same(got, Peer.asDumped(want));
    assertThat(Peer.promtool("tsdb", "list", folder.toString()))
        .contains(block.getFileName().toString())
        .contains(" " + want.size() + " ");
    assertThat(Peer.promtool("tsdb", "analyze", "--extended", folder.toString()))
        .contains("Total Series: 302")
        .contains("Label names: 4");
    // And ours reads them as they were, layouts of histograms aside.
    List<String> ours = new ArrayList<>();
    try (PrometheusBlock b = new PrometheusBlock(block)) {
      b.forEach((l, s) -> Peer.lines(l, s, ours), Progress.NONE);
      assertThat(b.problems()).isEmpty();
    }
    Peer.same(ours, want);
  }

  @Test
  void realServerReadsThem() throws Exception {
    Path data = folder.resolve("data");
    Files.createDirectories(data);
    SampleBuffer b = new SampleBuffer();
    long now = System.currentTimeMillis();
    for (int i = 0; i < 400; i++) {
      b.add(0, now - 86_400_000 + i * 15_000L, i);
    }
    try (BlockExport e = new BlockExport(data, new Ulids(InstantSource.system()).next())) {
      e.series(Labels.of("__name__", "exported", "host", "a"), b);
      SampleBuffer h = new SampleBuffer();
      SampleBuffer all = histograms(new Random(9), 300, false);
      for (int i = 0; i < all.size; i++) {
        h.add(0, b.timestamps[i], java.util.Objects.requireNonNull(all.histograms)[i]);
      }
      e.series(Labels.of("__name__", "histograms"), h);
      e.finish();
    }
    try (RealPrometheus p = new RealPrometheus(folder, data)) {
      String answer =
          p.get("/api/v1/query?query=sum_over_time(exported%7Bhost%3D%22a%22%7D%5B2d%5D)").body();
      assertThat(answer).contains("\"success\"").contains("\"" + 400 * 399 / 2 + "\"");
      // All but the stale markers.
      Random r = new Random(9);
      SampleBuffer all = histograms(r, 300, false);
      long live = 0;
      for (int i = 0; i < all.size; i++) {
        live += java.util.Objects.requireNonNull(all.histograms)[i].isStale() ? 0 : 1;
      }
      assertThat(p.get("/api/v1/query?query=count_over_time(histograms%5B2d%5D)").body())
          .contains("\"" + live + "\"");
    }
  }

  @Test
  void chunksContinueInTheNextFileAndAbandonedBlockLeavesNothing() throws Exception {
    Random r = new Random(6);
    Path block;
    try (BlockExport e =
        new BlockExport(folder, new Ulids(InstantSource.system()).next(), 20_000)) {
      for (int i = 0; i < 50; i++) {
        e.series(Labels.of("__name__", "m", "i", String.valueOf(100 + i)), floats(r, 500));
      }
      block = e.finish();
    }
    assertThat(block.resolve("chunks/000003")).exists();
    try (PrometheusBlock b = new PrometheusBlock(block)) {
      long[] n = new long[1];
      b.forEach((l, s) -> n[0] += s.size, Progress.NONE);
      assertThat(b.problems()).isEmpty();
      assertThat(n[0]).isEqualTo(25_000);
    }
    try (BlockExport e = new BlockExport(folder, new Ulids(InstantSource.system()).next())) {
      e.series(Labels.of("__name__", "m"), floats(r, 10));
    }
    assertThat(PrometheusFolder.blocks(folder)).containsExactly(block);
    assertThat(folder.toFile().list()).hasSize(1);
  }
}
