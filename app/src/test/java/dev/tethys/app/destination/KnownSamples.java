package dev.tethys.app.destination;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.destination.rows.ClassicHistogram;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Recording;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.opentest4j.TestAbortedException;

/**
 * Samples of which it is known what is to come back: the recorded exporter where there is a
 * recording, made-up counters and gauges, labels and values that formats stumble over, native
 * histograms.
 */
final class KnownSamples {
  /** When they begin, Unix milliseconds. */
  static final long START = 1_700_000_000_000L;

  static final long STEP = 15_000;

  /** Values that formats stumble over. */
  static final String[] HOSTILE = {
    "plain",
    "with space",
    "comma,in",
    "equals=in",
    "quote\"in",
    "single'quote",
    "back\\slash",
    "trailing\\",
    "\\",
    "line\nfeed",
    "carriage\rreturn",
    "tab\tin",
    "%0A",
    "%",
    "100%",
    "%25",
    "äöü",
    "日本語",
    "😀 emoji",
    "a;b",
    "a:b",
    "a/b?c#d",
    "{braces}",
    "[x]",
    "$dollar `tick`",
    "null",
    "NaN",
    "0",
    "true",
    " leading",
    "trailing ",
    "..",
    "_",
    "\u0001control",
    "\u007f",
    "x".repeat(300),
    "'; DROP TABLE metrics; --",
    "<b>&amp;</b>",
    "a\\,b",
    "a\\=b",
    "a\\ b",
    "#hash",
    "_x41",
    "~tilde!"
  };

  private static final double[] VALUES = {
    0.0,
    -0.0,
    1,
    -1,
    0.1,
    1e-300,
    1.7976931348623157e308,
    4.9e-324,
    9007199254740993.0,
    1e21,
    123456789.125,
    3.0e-7,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    Samples.STALE
  };

  private final Map<Labels, TreeMap<Long, Double>> expected = new HashMap<>();
  private final List<Batch> batches = new ArrayList<>();
  private final MemoryMetricStore store = new MemoryMetricStore();
  private int samples;

  /** Whether a destination carries a value at all. */
  interface Carried {
    boolean is(double value);
  }

  private final Carried carried;

  /**
   * @param size about how many samples
   */
  KnownSamples(int size, boolean hostile, boolean histograms, Carried carried) {
    this.carried = carried;
    try (Appender a = store.appender()) {
      if (hostile) {
        hostile(a);
      }
      if (histograms) {
        histograms(a);
      }
      counters(a);
      recorded(a, size - samples);
      a.commit();
    }
  }

  /** What is written, in order. */
  List<Batch> batches() {
    return batches;
  }

  /** How many items are written. */
  int samples() {
    return samples;
  }

  /** By series and time, what is to be found. */
  Map<Labels, TreeMap<Long, Double>> expected() {
    return expected;
  }

  /** The same in a store that is known to be right. */
  MemoryMetricStore store() {
    return store;
  }

  private void hostile(Appender a) {
    int n = 0;
    WriteRequestWriter w = new WriteRequestWriter();
    for (String value : HOSTILE) {
      String[] names = {
        "label", "l.with.dots", "ünï", "time", "value", "with space", "_field", "q\"x"
      };
      Labels l =
          Labels.of(
              Labels.METRIC_NAME,
              n % 3 == 0 ? "hostile_total" : "hostile.metric " + n % 7,
              names[n % names.length],
              value,
              "n",
              Integer.toString(n));
      w.beginSeries(l);
      long t = START;
      for (double v : n == 0 ? VALUES : new double[] {n, VALUES[n % VALUES.length]}) {
        w.sample(t, v);
        expect(a, l, t, v);
        t += STEP;
        samples++;
      }
      w.endSeries();
      n++;
    }
    Labels bare = Labels.of(Labels.METRIC_NAME, "bare");
    w.beginSeries(bare).sample(START, 1).endSeries();
    expect(a, bare, START, 1);
    Labels odd = Labels.of(Labels.METRIC_NAME, "#odd=name,with \"all\"", "a", "b");
    w.beginSeries(odd).sample(START, 2).endSeries();
    expect(a, odd, START, 2);
    samples += 2;
    batch(w);
  }

