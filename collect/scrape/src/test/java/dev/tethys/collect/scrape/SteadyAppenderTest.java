package dev.tethys.collect.scrape;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.SimilarBytes;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.LayoutAppender;
import dev.tethys.model.storage.SeriesLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a sink is given is the same with layouts as without, sample by sample and in its order. */
@Tag("slow")
class SteadyAppenderTest {
  /** A sink that knows no series but the present one, as that of an agent. */
  private static final class Recorder implements LayoutAppender {
    private static long bases;

    private final long base = bases++ << 32;
    private final boolean layouts;
    final List<String> got = new ArrayList<>();
    int whole;
    private int ordinal;
    private @Nullable Labels current;
    private boolean committed;

    Recorder(boolean layouts) {
      this.layouts = layouts;
    }

    @Override
    public long series(Labels labels) {
      current = labels;
      return base + ++ordinal;
    }

    @Override
    public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
      return series(decoder.decode(buf, offset, length));
    }

    @Override
    public @Nullable Labels labels(long series) {
      return isCurrent(series) ? current : null;
    }

    private boolean isCurrent(long series) {
      return ordinal > 0 && series == base + ordinal;
    }

    private Outcome took(long series, String what) {
      if (!isCurrent(series)) {
        return Outcome.UNKNOWN_SERIES;
      }
      got.add(current + " " + what);
      return Outcome.OK;
    }

    @Override
    public Outcome append(long series, long start, long time, double value) {
      return took(series, start + " " + time + " " + Double.doubleToRawLongBits(value));
    }

    @Override
    public Outcome append(long series, long start, long time, Histogram histogram) {
      return took(series, start + " " + time + " " + histogram);
    }

    @Override
    public Outcome append(long series, Exemplar exemplar) {
      return took(series, exemplar.toString());
    }

    @Override
    public void append(SeriesLayout layout, long timestamp, double[] values) {
      assertThat(layouts).isTrue();
      assertThat(got).isEmpty();
      whole++;
      int[] i = {0};
      layout.forEach(
          (b, offset, length) ->
              append(series(b, offset, length, CANONICAL), 0, timestamp, values[i[0]++]));
      assertThat(i[0]).isEqualTo(layout.size()).isEqualTo(values.length);
    }

    @Override
    public void metadata(String metricName, MetricMetadata metadata) {}

    @Override
    public void commit() {
      committed = true;
    }

