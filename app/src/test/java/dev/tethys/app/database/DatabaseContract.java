package dev.tethys.app.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.prometheus.ForeignStores;
import dev.tethys.store.remote.FederatedSource;
import dev.tethys.store.remote.StoreConfig;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.ShownHistogram;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Requirements for a database that is a destination and a store and keeps all bits: samples written
 * by its exporter are read back as from our own store, for all labels and values, by every matcher,
 * and despite errors of the database. What every destination has to hold to is in {@code
 * destination}'s contracts.
 */
abstract class DatabaseContract {
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  final List<AutoCloseable> open = new ArrayList<>();

  /** The type of the exporter. */
  abstract String exporter();

  /** Its settings, as YAML. */
  abstract String settings();

  /** The entry of {@code stores}, as a block of YAML, without read_recent. */
  abstract String store();

  /**
   * Makes the next requests fail in every way that is known: refused, broken off before and after
   * they were done, killed.
   *
   * @param round from 0 on, until it says that there is nothing more
   * @return whether there was something to do
   */
  abstract boolean disturb(int round) throws Exception;

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
    clients.close();
  }

  /**
   * Lines of a block of configuration as the documentation of the database shows it: what stands
   * below its first line that is equal to this, less indented.
   *
   * @param head such as {@code " clickhouse:"}
   */
  final String documented(String head) {
    Path page = Shared.root().resolve("docs/pipelines/exporters/" + exporter() + ".md");
    List<String> out = new ArrayList<>();
    boolean within = false;
    try {
      for (String line : Files.readAllLines(page)) {
        if (within && (line.startsWith("```") || !line.startsWith("    "))) {
          return String.join("\n", out);
        }
        if (within) {
          out.add(line.substring(4));
        }
        within |= line.equals(head);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError(page + " has no block " + head);
  }

  final Tried tried() {
    Tried t = new Tried(exporter(), settings());
    open.add(t);
    return t;
  }

  final MetricSource reading() throws Exception {
    String entry = "- read_recent: true\n" + store().indent(2);
    FederatedSource f =
        new FederatedSource(
            new MemoryMetricStore(), () -> Long.MAX_VALUE, 50_000_000, new Registry());
    f.apply(
        List.of(),
        StoreConfig.readAll(
            StoreConfig.LIST.read(YamlDocument.parse("test.yml", null, entry).root()),
            ForeignStores.TYPES),
        Labels.EMPTY,
        clients);
    return f.within(Scope.DEFAULT);
  }

  /** All samples bit for bit, a line a series. */
  static Map<Labels, List<String>> dump(
      MetricSource source, long from, long to, Matcher... matchers) {
    Map<Labels, List<String>> out = new TreeMap<>();
    try (Selection s = source.select(SelectHints.range(from, to), List.of(matchers))) {
      assertThat(s.warnings()).isEmpty();
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        List<String> samples = new ArrayList<>();
        for (int k = 0; k < b.size; k++) {
          Histogram h = b.histograms == null ? null : b.histograms[k];
          samples.add(
              b.timestamps[k]
                  + " "
                  + (h == null
                      ? Long.toHexString(Double.doubleToRawLongBits(b.values[k]))
                      : ShownHistogram.of(h)));
        }
        if (!samples.isEmpty()) {
          out.put(s.labels(i), samples);
        }
      }
    }
    return out;
  }

  /** Equal bit for bit, told by the first series that is not. */
  private static void same(MetricSource actual, MetricSource expected, Matcher... matchers) {
    for (long to : new long[] {Long.MAX_VALUE, SampleData.T0 + 60_000}) {
      Map<Labels, List<String>> want = dump(expected, SampleData.T0, to, matchers);
      Map<Labels, List<String>> got = dump(actual, SampleData.T0, to, matchers);
      assertThat(got.keySet()).as(List.of(matchers).toString()).isEqualTo(want.keySet());
      want.forEach((l, samples) -> assertThat(got.get(l)).as(l.toString()).isEqualTo(samples));
    }
  }

  static Matcher matcher(String op, String name, String value) {
    for (Matcher.Type t : Matcher.Type.values()) {
      if (t.operator().equals(op)) {
        return Matcher.of(t, name, value);
      }
    }
    throw new IllegalArgumentException(op);
  }

  private static final Matcher ALL = matcher("!=", "__name__", "");

  @Test
  void returnsHostileSeriesUnchanged() throws Exception {
    MemoryMetricStore oracle = SampleData.oracle();
    Batch batch = SampleData.hostile(oracle);
    Tried t = tried();
    Exporter e = t.exporter(Signal.METRICS);
    t.send(e, batch);
    assertThat(t.reasons).isEmpty();
    assertThat(t.delivered).isEqualTo(batch.items());
    MetricSource db = reading();
    same(db, oracle, ALL);
    t.send(e, batch); // once more, as after a doubt
    same(db, oracle, ALL);
    List<Matcher> some = new ArrayList<>();
    for (String v : SampleData.HOSTILE) {
      some.add(matcher("=", "v", v));
      some.add(matcher("!=", "v", v));
      some.add(matcher("=~", "v", java.util.regex.Pattern.quote(v) + "|a.b"));
      some.add(matcher("!~", "v", java.util.regex.Pattern.quote(v)));
    }
    some.add(matcher("=", "v", ""));
    some.add(matcher("=~", "v", ".*"));
    some.add(matcher("=~", "v", ".+"));
    some.add(matcher("=~", "v", "(?i)GRÖSSE.*|größe.*"));
    some.add(matcher("=~", "v", "line.end.*"));
    some.add(matcher("=", "größe", "x"));
    some.add(matcher("=", "label with \"quotes\"", "x"));
    some.add(matcher("=", "Job", "upper"));
    some.add(matcher("=", "__name__", "H_NAME"));
    some.add(matcher("=~", "__name__", "h_(name|native)"));
    some.add(matcher("!~", "__name__", "h_.*"));
    for (Matcher m : some) {
      Matcher job = matcher("=", "job", "hostile");
      same(db, oracle, job, m);
    }
    List<Matcher> hostile = List.of(matcher("=", "job", "hostile"));
    assertThat(db.exemplars(0, Long.MAX_VALUE, List.of(hostile, hostile)))
        .isEqualTo(SampleData.exemplars());
    assertThat(db.exemplars(0, SampleData.T0, List.of(hostile))).isEmpty();
    assertThat(db.labelNames(0, Long.MAX_VALUE, hostile, 0).values())
        .isEqualTo(oracle.labelNames(0, Long.MAX_VALUE, hostile, 0).values());
    assertThat(db.labelValues("v", 0, Long.MAX_VALUE, hostile, 0).values())
        .isEqualTo(oracle.labelValues("v", 0, Long.MAX_VALUE, hostile, 0).values());
    assertThat(db.labelValues("__name__", 0, Long.MAX_VALUE, List.of(), 0).values())
        .isEqualTo(oracle.labelValues("__name__", 0, Long.MAX_VALUE, List.of(), 0).values());
    assertThat(db.series(0, Long.MAX_VALUE, List.of(hostile), 0))
        .isEqualTo(oracle.series(0, Long.MAX_VALUE, List.of(hostile), 0));
  }

  @Test
  void returnsLabelsOfTheRange() throws Exception {
    Histogram h =
        new Histogram(
            true,
            Histogram.ResetHint.UNKNOWN,
            0,
            0.5,
            1,
            4,
            9,
            new int[] {0, 2},
            new double[] {1, 2},
            new int[0],
            new double[0],
            null);
    WriteRequestWriter w = new WriteRequestWriter();
    w.beginSeries(Labels.of("__name__", "old", "a", "1")).sample(SampleData.T0, 1).endSeries();
    w.beginSeries(Labels.of("__name__", "new", "b", "2"))
        .sample(SampleData.T0 + 60_000, 1)
        .endSeries();
    w.beginSeries(Labels.of("__name__", "shape", "c", "3"))
        .histogram(SampleData.T0 + 60_000, h)
        .endSeries();
    Tried t = tried();
    t.send(
        t.exporter(Signal.METRICS),
        new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), 3, 0));
    MetricSource db = reading();
    long from = SampleData.T0 + 1;
    long to = SampleData.T0 + 60_000;
    assertThat(db.labelNames(from, to, List.of(), 0).values())
        .containsExactly("__name__", "b", "c");
    assertThat(db.labelValues("__name__", from, to, List.of(), 0).values())
        .containsExactly("new", "shape");
    assertThat(db.labelValues("a", from, to, List.of(), 0).values()).isEmpty();
    assertThat(db.labelValues("a", SampleData.T0, SampleData.T0, List.of(), 0).values())
        .containsExactly("1");
    assertThat(db.series(from, to, List.of(List.of(matcher("=~", "__name__", ".+"))), 0))
        .extracting(Labels::metricName)
        .containsExactly("new", "shape");
    assertThat(db.labelValues("__name__", 0, Long.MAX_VALUE, List.of(), 0).values())
        .containsExactly("new", "old", "shape");
    assertThat(db.labelNames(0, SampleData.T0 - 1, List.of(), 0).values()).isEmpty();
    assertThat(db.labelValues("b", 0, to, List.of(matcher("=", "__name__", "new")), 1).values())
        .containsExactly("2");
    assertThat(db.labelValues("b", 0, to - 1, List.of(matcher("=", "__name__", "new")), 1).values())
        .isEmpty();
  }

  @Test
  void losesNothingUnderAnyFailure() throws Exception {
    MemoryMetricStore oracle = SampleData.oracle();
    Tried t = tried();
    Exporter e = t.exporter(Signal.METRICS);
    List<Batch> batches = SampleData.recorded(oracle, 12, 1);
    int items = 0;
    boolean more = true;
    for (int i = 0; i < batches.size(); i++) {
      more = more && disturb(i);
      t.send(e, batches.get(i));
      items += batches.get(i).items();
    }
    assertThat(more).as("faults that were not tried").isFalse();
    assertThat(t.again).isPositive();
    assertThat(t.delivered + t.dead + t.dropped).isEqualTo(items);
    assertThat(t.dead).isZero();
    same(reading(), oracle, ALL);
  }

  @Test
  void checkWritesAndReadsBack() throws Exception {
    try (ExporterProbe p = tried().probe(Signal.METRICS)) {
      assertThat(p.connect()).isNotEmpty();
      List<String> before = p.plan();
      assertThat(p.write(SampleData.T0 / 1000, 42.5)).contains("read it back");
      assertThat(p.plan().size()).isLessThanOrEqualTo(before.size());
    }
  }
}
