package dev.tethys.bench;

import dev.tethys.bench.vendor.VendorClient;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.testkit.Recording;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Load for writers: samples of a recorded exporter of many hosts, some at a time. For targets
 * without samples it is a log record or a span for each sample, with its labels and value.
 */
final class ExporterLoad {
  /** Number of hosts per request. */
  static final int HOSTS_EACH = 4;

  private static final int HOSTS = HOSTS_EACH * 8;

  /** Signal of the load. */
  enum Signal {
    METRICS("prometheus_remote_write: {endpoint: '127.0.0.1:{port}'}", "/api/v1/write"),
    LOGS("otlp: {protocols: {http: {endpoint: '127.0.0.1:{port}'}}}", "/v1/logs"),
    TRACES("otlp: {protocols: {http: {endpoint: '127.0.0.1:{port}'}}}", "/v1/traces");

    private final String receiver;
    private final String path;

    Signal(String receiver, String path) {
      this.receiver = receiver;
      this.path = path;
    }

    /** Returns the receiver configuration. */
    String receiver(int port) {
      return receiver.replace("{port}", Integer.toString(port));
    }

    String receiverName() {
      return receiver.substring(0, receiver.indexOf(':'));
    }

    String path() {
      return path;
    }

    String pipeline() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }

    /** Returns the content encoding of requests, or null if none. */
    @Nullable String encoding() {
      return this == METRICS ? "snappy" : null;
    }
  }

  private final Recording recording;

  ExporterLoad(Recording recording) {
    this.recording = recording;
  }

  /** Returns the number of items per request. */
  int each() {
    return HOSTS_EACH * recording.series();
  }

  private static int firstHost(int request) {
    return request % (HOSTS / HOSTS_EACH) * HOSTS_EACH;
  }

  private static int step(int request) {
    return request / (HOSTS / HOSTS_EACH);
  }

  private static long time(int step) {
    return 1_700_000_000_000L + step * 15_000L;
  }

  /** Returns the body of a request. */
  byte[] request(Signal signal, int n) {
    return switch (signal) {
      case METRICS -> samples(n);
      case LOGS -> logs(n);
      case TRACES -> spans(n);
    };
  }

  private byte[] samples(int n) {
    WriteRequestWriter w = new WriteRequestWriter();
    int step = step(n);
    for (int h = firstHost(n); h < firstHost(n) + HOSTS_EACH; h++) {
      for (int i = 0; i < recording.series(); i++) {
        w.beginSeries(recording.labels(h, i))
            .sample(time(step), recording.value(h, step, i))
            .endSeries();
      }
    }
    return SnappyBlock.encode(w.buffer(), 0, w.size());
  }

  private byte[] logs(int n) {
    LogsData all = new LogsData();
    int step = step(n);
    for (int h = firstHost(n); h < firstHost(n) + HOSTS_EACH; h++) {
      ScopeGroup<LogRecord> lines = new ScopeGroup<>();
      for (int i = 0; i < recording.series(); i++) {
        LogRecord r = new LogRecord();
        r.setTimeUnixNano(time(step) * 1_000_000);
        r.setBody(recording.labels(h, i).toSeriesString() + " " + recording.value(h, step, i));
        lines.items().add(r);
      }
      all.resources().add(of(h, lines));
    }
    return new OtlpWriter().write(all);
  }

  private static <T extends dev.tethys.model.telemetry.Item<T>> ResourceGroup<T> of(
      int host, ScopeGroup<T> items) {
    ResourceGroup<T> group = new ResourceGroup<>();
    group.resource().attributes().put("service.name", "node");
    group.resource().attributes().put("service.instance.id", "host-" + host);
    group.scopes().add(items);
    return group;
  }

  private byte[] spans(int n) {
    TracesData all = new TracesData();
    int step = step(n);
    for (int h = firstHost(n); h < firstHost(n) + HOSTS_EACH; h++) {
      ScopeGroup<Span> spans = new ScopeGroup<>();
      for (int i = 0; i < recording.series(); i++) {
        Labels labels = recording.labels(h, i);
        Span s = new Span();
        s.setTraceId(h + 1L, step + 1L);
        s.setSpanId(i + 1L);
        s.setName(labels.metricName());
        s.setKind(2);
        s.setStartTimeUnixNano(time(step) * 1_000_000);
        s.setEndTimeUnixNano(time(step) * 1_000_000 + 1_000_000);
        for (Labels.Label l : labels.toList()) {
          s.attributes().put(l.name(), l.value());
        }
        s.attributes().put("value", Double.toString(recording.value(h, step, i)));
        spans.items().add(s);
      }
      all.resources().add(of(h, spans));
    }
    return new OtlpWriter().write(all);
  }

  /** Returns all series, for callers that must not be measured creating them. */
  List<VendorClient.Series> ready() {
    List<VendorClient.Series> out = new ArrayList<>();
    for (int h = 0; h < HOSTS; h++) {
      for (int i = 0; i < recording.series(); i++) {
        Map<String, String> labels = new LinkedHashMap<>(recording.labels(h, i).toMap());
        String metric = String.valueOf(labels.remove(Labels.METRIC_NAME));
        out.add(VendorClient.Series.of(metric, labels));
      }
    }
    return out;
  }

  /** Returns the items of a request in the form a vendor's client accepts. */
  List<VendorClient.Sample> samples(List<VendorClient.Series> ready, int n) {
    List<VendorClient.Sample> out = new ArrayList<>();
    int step = step(n);
    for (int h = firstHost(n); h < firstHost(n) + HOSTS_EACH; h++) {
      for (int i = 0; i < recording.series(); i++) {
        double v = recording.value(h, step, i);
        if (Double.isFinite(v)) {
          out.add(new VendorClient.Sample(ready.get(h * recording.series() + i), time(step), v));
        }
      }
    }
    return out;
  }
}
