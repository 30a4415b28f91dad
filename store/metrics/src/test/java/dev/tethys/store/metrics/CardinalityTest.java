package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.StorageException;
import dev.tethys.store.metrics.DatabaseStats.Count;
import dev.tethys.store.metrics.internal.index.DistinctCount;
import dev.tethys.store.metrics.internal.index.LabelColumns;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts of series by label agree with counting the labels of all series one by one. */
@Tag("slow")
class CardinalityTest {
  private static final long T0 = 1_699_999_200_000L;
  private static final DatabaseOptions OPTIONS =
      DatabaseOptions.DEFAULTS
          .withBackground(false)
          .withRetention(Duration.ofDays(1000), 0)
          .withBlockDuration(Duration.ofMinutes(10));

  @TempDir Path folder;

  private static Labels labels(int n, int generation) {
    LabelsBuilder b = new LabelsBuilder();
    b.set("__name__", "m" + n % 5);
    b.set("pod", "pod-" + n % 40 + "-" + generation);
    if (n % 3 == 0) {
      b.set("path", "/p/" + n);
    }
    b.set("job", n % 2 == 0 ? "even" : "odd");
    // What one label says, another may say again: dropping either saves nothing.
    b.set("parity", n % 2 == 0 ? "0" : "1");
    return b.build();
  }

  private static void write(MetricsDatabase db, int generations) {
    for (int step = 0; step < generations * 10; step++) {
      try (Appender a = db.appender()) {
        for (int i = 0; i < 200; i++) {
          a.append(a.series(labels(i, step / 10)), 0, T0 + step * 60_000L, i);
        }
        a.commit();
      }
    }
  }

  private static Labels without(Labels l, String name) {
    return new LabelsBuilder(l).remove(name).build();
  }

  private static void check(Cardinality c, List<Labels> all, String listed, String prefix) {
    assertThat(c.series()).isEqualTo(all.size());
    assertThat(c.relativeError()).isZero();
    Map<String, Set<String>> values = new TreeMap<>();
    Map<String, Long> having = new HashMap<>();
    Map<String, Long> pairs = new HashMap<>();
    for (Labels l : all) {
      for (String name : new LabelsBuilder(l).names()) {
        String value = l.get(name);
        values.computeIfAbsent(name, k -> new HashSet<>()).add(value);
        having.merge(name, 1L, Long::sum);
        pairs.merge(name + "=" + value, 1L, Long::sum);
      }
    }
    assertThat(c.labels())
        .extracting(Cardinality.Label::name)
        .containsExactlyInAnyOrderElementsOf(
            values.keySet().stream().filter(n -> !n.equals("__name__")).toList());
    for (Cardinality.Label x : c.labels()) {
      Set<Labels> left = new HashSet<>();
      all.forEach(l -> left.add(without(l, x.name())));
      assertThat(x.values()).as(x.name()).isEqualTo(values.getOrDefault(x.name(), Set.of()).size());
      assertThat(x.series()).as(x.name()).isEqualTo(having.get(x.name()));
      assertThat(x.seriesIfDropped()).as(x.name()).isEqualTo(left.size());
      assertThat(x.memoryBytesSaved())
          .isEqualTo(Math.round((all.size() - left.size()) * c.memoryBytesPerSeries()));
    }
    assertThat(c.labels())
        .isSortedAccordingTo(Comparator.comparing(Cardinality.Label::seriesIfDropped));
    assertThat(c.topPairs()).isEqualTo(top(pairs));
    Map<String, Long> of = new HashMap<>();
    pairs.forEach(
        (p, n) -> {
          if (p.startsWith(listed + "=" + prefix)) {
            of.put(p.substring(listed.length() + 1), n);
          }
        });
    assertThat(c.values()).isEqualTo(of.size());
    assertThat(c.topValues()).isEqualTo(top(of));
  }

  private static List<Count> top(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .map(e -> new Count(e.getKey(), e.getValue()))
        .sorted(Comparator.comparing(Count::value).reversed().thenComparing(Count::name))
        .limit(20)
        .toList();
  }

