package dev.tethys.api.prometheus;

import dev.tethys.codec.exposition.ExpositionFormat;
import dev.tethys.codec.exposition.ExpositionFormat.Negotiated;
import dev.tethys.codec.exposition.ExpositionWriter;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.model.Matcher;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.model.Samples;
import dev.tethys.model.access.Scope;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.parser.PromqlParseException;
import dev.tethys.query.promql.parser.PromqlParser;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Shows the newest sample of matching series as an exposition, so that another server can scrape
 * it. Samples carry their timestamps; series without an {@code instance} label get an empty one, so
 * that the scraper does not set its own. Types and help are those on which all targets agree;
 * Prometheus writes every type as unknown.
 */
final class Federation {
  private static final String INSTANCE = "instance";

  private final ScopedSource store;
  private final FederatedFamilies families;
  private final ServerView server;
  private final ApiSettings settings;
  private final InstantSource clock;
  private final TimeLimit limit;
  private final Registry.Counter errors;
  private final Registry.Counter warnings;

  Federation(
      ScopedSource store,
      TargetsView targets,
      ServerView server,
      ApiSettings settings,
      InstantSource clock,
      Registry registry) {
    this.store = store;
    this.families = new FederatedFamilies(targets, clock);
    this.server = server;
    this.settings = settings;
    this.clock = clock;
    this.limit = new TimeLimit(settings.timeout());
    this.errors =
        registry.counter(
            "prometheus_web_federation_errors_total",
            "Total number of errors that occurred while sending federation responses.");
    this.warnings =
        registry.counter(
            "prometheus_web_federation_warnings_total",
            "Total number of warnings that occurred while sending federation responses.");
  }

  private record Newest(Labels labels, long time, double value, @Nullable Histogram histogram) {}

  void answer(HttpRequest request, HttpResponse response) throws IOException {
    Scope scope = RequestScope.of(request);
    List<List<Matcher>> sets = new ArrayList<>();
    try {
      for (String s : request.params().all("match[]")) {
        sets.add(PromqlParser.parseMetricSelector(s));
      }
    } catch (PromqlParseException e) {
      response.status(400).send(e.getMessage() + "\n");
      return;
    }
    String accept = String.join(",", request.headers("Accept"));
    Negotiated format = ExpositionFormat.negotiate(accept, ExpositionFormat.PROMETHEUS);
    TreeMap<String, TreeMap<Labels, Newest>> byName = new TreeMap<>(LabelEndpoints::byBytes);
    try {
      limit.run(
          request,
          () ->
              LookupThreads.SHARED.compute(
                  () -> {
                    MetricSource source = store.within(scope);
                    for (List<Matcher> set : sets) {
                      newest(source, set, byName);
                    }
                    return byName;
                  }));
    } catch (StorageException e) {
      errors.inc();
      response.status(500).send(e.getMessage() + "\n");
      return;
    } catch (ApiException e) {
      errors.inc();
      response.status(e.type().status()).send(e.reason() + "\n");
      return;
    }
    response.header("Content-Type", format.contentType());
    try (OutputStream out = response.stream()) {
      ExpositionWriter writer = ExpositionWriter.of(format, out);
      boolean natives = format.format() == ExpositionFormat.PROTOBUF;
      write(writer, byName, natives);
      writer.finish();
    }
  }

  private void newest(
      MetricSource source, List<Matcher> set, TreeMap<String, TreeMap<Labels, Newest>> into) {
    long now = clock.millis();
    long from = now - settings.lookback().toMillis();
    SampleBuffer b = new SampleBuffer();
    try (Selection s = source.select(new SelectHints(from, now, 0, 0, ""), set)) {
      for (int i = 0; i < s.size(); i++) {
        Labels labels = s.labels(i);
        String name = labels.metricName();
        if (name.isEmpty()) {
          continue;
        }
        b.clear();
        s.read(i, b);
        if (b.size == 0) {
          continue;
        }
        int last = b.size - 1;
        Histogram h = b.histograms == null ? null : b.histograms[last];
        boolean stale = h == null ? Samples.isStale(b.values[last]) : h.isStale();
        if (!stale) {
          into.computeIfAbsent(name, k -> new TreeMap<>())
              .put(labels, new Newest(labels, b.timestamps[last], b.values[last], h));
        }
      }
      warnings.add((long) s.warnings().size());
    }
  }

  private void write(
      ExpositionWriter writer, TreeMap<String, TreeMap<Labels, Newest>> byName, boolean natives) {
    FederatedFamilies.MetadataSnapshot known = families.known();
    Set<String> written = new HashSet<>();
    byName.forEach(
        (name, series) -> {
          if (written.contains(name)) {
            return;
          }
          MetricFamilies.Family f = known.of(name);
          List<String> parts = f == null || natives ? List.of() : parts(f, byName);
          if (f == null || parts.isEmpty()) {
            families(name, series, known.single(name), natives).forEach(writer::write);
            return;
          }
          written.addAll(parts);
          MetricMetadata m = f.metadata();
          writer.write(
              new MetricFamily(f.name(), m.type(), m.help(), "", List.of()),
              parts.stream()
                  .flatMap(
                      p ->
                          families(
                              p,
                              Objects.requireNonNull(byName.get(p)),
                              FederatedFamilies.UNTYPED,
                              false)
                              .stream())
                  .toList());
        });
  }