  private void histograms(Appender a) {
    WriteRequestWriter w = new WriteRequestWriter();
    ClassicHistogram classic = new ClassicHistogram();
    int n = 0;
    for (int s = 0; s < 5; s++) {
      Labels l = Labels.of(Labels.METRIC_NAME, "native_seconds", "s", "h" + s);
      w.beginSeries(l);
      for (int i = 0; i < 10; i++) {
        double c = 1 + i + s;
        Histogram h =
            new Histogram(
                true,
                Histogram.ResetHint.UNKNOWN,
                1,
                0.001,
                1,
                1 + 3 * c,
                7.5 * c,
                new int[] {0, 2, 3, 1},
                new double[] {c, c, c},
                new int[] {},
                new double[] {},
                null);
        long t = START + i * STEP;
        w.histogram(t, h);
        classic.expand(l, h, (labels, v) -> expect(a, labels, t, v));
        n++;
      }
      w.endSeries();
    }
    samples += n;
    batch(w);
  }

  private void counters(Appender a) {
    for (int step = 0; step < 20; step++) {
      WriteRequestWriter w = new WriteRequestWriter();
      int n = 0;
      long t = START + step * STEP;
      for (int i = 0; i < 12; i++) {
        Labels l =
            Labels.of(
                Labels.METRIC_NAME,
                "contract_requests_total",
                "code",
                new String[] {"500", "200", "404"}[i % 3],
                "instance",
                "host-" + i / 3);
        double v = step % 13 * (i + 0.5);
        w.beginSeries(l).sample(t, v).endSeries();
        expect(a, l, t, v);
        Labels g = l.toBuilder().set(Labels.METRIC_NAME, "contract_temperature").build();
        w.beginSeries(g).sample(t, 20 + i - step * 0.25).endSeries();
        expect(a, g, t, 20 + i - step * 0.25);
        n += 2;
      }
      samples += n;
      batch(w);
    }
  }

  private void recorded(Appender a, int size) {
    Recording r;
    try {
      r = new Recording(Shared.recording(), true);
    } catch (TestAbortedException e) {
      made(a, size);
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    int hosts = Math.max(1, size / r.series() / 60);
    int left = size;
    for (int step = 0; left > 0; step++) {
      for (int host = 0; host < hosts && left > 0; host++) {
        WriteRequestWriter w = new WriteRequestWriter();
        long t = START + step * STEP;
        int n = Math.min(left, r.series());
        for (int i = 0; i < n; i++) {
          Labels l = r.labels(host, i);
          double v = r.value(host, step, i);
          w.beginSeries(l).sample(t, v).endSeries();
          expect(a, l, t, v);
        }
        left -= n;
        samples += n;
        batch(w);
      }
    }
  }

  private void made(Appender a, int size) {
    int left = size;
    for (int step = 0; left > 0; step++) {
      WriteRequestWriter w = new WriteRequestWriter();
      int n = Math.min(left, 1000);
      for (int i = 0; i < n; i++) {
        Labels l =
            Labels.of(
                Labels.METRIC_NAME, "made_" + i % 40, "i", Integer.toString(i), "job", "made");
        double v = Math.sin(i + step) * Math.pow(10, i % 12);
        w.beginSeries(l).sample(START + step * STEP, v).endSeries();
        expect(a, l, START + step * STEP, v);
      }
      left -= n;
      samples += n;
      batch(w);
    }
  }

  private void batch(WriteRequestWriter w) {
    byte[] body = w.toByteArray();
    int n = 0;
    var slices = new dev.tethys.codec.remote.RequestSlices().reset(body, 0, body.length);
    while (slices.next()) {
      n += slices.samples();
    }
    batches.add(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, n, 0));
  }

  private void expect(Appender a, Labels l, long t, double v) {
    if (!carried.is(v)) {
      return;
    }
    expected.computeIfAbsent(l, x -> new TreeMap<>()).put(t, v);
    a.append(a.series(l), 0, t, v);
  }
}