  @Test
  void readsFromMemoryBlocksAndBoth() {
    List<List<Matcher>> some =
        List.of(
            List.of(Matcher.equal("job", "even"), Matcher.equal("__name__", "m2")),
            List.of(Matcher.equal("path", "/p/3")));
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      try (Appender a = db.appender()) {
        a.append(a.series(Labels.of("__name__", "other", "rare", "x")), 0, T0, 1);
        a.commit();
      }
      write(db, 1);
      check(db.cardinality(CardinalityQuery.everything(20)), everything(db), "__name__", "");
      write(db, 5);
      db.maintain();
      assertThat(db.blockList()).isNotEmpty();
      Cardinality all = db.cardinality(CardinalityQuery.everything(20));
      assertThat(all.parts()).isEqualTo(db.blockList().size() + 1);
      check(all, everything(db), "__name__", "");
      check(
          db.cardinality(
              new CardinalityQuery(Long.MIN_VALUE, Long.MAX_VALUE, some, "pod", "pod-1", 20)),
          db.series(Long.MIN_VALUE, Long.MAX_VALUE, some, 0),
          "pod",
          "pod-1");
      // A time range counts the parts that reach into it: here the first block.
      long end = db.blockList().getFirst().maxTime() - 1;
      Cardinality first =
          db.cardinality(new CardinalityQuery(T0, T0 + 1, List.of(), "pod", "", 20));
      assertThat(first.parts()).isEqualTo(1);
      check(first, db.series(T0, end, List.of(List.of()), 0), "pod", "");
    }
  }

  private static List<Labels> everything(MetricsDatabase db) {
    return db.series(Long.MIN_VALUE, Long.MAX_VALUE, List.of(List.of()), 0);
  }

  @Test
  void nothing() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      Cardinality c = db.cardinality(CardinalityQuery.everything(3));
      assertThat(c.series()).isZero();
      assertThat(c.labels()).isEmpty();
      assertThat(c.topPairs()).isEmpty();
    }
  }

  @Test
  void limitsAreKept() {
    try (MetricsDatabase db = MetricsDatabase.open(folder, OPTIONS)) {
      write(db, 1);
      Cardinality c = db.cardinality(CardinalityQuery.everything(2));
      assertThat(c.labels()).hasSize(2);
      assertThat(c.topPairs()).hasSize(2);
      assertThat(c.topValues()).hasSize(2);
      assertThat(c.labelNames()).isEqualTo(4);
      assertThat(c.values()).isEqualTo(5);
    }
  }

  @Test
  void rejectsTooManySeriesByNumber() {
    LabelColumns many =
        new LabelColumns() {
          @Override
          public int numbers() {
            return 1001;
          }

          @Override
          public org.roaringbitmap.RoaringBitmap series() {
            return org.roaringbitmap.RoaringBitmap.bitmapOfRange(0, 1001);
          }

          @Override
          public List<String> names() {
            return List.of();
          }

          @Override
          public void hashes(String name, long[] into) {}

          @Override
          public void values(String name, String prefix, ValueVisitor to) {}
        };
    List<LabelColumns> parts = new ArrayList<>(List.of(many));
    assertThatThrownBy(() -> new CardinalityScan(parts, CardinalityQuery.everything(1), 1000))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("1001 series")
        .hasMessageContaining("narrow the time range");
  }

  @Test
  void distinctCountsAreExactThenApproximate() {
    Random r = new Random(3);
    DistinctCount d = new DistinctCount(1000);
    Set<Long> seen = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      long x = i == 500 ? 0 : r.nextLong();
      seen.add(x);
      d.add(x);
      d.add(x);
      assertThat(d.count()).isEqualTo(seen.size());
    }
    assertThat(d.exact()).isTrue();
    for (int i = 0; i < 300_000; i++) {
      d.add(i); // as sums of hashes may be: not random at all
    }
    assertThat(d.exact()).isFalse();
    assertThat((double) d.count() / 301_000)
        .isBetween(1 - 4 * DistinctCount.SKETCH_ERROR, 1 + 4 * DistinctCount.SKETCH_ERROR);
    d.clear();
    d.add(7);
    assertThat(d.count()).isEqualTo(1);
    assertThat(d.exact()).isTrue();
  }
}
