package dev.tethys.collect.exporter.snmp;

import com.google.re2j.Pattern;
import dev.tethys.collect.exporter.snmp.wire.Oid;
import dev.tethys.collect.exporter.snmp.wire.SnmpClient.RequestLimits;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An entry of {@code modules}: the requests to an agent, and the metrics of the responses. */
record SnmpModule(
    List<Oid> walk,
    List<Oid> get,
    List<SnmpMetric> metrics,
    MetricTree tree,
    RequestLimits timeLimit,
    List<Filter> filters) {
  /** Selects the table rows to request: rows whose object has one of the values. */
  record Filter(Oid oid, List<Oid> targets, List<Pattern> values) {
    private static final Section SECTION = new Section("filter", "Filter of table rows.");
    private static final Key<Oid> OF =
        SECTION.required("oid", SnmpMetric.OID, "OID of the column to filter on.");
    private static final Key<List<Oid>> TARGETS =
        SECTION.key(
            "targets",
            Type.list(SnmpMetric.OID),
            List.of(),
            "OIDs of the columns whose rows are filtered.");
    private static final Key<List<Pattern>> VALUES =
        SECTION.key(
            "values",
            Type.list(Type.REGEX),
            List.of(),
            "Regular expressions; at least one of them must match.");
    static final Type<Filter> TYPE =
        SECTION.type(o -> new Filter(o.get(OF), o.get(TARGETS), o.get(VALUES)));

    private Map<String, @Nullable Object> shown() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("oid", oid.toString());
      m.put("targets", texts(targets));
      m.put("values", values.stream().map(Pattern::pattern).toList());
      return m;
    }
  }

  private static final int MAX_REPETITIONS = 10_000;
  private static final int MAX_RETRIES = 100;

  private static final Section SECTION =
      new Section("module", "Objects to query and metrics to build from them.");
  private static final Key<List<Oid>> WALK =
      SECTION.key("walk", Type.list(SnmpMetric.OID), List.of(), "OIDs of the subtrees to walk.");
  private static final Key<List<Oid>> GET =
      SECTION.key("get", Type.list(SnmpMetric.OID), List.of(), "OIDs to get.");
  private static final Key<List<SnmpMetric>> METRICS =
      SECTION.key(
          "metrics", Type.list(SnmpMetric.TYPE), List.of(), "Metrics built from the objects.");
  private static final Key<Long> REPETITIONS =
      SECTION.key(
          "max_repetitions", Type.INT, 25L, "Maximum number of objects in a response to GETBULK.");
  private static final Key<Long> RETRIES =
      SECTION.key("retries", Type.INT, 3L, "Number of retries of a request.");
  private static final Key<Duration> TIMEOUT =
      SECTION.key(
          "timeout", GoDurations.TYPE, Duration.ofSeconds(5), "Timeout of a single request.");
  private static final Key<Boolean> UNCONNECTED =
      SECTION.key(
          "use_unconnected_udp_socket",
          Type.BOOL,
          false,
          "If true, accepts responses from any address.");
  private static final Key<Boolean> ANY_ORDER =
      SECTION.key(
          "allow_nonincreasing_oids", Type.BOOL, false, "If true, accepts OIDs in any order.");
  private static final Key<List<Filter>> FILTERS =
      SECTION.key("filters", Type.list(Filter.TYPE), List.of(), "Filters of the rows to query.");

  static final Type<SnmpModule> TYPE = SECTION.type(SnmpModule::read);

  private static SnmpModule read(YamlObject o) {
    long repetitions = o.get(REPETITIONS);
    if (repetitions < 0 || repetitions > MAX_REPETITIONS) {
      throw o.error(REPETITIONS, "max_repetitions must be between 0 and " + MAX_REPETITIONS);
    }
    long retries = o.get(RETRIES);
    if (retries < 0 || retries > MAX_RETRIES) {
      throw o.error(RETRIES, "retries must be between 0 and " + MAX_RETRIES);
    }
    List<SnmpMetric> metrics = o.get(METRICS);
    return new SnmpModule(
        o.get(WALK),
        o.get(GET),
        metrics,
        new MetricTree(metrics),
        new RequestLimits(
            o.get(TIMEOUT), (int) retries, (int) repetitions, o.get(UNCONNECTED), o.get(ANY_ORDER)),
        o.get(FILTERS));
  }

  private static @Nullable List<String> texts(List<Oid> oids) {
    return oids.isEmpty() ? null : oids.stream().map(Oid::toString).toList();
  }

  /** Returns the configuration for display. */
  Map<String, @Nullable Object> shown() {
    Map<String, @Nullable Object> m = new LinkedHashMap<>();
    m.put("walk", texts(walk));
    m.put("get", texts(get));
    m.put("metrics", metrics.stream().map(SnmpMetric::tree).toList());
    m.put("max_repetitions", timeLimit.repetitions());
    m.put("retries", timeLimit.retries());
    m.put("timeout", timeLimit.timeout().toMillis() + "ms");
    m.put("use_unconnected_udp_socket", timeLimit.unconnected() ? true : null);
    m.put("allow_nonincreasing_oids", timeLimit.anyOrder() ? true : null);
    m.put("filters", filters.isEmpty() ? null : filters.stream().map(Filter::shown).toList());
    return m;
  }
}
