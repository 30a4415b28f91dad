package dev.tethys.pipeline.receiver.splunk;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.guard.RequestMemory;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events of one request: concatenated JSON objects, or lines of text. Source: Splunk's description
 * of "Format events for HTTP Event Collector".
 */
final class HecRequest {
  /** Names of an event's metadata: host, source, sourcetype, index. */
  static final List<String> KEYS = List.of("host", "source", "sourcetype", "index");

  private static final BigDecimal MAX_SECONDS = new BigDecimal("9223372036");
  private static final int MAX_DEPTH = 256;

  /** Field with the name of the only metric of an event. */
  private static final String NAME = "metric_name";

  /** Prefix of fields with values of metrics, before their names. */
  private static final String NAMED = NAME + ":";

  /** Field with the value of the only metric of an event. */
  private static final String VALUE = "_value";

  /** Error of a request or of one event of it, with Splunk's code. */
  static final class HecException extends Exception {
    private static final long serialVersionUID = 1L;

    final int code;
    final int event; // number of the event from 0, -1 for the request

    HecException(int code, String message, int event) {
      super(message, null, false, false);
      this.code = code;
      this.event = event;
    }
  }

  private final List<String> names;
  private final Map<List<String>, ScopeGroup<LogRecord>> groups = new LinkedHashMap<>();
  private final LogsData logs = new LogsData();
  private final Map<List<String>, ScopeGroup<Metric>> metricGroups = new LinkedHashMap<>();
  private final MetricsData metrics = new MetricsData();
  private final boolean measures;
  private int points;
  private final long now;
  private final String token;
  private int events;

  /**
   * @param names resource attributes for host, source, sourcetype and index
   * @param now Unix nanoseconds
   * @param token client token, added to each resource as an attribute; "" for none
   * @param measures whether events with metrics become metrics; else they are logs
   */
  HecRequest(List<String> names, long now, String token, boolean measures) {
    this.measures = measures;
    this.token = token;
    this.names = names;
    this.now = now;
  }

  /**
   * Reads events; those before a malformed one are kept, as in Splunk.
   *
   * @param defaults metadata of events without any, in the order of {@link #KEYS}
   */
  void events(byte[] b, List<String> defaults) throws HecException {
    int at = skip(b, 0);
    if (at >= b.length) {
      throw new HecException(5, "No data", -1);
    }
    for (int number = 0; at < b.length; number++) {
      int end = end(b, at, number);
      event(b, at, end, defaults, number);
      at = skip(b, end);
    }
  }

  private static int skip(byte[] b, int from) {
    int i = from;
    while (i < b.length && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t')) {
      i++;
    }
    return i;
  }

  /** Returns the end of the object that starts at a position. */
  private static int end(byte[] b, int from, int number) throws HecException {
    if (b[from] != '{') {
      throw invalid(number);
    }
    int depth = 0;
    for (int i = from; i < b.length; i++) {
      switch (b[i]) {
        case '"' -> {
          i++;
          while (i < b.length && b[i] != '"') {
            i += b[i] == '\\' ? 2 : 1;
          }
        }
        case '{', '[' -> {
          if (++depth > MAX_DEPTH) {
            throw invalid(number);
          }
        }
        case '}', ']' -> {
          if (--depth == 0) {
            return i + 1;
          }
        }
        default -> {}
      }
    }
    throw invalid(number);
  }

  private static HecException invalid(int number) {
    return new HecException(6, "Invalid data format", number);
  }

  private void event(byte[] b, int from, int to, List<String> defaults, int number)
      throws HecException {
    Attributes e;
    try {
      if (!(JsonValues.read(b, from, to - from) instanceof Attributes a)) {
        throw invalid(number);
      }
      e = a;
    } catch (CodecException x) {
      throw invalid(number);
    }
    if (measures && isMetric(e)) {
      metric(e, metadata(e, defaults), number);
      return;
    }
    if (!e.contains("event")) {
      throw new HecException(12, "Event field is required", number);
    }
    Object body = e.get("event");
    if (body == null || body.equals("")) {
      throw new HecException(13, "Event field cannot be blank", number);
    }
    RequestMemory.chargeItem();
    LogRecord r = new LogRecord();
    r.setObservedTimeUnixNano(now);
    r.setTimeUnixNano(time(e.get("time"), number));
    r.setBody(body);
    Object fields = e.get("fields");
    if (fields instanceof Attributes f) {
      f.forEach(r.attributes()::put);
    } else if (fields != null) {
      throw new HecException(15, "Error in handling indexed fields", number);
    }
    add(r, metadata(e, defaults));
  }

  private static List<String> metadata(Attributes e, List<String> defaults) {
    List<String> metadata = new ArrayList<>(KEYS.size());
    for (int i = 0; i < KEYS.size(); i++) {
      metadata.add(e.get(KEYS.get(i)) instanceof String s && !s.isEmpty() ? s : defaults.get(i));
    }
    return metadata;
  }

