package dev.tethys.app.delivery;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.rows.ClassicHistogram;
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

  /** A single sample, for callers that asks only whether anything is let in. */
  static Batch one() {
    byte[] body =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up"))
            .sample(START, 1)
            .endSeries()
            .toByteArray();
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0);
  }

  /** Bytes of the longest value. */
  private static final int LONG = 10_240;

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

  /** Values that databases stumble over too. */
  static final String[] MORE_HOSTILE = {
    "nul\0here",
    "\ue000private",
    "\u2028",
    "a=\"b\",c={d};e",
    "select",
    "null;--",
    "`; rm -rf *",
    "x".repeat(LONG)
  };

  /** Names of labels: words of query languages, columns, fields and tags, and what is no word. */
  static final String[] NAMES = {
    "label",
    "l.with.dots",
    "ünï",
    "time",
    "value",
    "with space",
    "_field",
    "q\"x",
    "select",
    "table",
    "order",
    "group",
    "ts",
    "labels",
    "series",
    "metric",
    "index",
    "timestamp",
    "_id",
    "type",
    "a=b",
    "c,d",
    "{}",
    "semi;colon",
    "null",
    "line\nfeed",
    "back\\slash",
    "%41"
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
  private final Map<Labels, TreeMap<Long, Histogram>> whole = new HashMap<>();
  private final List<Batch> batches = new ArrayList<>();
  private final MemoryMetricStore store = new MemoryMetricStore();
  private final Peer peer;
  private int samples;
  private int refused;

  /**
   * What a destination is given, and what of it is to come back.
   *
   * @param size about how many samples; 0 for few, of which the first three come alone
   * @param hostile with labels and values that formats stumble over
   * @param histograms with native ones
   */
  KnownSamples(int size, boolean hostile, boolean histograms, Peer peer) {
    this.peer = peer;
    try (Appender a = store.appender()) {
      if (hostile) {
        hostile(a);
      }
      if (histograms && peer.histograms() != Peer.Histograms.ELSEWHERE) {
        histograms(a);
      }
      if (size == 0) {
        singles(a);
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

  /** How many of these have no place in the destination, and are counted as such. */
  int refused() {
    return refused;
  }

  /** Native histograms that are to be found whole. */
  Map<Labels, TreeMap<Long, Histogram>> histograms() {
    return whole;
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
    List<String> values = new ArrayList<>(List.of(HOSTILE));
    values.addAll(List.of(MORE_HOSTILE));
    for (String value : values) {
      Labels l =
          Labels.of(
              Labels.METRIC_NAME,
              n % 3 == 0 ? "hostile_total" : "hostile.metric " + n % 7,
              NAMES[n % NAMES.length],
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
    batches.add(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, withEmptyLabel(), 1, 0));
    expect(a, Labels.of(Labels.METRIC_NAME, "empty", "z", "1"), START, 3);
    samples++;
  }

  /** A series {@code empty{a="",z="1"}} of one sample, which our own writers never make. */
  private static byte[] withEmptyLabel() {
    byte[] name = message(1, message(1, text("__name__")), message(2, text("empty")));
    byte[] empty = message(1, message(1, text("a")), message(2, text("")));
    byte[] other = message(1, message(1, text("z")), message(2, text("1")));
    java.nio.ByteBuffer sample =
        java.nio.ByteBuffer.allocate(16).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    sample.put((byte) 0x09).putDouble(3).put((byte) 0x10);
    for (long t = START; t != 0; t >>>= 7) {
      sample.put((byte) (t & 0x7f | (t >>> 7 == 0 ? 0 : 0x80)));
    }
    return message(
        1,
        name,
        empty,
        other,
        message(2, java.util.Arrays.copyOf(sample.array(), sample.position())));
  }

  private static byte[] text(String s) {
    return s.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  /** A field of protobuf with bytes of less than 128. */
  private static byte[] message(int field, byte[]... parts) {
    java.io.ByteArrayOutputStream all = new java.io.ByteArrayOutputStream();
    for (byte[] p : parts) {
      all.writeBytes(p);
    }
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    out.write(field << 3 | 2);
    out.write(all.size());
    out.writeBytes(all.toByteArray());
    return out.toByteArray();
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
        switch (peer.histograms()) {
          case CLASSIC -> classic.expand(l, h, (labels, v) -> keep(a, labels, t, v));
          case WHOLE -> {
            whole.computeIfAbsent(l, x -> new TreeMap<>()).put(t, h);
            a.append(a.series(l), 0, t, h);
          }
          case DROPPED -> refused++;
          case ELSEWHERE -> throw new IllegalStateException();
        }
        n++;
      }
      w.endSeries();
    }
    samples += n;
    batch(w);
  }

  private void singles(Appender a) {
    Labels l = Labels.of(Labels.METRIC_NAME, "single", "job", "alone");
    for (int i = 0; i < 3; i++) {
      WriteRequestWriter w = new WriteRequestWriter();
      w.beginSeries(l).sample(START + i * STEP, i).endSeries();
      expect(a, l, START + i * STEP, i);
      samples++;
      batch(w);
    }
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
    int remaining = size;
    for (int step = 0; remaining > 0; step++) {
      for (int host = 0; host < hosts && remaining > 0; host++) {
        WriteRequestWriter w = new WriteRequestWriter();
        long t = START + step * STEP;
        int n = Math.min(remaining, r.series());
        for (int i = 0; i < n; i++) {
          Labels l = r.labels(host, i);
          double v = r.value(host, step, i);
          w.beginSeries(l).sample(t, v).endSeries();
          expect(a, l, t, v);
        }
        remaining -= n;
        samples += n;
        batch(w);
      }
    }
  }

  private void made(Appender a, int size) {
    int remaining = size;
    for (int step = 0; remaining > 0; step++) {
      WriteRequestWriter w = new WriteRequestWriter();
      int n = Math.min(remaining, 1000);
      for (int i = 0; i < n; i++) {
        Labels l =
            Labels.of(
                Labels.METRIC_NAME, "made_" + i % 40, "i", Integer.toString(i), "job", "made");
        double v = Math.sin(i + step) * Math.pow(10, i % 12);
        w.beginSeries(l).sample(START + step * STEP, v).endSeries();
        expect(a, l, START + step * STEP, v);
      }
      remaining -= n;
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
    if (peer.refusal(l, v) == null) {
      keep(a, l, t, v);
    } else {
      refused++;
    }
  }

  private void keep(Appender a, Labels l, long t, double v) {
    expected.computeIfAbsent(l, x -> new TreeMap<>()).put(t, v);
    a.append(a.series(l), 0, t, v);
  }
}
