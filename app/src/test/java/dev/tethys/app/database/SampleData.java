package dev.tethys.app.database;

import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.testkit.MemoryMetricStore;
import dev.tethys.testkit.Shared;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** What databases are given: the recorded exporter, and labels and values that are hard to keep. */
final class SampleData {
  static final long T0 = 1_700_000_000_000L;
  static final long INTERVAL = 15_000;

  /** Values of labels that text formats, SQL and JSON trip over. */
  static final List<String> HOSTILE =
      List.of(
          "a b",
          "quote\" and 'single' and `back`",
          "back\\slash\\",
          "line\nend\r\ttab",
          "größe 温度 🚀 \u2028",
          "<html>&amp;",
          "); DROP TABLE metrics; --",
          "{\"json\":[1]}",
          "%s $1 ? :name @x",
          "comma,=equals;",
          "nul\0here",
          "\ue000private",
          "x".repeat(5000));

  private SampleData() {}

  /** A store of the same data to compare with. */
  static MemoryMetricStore oracle() {
    return new MemoryMetricStore(Long.MAX_VALUE / 4);
  }

  /** Series whose labels and values are hard to keep; floats alone in {@code h_float}. */
  static Batch hostile(MemoryMetricStore oracle) {
    WriteRequestWriter w = new WriteRequestWriter();
    int items = 0;
    try (Appender a = oracle.appender()) {
      double[] values = {
        0,
        -0.0,
        1e-320,
        Double.MAX_VALUE,
        9007199254740993.0,
        0.1,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Samples.NORMAL_NAN,
        Samples.STALE
      };
      for (String hostile : HOSTILE) {
        Labels l = Labels.of("__name__", "h_float", "v", hostile, "job", "hostile");
        w.beginSeries(l);
        long ref = a.series(l);
        for (int i = 0; i < values.length; i++) {
          w.sample(T0 + i * INTERVAL, values[i]);
          a.append(ref, 0, T0 + i * INTERVAL, values[i]);
          items++;
        }
        w.endSeries();
      }
      List<Labels> names =
          List.of(
              Labels.of("__name__", "name with spaces and 'quotes'", "job", "hostile"),
              Labels.of("__name__", "h_name", "label with \"quotes\"", "x", "job", "hostile"),
              Labels.of("__name__", "h_name", "größe", "x", "job", "hostile"),
              Labels.of("__name__", "h_name", "value", "x", "ts", "y", "job", "hostile"),
              Labels.of("__name__", "H_NAME", "Job", "upper", "job", "hostile"));
      for (Labels l : names) {
        w.beginSeries(l).sample(T0, 1).endSeries();
        a.append(a.series(l), 0, T0, 1);
        items++;
      }
      Labels exponential = Labels.of("__name__", "h_native", "job", "hostile");
      w.beginSeries(exponential);
      long ref = a.series(exponential);
      for (int i = 0; i < 3; i++) {
        Histogram h =
            new Histogram(
                true,
                Histogram.ResetHint.UNKNOWN,
                2,
                0.001,
                i,
                10 + 2 * i,
                -3.5,
                new int[] {-2, 2, 5, 1},
                new double[] {1, 2 + i, 3},
                new int[] {0, 1},
                new double[] {4 - i + i},
                null);
        w.histogram(T0 + i * INTERVAL, h);
        a.append(ref, 0, T0 + i * INTERVAL, h);
        items++;
      }
      Histogram stale = Histogram.stale();
      w.histogram(T0 + 3 * INTERVAL, stale);
      a.append(ref, 0, T0 + 3 * INTERVAL, stale);
      items++;
      w.endSeries();
      Labels custom = Labels.of("__name__", "h_custom", "job", "hostile");
      Histogram nhcb =
          new Histogram(
              false,
              Histogram.ResetHint.GAUGE,
              Histogram.CUSTOM_BUCKETS,
              0,
              0,
              3.5,
              7,
              new int[] {0, 2},
              new double[] {1.5, 2},
              new int[0],
              new double[0],
              new double[] {0.5, 1});
      w.beginSeries(custom)
          .histogram(T0, nhcb)
          .exemplar(new Exemplar(Labels.of("trace_id", "a'b\"c\\"), 0.25, T0 + 1))
          .endSeries();
      a.append(a.series(custom), 0, T0, nhcb);
      items++;
      w.metadata("h_float", new MetricMetadata(MetricType.GAUGE, "help 'with' \"quotes\"", "s"));
      a.commit();
    }
    return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), items, 0);
  }

  /** The exemplars among what is hostile. */
  static List<MetricSource.SeriesExemplars> exemplars() {
    return List.of(
        new MetricSource.SeriesExemplars(
            Labels.of("__name__", "h_custom", "job", "hostile"),
            List.of(new Exemplar(Labels.of("trace_id", "a'b\"c\\"), 0.25, T0 + 1))));
  }

  /** The recorded exporter, a batch a scrape. */
  static List<Batch> recorded(MemoryMetricStore oracle, int scrapes, int hosts) throws IOException {
    List<Batch> out = new ArrayList<>();
    try (DataInputStream in =
        new DataInputStream(
            new BufferedInputStream(
                new GZIPInputStream(Files.newInputStream(Shared.recording())), 1 << 20))) {
      int n = in.readInt();
      int all = in.readInt();
      List<Labels> plain = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        plain.add(PromqlParser.parseMetric(in.readUTF()));
        in.readBoolean();
      }
      for (int s = 0; s < Math.min(all, scrapes); s++) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
          values[i] = in.readDouble();
        }
        WriteRequestWriter w = new WriteRequestWriter();
        try (Appender a = oracle.appender()) {
          for (int host = 0; host < hosts; host++) {
            for (int i = 0; i < n; i++) {
              Labels l =
                  new LabelsBuilder(plain.get(i))
                      .set("job", "node")
                      .set("instance", "host-" + host)
                      .build();
              long t = T0 + s * INTERVAL + host;
              w.beginSeries(l).sample(t, values[i]).endSeries();
              a.append(a.series(l), 0, t, values[i]);
            }
          }
          a.commit();
        }
        out.add(new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, w.toByteArray(), n * hosts, 0));
      }
    }
    return out;
  }
}