    @Override
    public void close() {
      assertThat(committed).isTrue();
    }
  }

  /** What a page has at a place: a series, and what is special about it this time. */
  private enum Kind {
    FLOAT,
    REFUSED,
    HISTOGRAM,
    EXEMPLAR,
    OWN_TIME
  }

  private record Line(int series, Kind kind) {}

  private static Labels labels(int i) {
    return Labels.of("__name__", "m" + i % 7, "i", "x".repeat(i % 50) + i);
  }

  private static long hash(int i) {
    byte[] b = labels(i).canonicalBytes();
    return Labels.hash64(b, 0, b.length);
  }

  /** A target with its memory, scraped as {@link SampleIngest} does it. */
  private static final class Target {
    final PackedSeries memory = new PackedSeries(new SimilarBytes.ReferenceGroup(1 << 20));
    final long[] reports = new long[3];
    final boolean layouts;

    Target(boolean layouts) {
      this.layouts = layouts;
    }

    Recorder scrape(List<Line> page, long time, boolean fails) {
      Recorder sink = new Recorder(layouts);
      Appender app = layouts ? memory.steady(sink) : sink;
      memory.begin();
      for (Line l : page) {
        line(app, l, time);
      }
      memory.forEachVanished(app, (ref, histogram) -> app.append(ref, 0, time, Samples.STALE));
      for (int i = 0; i < reports.length; i++) {
        if (app.append(reports[i], 0, time, i) == Appender.Outcome.UNKNOWN_SERIES) {
          reports[i] = app.series(Labels.of("__name__", "report" + i));
          app.append(reports[i], 0, time, i);
        }
      }
      app.commit();
      if (fails) {
        memory.fail();
      } else {
        memory.succeed();
      }
      return sink;
    }

    private void line(Appender app, Line l, long time) {
      long h = hash(l.series);
      int slot = memory.find(h);
      boolean known = slot >= 0;
      if (known && memory.seen(slot) || known && memory.isDropped(slot)) {
        return;
      }
      if (!known && l.series % 5 == 0) {
        memory.add(h, Appender.NO_SERIES, null);
        return;
      }
      long ref = known ? memory.reference(slot, app) : Appender.NO_SERIES;
      if (l.kind == Kind.REFUSED) {
        return;
      }
      if (!known) {
        ref = app.series(labels(l.series));
      }
      Appender.Outcome o = append(app, ref, l, time);
      if (o == Appender.Outcome.UNKNOWN_SERIES) {
        ref = app.series(labels(l.series));
        o = append(app, ref, l, time);
      }
      assertThat(o).isEqualTo(Appender.Outcome.OK);
      if (!known) {
        slot = memory.add(h, ref, labels(l.series));
      }
      memory.track(slot, l.kind == Kind.HISTOGRAM);
      if (l.kind == Kind.EXEMPLAR) {
        assertThat(app.append(ref, new Exemplar(Labels.of("t", "" + l.series), 1, time)))
            .isEqualTo(Appender.Outcome.OK);
      }
    }

    private static Appender.Outcome append(Appender app, long ref, Line l, long time) {
      return l.kind == Kind.HISTOGRAM
          ? app.append(ref, 0, time, Histogram.stale())
          : app.append(ref, 0, l.kind == Kind.OWN_TIME ? time - 1 : time, l.series * 0.5 + time);
    }
  }

  private static void change(List<Line> page, Random random) {
    switch (random.nextInt(6)) {
      case 0 ->
          page.add(random.nextInt(page.size() + 1), new Line(random.nextInt(300), Kind.FLOAT));
      case 1 -> page.removeIf(l -> random.nextInt(10) == 0);
      case 2 -> Collections.swap(page, random.nextInt(page.size()), random.nextInt(page.size()));
      case 3 -> page.add(page.get(random.nextInt(page.size())));
      default -> {
        int i = random.nextInt(page.size());
        Kind k = Kind.values()[random.nextInt(Kind.values().length)];
        page.set(i, new Line(page.get(i).series, k));
      }
    }
    if (page.isEmpty()) {
      page.add(new Line(1, Kind.FLOAT));
    }
  }

  @Property(tries = 500)
  void doesNotDependOnLayouts(@ForAll long seed) {
    Random random = new Random(seed);
    Target plain = new Target(false);
    Target steady = new Target(true);
    List<Line> page = new ArrayList<>();
    for (int i = 1 + random.nextInt(random.nextBoolean() ? 3 : 40); i > 0; i--) {
      page.add(new Line(random.nextInt(300), Kind.FLOAT));
    }
    for (int round = 0; round < 40; round++) {
      if (random.nextInt(4) == 0) {
        change(page, random);
      } else if (random.nextInt(3) == 0) {
        page.replaceAll(l -> new Line(l.series, Kind.FLOAT));
      }
      boolean fails = random.nextInt(15) == 0;
      long time = 1_790_000_000_000L + round * 15_000L;
      assertThat(steady.scrape(page, time, fails).got)
          .as("round %s", round)
          .isEqualTo(plain.scrape(page, time, fails).got);
      assertThat(steady.memory.size()).isEqualTo(plain.memory.size());
    }
  }

  @Test
  void appendsUnchangedPageAsOnePiece() {
    Target t = new Target(true);
    List<Line> page = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      page.add(new Line(i, Kind.FLOAT));
    }
    List<Integer> whole = new ArrayList<>();
    for (int round = 0; round < 5; round++) {
      whole.add(t.scrape(page, 1000 + round, false).whole);
    }
    assertThat(whole).containsExactly(0, 0, 1, 1, 1);
    page.remove(50);
    whole.clear();
    for (int round = 5; round < 10; round++) {
      whole.add(t.scrape(page, 1000 + round, false).whole);
    }
    // The change, then twice as many of the same kind as initially.
    assertThat(whole).containsExactly(0, 0, 0, 1, 1);
  }

  /** Labels are not unpacked for dropped series, so they are when slots change places. */
  @Test
  void reorderedDroppedSeriesKeepLabelsOfOthers() {
    Target t = new Target(true);
    int[][] pages = {{1, 2, 5, 10, 15}, {1, 2, 5, 10, 15}, {1, 2, 15, 10}, {2, 10, 1}};
    for (int i = 0; i < pages.length; i++) {
      Recorder sink =
          t.scrape(
              Arrays.stream(pages[i]).mapToObj(n -> new Line(n, Kind.FLOAT)).toList(),
              1000 + i,
              false);
      assertThat(sink.got.getFirst()).startsWith(labels(i == 3 ? 2 : 1).toString());
      assertThat(sink.got.get(1)).startsWith(labels(i == 3 ? 1 : 2).toString());
    }
  }

  @Test
  void keepsNoLabelsOfNewSeries() {
    Target t = new Target(true);
    List<Line> page = new ArrayList<>();
    long labels = 0;
    for (int i = 0; i < 300; i++) {
      page.add(new Line(i, Kind.FLOAT));
      labels += labels(i).canonicalBytes().length;
    }
    t.scrape(page, 1000, false);
    assertThat(t.memory.bytes()).isLessThan(labels / 2);
  }

  @Test
  void buildsDataOfALayoutOnce() {
    PackedLayout l =
        new PackedLayout(new SimilarBytes.ReferenceGroup(0).pack(new byte[] {0}, 1, null), 0);
    for (int i = 0; i < 20; i++) {
      String made = l.kept("a" + i % 4, () -> new StringBuilder("x").toString());
      assertThat(l.kept("a" + i % 4, () -> "other")).isSameAs(made);
    }
  }
}