  /**
   * Returns the series names of a classic histogram or summary, or none. The type is written only
   * for complete ones, because a client reads part of a histogram as plain numbers.
   */
  private static List<String> parts(
      MetricFamilies.Family f, TreeMap<String, TreeMap<Labels, Newest>> byName) {
    @Nullable String first =
        switch (f.metadata().type()) {
          case HISTOGRAM -> f.name() + "_bucket";
          case SUMMARY -> f.name();
          default -> null;
        };
    if (first == null
        || f.metadata().type() == MetricType.HISTOGRAM && byName.containsKey(f.name())) {
      return List.of();
    }
    List<String> all = List.of(first, f.name() + "_sum", f.name() + "_count");
    for (String part : all) {
      TreeMap<Labels, Newest> series = byName.get(part);
      if (series == null || series.values().stream().anyMatch(n -> n.histogram() != null)) {
        return List.of();
      }
    }
    return all;
  }

  /**
   * Returns the families with one name: sample types are written separately, because the scraper
   * accepts duplicate names.
   *
   * @param floats type and help of its plain numbers
   */
  private List<MetricFamily> families(
      String name, TreeMap<Labels, Newest> series, MetricMetadata floats, boolean natives) {
    List<MetricFamily> out = new ArrayList<>();
    List<Metric> metrics = new ArrayList<>();
    MetricType type = floats.type();
    for (Newest n : series.values()) {
      Histogram h = n.histogram();
      if (h != null && !natives && !h.hasCustomBuckets()) {
        continue; // text has no form for it
      }
      MetricType own =
          h == null
              ? floats.type()
              : h.resetHint() == Histogram.ResetHint.GAUGE
                  ? MetricType.GAUGEHISTOGRAM
                  : MetricType.HISTOGRAM;
      if (own != type && !metrics.isEmpty()) {
        out.add(new MetricFamily(name, type, floats.help(), "", metrics));
        metrics = new ArrayList<>();
      }
      type = own;
      MetricFamily.Point point =
          h == null
              ? new MetricFamily.Value(n.value(), null)
              : h.hasCustomBuckets() ? classic(h) : new MetricFamily.Native(h, null, List.of());
      metrics.add(new Metric(withExternal(n.labels()), point, n.time(), 0));
    }
    if (!metrics.isEmpty()) {
      out.add(new MetricFamily(name, type, floats.help(), "", metrics));
    }
    return out;
  }

  private Labels withExternal(Labels labels) {
    LabelsBuilder b = labels.toBuilder().remove(Labels.METRIC_NAME);
    for (Map.Entry<String, String> e : server.externalLabels().entrySet()) {
      if (!labels.has(e.getKey())) {
        b.set(e.getKey(), e.getValue());
      }
    }
    Labels all = b.build();
    return all.has(INSTANCE) ? all : withEmpty(all, INSTANCE);
  }

  /**
   * Adds a label with an empty value. No other format has this, but it is required because a
   * scraper that honours labels would otherwise set its own.
   */
  static Labels withEmpty(Labels labels, String name) {
    byte[] added = name.getBytes(StandardCharsets.UTF_8);
    byte[] from = labels.canonicalBytes();
    int[] at = {from.length};
    labels.forEachBytes(
        (b, no, nl, vo, vl) -> {
          boolean behind = Arrays.compareUnsigned(b, no, no + nl, added, 0, added.length) > 0;
          if (behind && at[0] == from.length) {
            at[0] = no - lengthOfLength(nl);
          }
        });
    byte[] out = new byte[from.length + added.length + 2];
    System.arraycopy(from, 0, out, 0, at[0]);
    out[at[0]] = (byte) added.length; // below 128, so one byte
    System.arraycopy(added, 0, out, at[0] + 1, added.length);
    System.arraycopy(from, at[0], out, at[0] + added.length + 2, from.length - at[0]);
    return Labels.ofCanonicalBytes(out);
  }

  /** Returns the size of a name's length prefix in bytes. */
  private static int lengthOfLength(int n) {
    return n < 1 << 7 ? 1 : n < 1 << 14 ? 2 : n < 1 << 21 ? 3 : n < 1 << 28 ? 4 : 5;
  }

  static MetricFamily.Buckets classic(Histogram h) {
    double[] bounds = h.customBounds() == null ? new double[0] : h.customBounds();
    double[] all = Arrays.copyOf(bounds, bounds.length + 1);
    all[bounds.length] = Double.POSITIVE_INFINITY;
    double[] cumulative = new double[all.length];
    int index = 0;
    int bucket = 0;
    int[] spans = h.positiveSpans();
    for (int s = 0; s < spans.length; s += 2) {
      index += spans[s];
      for (int k = 0; k < spans[s + 1]; k++, index++, bucket++) {
        if (index < cumulative.length) {
          cumulative[index] += h.positive()[bucket];
        }
      }
    }
    for (int i = 1; i < cumulative.length; i++) {
      cumulative[i] += cumulative[i - 1];
    }
    cumulative[bounds.length] = h.count();
    return new MetricFamily.Buckets(h.count(), h.sum(), all, cumulative, List.of());
  }
}
