package dev.tethys.tools;

import dev.tethys.codec.exposition.ExpositionException;
import dev.tethys.codec.exposition.Families;
import dev.tethys.codec.remote.WriteRequestV2Writer;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Buckets;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.MetricFamily.Quantiles;
import dev.tethys.model.exposition.MetricFamily.Value;
import dev.tethys.runtime.cli.Flag;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code push metrics}: sends text metrics to a receiver of remote write. */
final class PushMetrics {
  private static final String V1 = "prometheus.WriteRequest";
  private static final String V2 = "io.prometheus.write.v2.Request";

  private static final String PATH = "/api/v1/write";

  private PushMetrics() {}

  static Command command() {
    return new Command(
        "push metrics",
        "<remote-write-url> [<metric-files>...]",
        "Push metrics to a prometheus remote write (for testing purpose only). Without a file"
            + " standard input is read.",
        List.of(
            HttpAccess.CONFIG,
            Flag.of(
                "label",
                Flag.Kind.LIST,
                "job=promtool",
                "Label to attach to metrics. Can be specified multiple times."),
            Flag.of("timeout", Flag.Kind.STRING, "30s", "The time to wait for pushing metrics."),
            Flag.of("header", Flag.Kind.LIST, "", "Header to send, NAME=VALUE."),
            Flag.of(
                "protobuf_message",
                Flag.Kind.STRING,
                V1,
                "Protobuf message of the request: " + V1 + " or " + V2 + "."),
            Flag.of(
                "remote-write.path",
                Flag.Kind.STRING,
                "",
                "Path below the URL; else "
                    + PATH
                    + " when the URL has none, and nothing when it has one.")),
        1,
        Command.ANY,
        PushMetrics::run);
  }

  private static int run(Command.Arguments a, Console console) throws IOException {
    String message = a.flags().get("protobuf_message");
    if (!message.equals(V1) && !message.equals(V2)) {
      throw new CommandLineException(
          "enum value must be one of " + V1 + "," + V2 + ", got '" + message + "'");
    }
    List<String> files = Operands.files(a.operands().subList(1, a.operands().size()));
    Map<String, String> labels = HttpAccess.pairs("label", a.flags().list("label"));
    Duration timeout = DurationFlags.parse(a.flags().get("timeout"));
    String given = a.flags().get("remote-write.path");
    boolean failed = false;
    try (HttpAccess server =
        HttpAccess.of(
            a.operands().getFirst(), a.flags().get("http.config.file"), a.flags().list("header"))) {
      String path = path(server.base(), given);
      if (files.isEmpty()) {
        byte[] body = console.in().readAllBytes();
        console.out().println("Parsing standard input");
        String error = push(server, path, body, labels, message, timeout);
        if (error == null) {
          console.out().println("  SUCCESS: metrics pushed to remote write.");
          return 0;
        }
        console.err().println("  FAILED: " + error);
        return 1;
      }
      for (String f : files) {
        console.out().println("Parsing metrics file " + f);
        String error = push(server, path, Files.readAllBytes(Path.of(f)), labels, message, timeout);
        if (error == null) {
          console.out().println("  SUCCESS: metrics file " + f + " pushed to remote write.");
        } else {
          console.err().println("  FAILED: " + error);
          failed = true;
        }
      }
    }
    return failed ? 1 : 0;
  }

  /**
   * Returns the path to append to the URL. Older versions of promtool append nothing, newer ones
   * the path regardless of the URL's path: this accepts URLs for either.
   */
  private static String path(URI base, String given) {
    String own = base.getPath();
    if (given.isEmpty()) {
      return own.isEmpty() ? PATH : "";
    }
    String path = "/" + given.replaceAll("^/+|/+$", "");
    return own.endsWith(path) ? "" : path;
  }