  private static boolean isMetric(Attributes e) {
    Object event = e.get("event");
    if (event != null) {
      return event.equals("metric");
    }
    if (e.get("fields") instanceof Attributes f) {
      for (int i = 0; i < f.size(); i++) {
        if (isName(f.key(i))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isName(String field) {
    return field.equals(NAME) || field.startsWith(NAMED);
  }

  /** Reads an event with metrics: one in the older form, or any number in the newer one. */
  private void metric(Attributes e, List<String> metadata, int number) throws HecException {
    if (!(e.get("fields") instanceof Attributes fields)) {
      throw new HecException(15, "Error in handling indexed fields", number);
    }
    long at = time(e.get("time"), number);
    int before = points;
    for (int i = 0; i < fields.size(); i++) {
      String key = fields.key(i);
      if (key.equals(NAME) && fields.get(NAME) instanceof String name) {
        add(name, fields.get(VALUE), at, fields, metadata, number);
      } else if (key.startsWith(NAMED)) {
        add(key.substring(NAMED.length()), fields.value(i), at, fields, metadata, number);
      }
    }
    if (points == before) {
      throw new HecException(15, "Error in handling indexed fields", number);
    }
  }

  private void add(
      String name,
      @Nullable Object value,
      long at,
      Attributes fields,
      List<String> metadata,
      int number)
      throws HecException {
    NumberDataPoint p = new NumberDataPoint();
    p.setTimeUnixNano(at);
    try {
      switch (value) {
        case Long l -> p.setLong(l);
        case Double d -> p.setDouble(d);
        case String s -> p.setDouble(Double.parseDouble(s.strip()));
        case null, default ->
            throw new HecException(15, "Error in handling indexed fields", number);
      }
    } catch (NumberFormatException x) {
      throw new HecException(15, "Error in handling indexed fields", number);
    }
    fields.forEach(
        (k, v) -> {
          if (!isName(k) && !k.equals(VALUE)) {
            p.attributes().put(k, v);
          }
        });
    RequestMemory.chargeItem();
    MetricData.Gauge gauge = new MetricData.Gauge();
    gauge.points().add(p);
    Metric m = new Metric();
    m.setName(name);
    m.setData(gauge);
    metricGroups.computeIfAbsent(metadata, k -> group(k, metrics)).items().add(m);
    points++;
  }

  /**
   * Reads lines, each an event.
   *
   * @param whole whether all of the text is one event instead
   */
  void lines(byte[] b, List<String> metadata, @Nullable String time, boolean whole)
      throws HecException {
    long at = time == null ? now : time(time, -1);
    int begin = 0;
    for (int i = 0; i <= b.length; i++) {
      if (i == b.length || b[i] == '\n' && !whole) {
        int end = i > begin && b[i - 1] == '\r' ? i - 1 : i;
        if (end > begin) {
          RequestMemory.chargeItem();
          LogRecord r = new LogRecord();
          r.setObservedTimeUnixNano(now);
          r.setTimeUnixNano(at);
          r.setBody(new String(b, begin, end - begin, StandardCharsets.UTF_8));
          add(r, metadata);
        }
        begin = i + 1;
      }
    }
    if (events == 0) {
      throw new HecException(5, "No data", -1);
    }
  }

  private long time(@Nullable Object time, int number) throws HecException {
    try {
      return switch (time) {
        case null -> now;
        case Long l -> nanos(BigDecimal.valueOf(l), number);
        case Double d -> nanos(BigDecimal.valueOf(d), number);
        case String s -> s.isBlank() ? now : nanos(new BigDecimal(s.strip()), number);
        default -> throw invalid(number);
      };
    } catch (NumberFormatException e) {
      throw invalid(number);
    }
  }

  private static long nanos(BigDecimal seconds, int number) throws HecException {
    if (seconds.precision() > 40
        || Math.abs((long) seconds.scale()) > 100
        || seconds.abs().compareTo(MAX_SECONDS) > 0) {
      throw invalid(number);
    }
    return seconds.movePointRight(9).longValue();
  }

  private void add(LogRecord r, List<String> metadata) {
    groups.computeIfAbsent(metadata, k -> group(k, logs)).items().add(r);
    events++;
  }

  private <T extends Item<T>> ScopeGroup<T> group(List<String> metadata, Telemetry<T> all) {
    ResourceGroup<T> g = new ResourceGroup<>();
    for (int i = 0; i < names.size(); i++) {
      if (!metadata.get(i).isEmpty()) {
        g.resource().attributes().put(names.get(i), metadata.get(i));
      }
    }
    if (!token.isEmpty()) {
      g.resource().attributes().put("com.splunk.hec.access_token", token);
    }
    ScopeGroup<T> scope = new ScopeGroup<>();
    g.scopes().add(scope);
    all.resources().add(g);
    return scope;
  }

  LogsData logs() {
    return logs;
  }

  MetricsData metrics() {
    return metrics;
  }

  /** Returns the number of data points that were read. */
  int points() {
    return points;
  }

  /** Returns the number of events that were read as logs. */
  int size() {
    return events;
  }

  /** Returns the metadata from URL parameters. */
  static List<String> defaults(Function<String, @Nullable String> parameter) {
    List<String> out = new ArrayList<>(KEYS.size());
    for (String key : KEYS) {
      String v = parameter.apply(key);
      out.add(v == null ? "" : v);
    }
    return out;
  }
}