  private static @Nullable String push(
      HttpAccess server,
      String path,
      byte[] text,
      Map<String, String> labels,
      String message,
      Duration timeout) {
    try {
      List<MetricFamily> families = new ArrayList<>(Families.text(text, NameScheme.UTF8));
      families.sort(Comparator.comparing(MetricFamily::name));
      boolean v2 = message.equals(V2);
      byte[] raw = v2 ? v2(families, labels) : v1(families, labels);
      Map<String, String> headers = new LinkedHashMap<>();
      headers.put("Content-Encoding", "snappy");
      headers.put("Content-Type", "application/x-protobuf" + (v2 ? ";proto=" + V2 : ""));
      headers.put("X-Prometheus-Remote-Write-Version", v2 ? "2.0.0" : "0.1.0");
      HttpAccess.Reply r =
          server.send("POST", path, SnappyBlock.encode(raw, 0, raw.length), headers, timeout);
      return r.status() / 100 == 2
          ? null
          : "server returned HTTP status " + r.statusText() + ": " + r.text();
    } catch (ExpositionException | IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Takes the series of a family. */
  private interface Sink {
    void sample(Labels labels, long time, double value);
  }

  private static byte[] v1(List<MetricFamily> families, Map<String, String> extra) {
    WriteRequestWriter w = new WriteRequestWriter().clear();
    for (MetricFamily f : families) {
      series(f, extra, (l, t, v) -> w.beginSeries(l).sample(t, v).endSeries());
    }
    for (MetricFamily f : families) {
      w.metadata(f.name(), new MetricMetadata(f.type(), f.unit(), f.help()));
    }
    return w.toByteArray();
  }

  private static byte[] v2(List<MetricFamily> families, Map<String, String> extra) {
    WriteRequestV2Writer w = new WriteRequestV2Writer().clear();
    for (MetricFamily f : families) {
      MetricMetadata m = new MetricMetadata(f.type(), f.unit(), f.help());
      series(f, extra, (l, t, v) -> w.beginSeries(l).sample(0, t, v).metadata(m).endSeries());
    }
    return w.toByteArray();
  }

  private static void series(MetricFamily f, Map<String, String> extra, Sink to) {
    long now = System.currentTimeMillis();
    for (Metric m : f.metrics()) {
      Long own = m.timestamp();
      long time = own == null || own == 0 ? now : own;
      LabelsBuilder b = new LabelsBuilder();
      extra.forEach(b::set);
      for (Labels.Label l : m.labels().toList()) {
        b.set(l.name().equals("job") ? "exported_job" : l.name(), l.value());
      }
      switch (m.point()) {
        case Value v -> to.sample(named(b, f.name()), time, v.value());
        case Quantiles q -> {
          for (int i = 0; i < q.quantiles().length; i++) {
            b.set("quantile", GoFloat.g(q.quantiles()[i]));
            to.sample(named(b, f.name()), time, q.values()[i]);
          }
          b.remove("quantile");
          to.sample(named(b, f.name() + "_sum"), time, q.sum());
          to.sample(named(b, f.name() + "_count"), time, q.count());
        }
        case Buckets h -> {
          boolean infinite = false;
          for (int i = 0; i < h.bounds().length; i++) {
            infinite |= h.bounds()[i] == Double.POSITIVE_INFINITY;
            b.set("le", GoFloat.g(h.bounds()[i]));
            to.sample(named(b, f.name() + "_bucket"), time, h.cumulative()[i]);
          }
          if (!infinite) {
            b.set("le", "+Inf");
            to.sample(named(b, f.name() + "_bucket"), time, h.count());
          }
          b.remove("le");
          to.sample(named(b, f.name() + "_sum"), time, h.sum());
          to.sample(named(b, f.name() + "_count"), time, h.count());
        }
        case MetricFamily.Native n -> throw new AssertionError("text holds none");
      }
    }
  }

  private static Labels named(LabelsBuilder b, String name) {
    return b.set(Labels.METRIC_NAME, name).build();
  }
}
