package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracedMessage;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.telemetry.ValueText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Determines the owner of each part of a tree, which is the largest part (resource, scope, item or
 * point) that has a single key. Keys equal the Collector's byte for byte.
 */
final class PartRouting {
  private static final String SERVICE_NAME = "service.name";

  private final RoutingKey key;
  private final List<String> names;
  private final RandomGenerator random;

  /**
   * @param names attribute names, for {@link RoutingKey#ATTRIBUTES}
   * @param random routes log records without a trace
   */
  PartRouting(RoutingKey key, List<String> names, RandomGenerator random) {
    this.key = key;
    this.names = names;
    this.random = random;
  }

  /** Returns a copy in which another generator decides on log records without a trace. */
  PartRouting with(RandomGenerator other) {
    return new PartRouting(key, names, other);
  }

  /**
   * Splits a tree.
   *
   * @param owner returns the owner of a routing key
   * @return the parts by owner; the tree must not be used afterwards
   */
  Map<String, Telemetry<?>> part(Telemetry<?> tree, Function<byte[], String> owner) {
    return switch (tree) {
      case TracesData t -> traces(t, owner);
      case LogsData l -> logs(l, owner);
      case MetricsData m -> metrics(m, owner);
      default -> throw new IllegalArgumentException("nobody balances " + tree.getClass());
    };
  }

  /** Spans of one trace and scope stay together; the first span determines attribute values. */
  private Map<String, Telemetry<?>> traces(TracesData t, Function<byte[], String> owner) {
    Heaps<Span> heaps = new Heaps<>(TracesData::new);
    for (ResourceGroup<Span> r : t.resources()) {
      for (ScopeGroup<Span> s : r.scopes()) {
        Map<TraceId, String> owners = new HashMap<>();
        for (Span span : s.items()) {
          String o =
              owners.computeIfAbsent(TraceId.of(span), id -> owner.apply(key(r, s, span, id)));
          heaps.of(o).add(r, s, span);
        }
      }
    }
    return heaps.trees();
  }

  private byte[] key(ResourceGroup<Span> r, ScopeGroup<Span> s, Span span, TraceId id) {
    if (key == RoutingKey.TRACE_ID) {
      return id.bytes();
    }
    return key == RoutingKey.SERVICE
        ? utf8(attributeValue(r, s, span, SERVICE_NAME))
        : new KeyText(names).bytes(name -> attributeValue(r, s, span, name));
  }

  /** Returns an attribute value of a span, its resource or scope; "" if missing. */
  private static String attributeValue(
      ResourceGroup<Span> r, ScopeGroup<Span> s, Span span, String name) {
    for (Attributes a : List.of(r.resource().attributes(), s.scope().attributes())) {
      int i = a.indexOf(name);
      if (i >= 0) {
        return ValueText.of(a.value(i));
      }
    }
    return switch (name) {
      case "span.kind" -> kind(span.kind());
      case "span.name" -> span.name();
      default -> ValueText.of(span.attributes().get(name));
    };
  }

  private static String kind(int kind) {
    return switch (kind) {
      case 0 -> "Unspecified";
      case 1 -> "Internal";
      case 2 -> "Server";
      case 3 -> "Client";
      case 4 -> "Producer";
      case 5 -> "Consumer";
      default -> "";
    };
  }

  private Map<String, Telemetry<?>> logs(LogsData l, Function<byte[], String> owner) {
    Heaps<LogRecord> heaps = new Heaps<>(LogsData::new);
    for (ResourceGroup<LogRecord> r : l.resources()) {
      switch (key) {
        case SERVICE, RESOURCE -> heaps.of(owner.apply(ofResource(r))).add(r);
        case ATTRIBUTES -> {
          KeyText ofResource = new KeyText(names);
          ofResource.resolve(r.resource().attributes());
          if (ofResource.isWhole()) {
            heaps.of(owner.apply(ofResource.bytes())).add(r);
            continue;
          }
          for (ScopeGroup<LogRecord> s : r.scopes()) {
            KeyText ofScope = new KeyText(ofResource);
            ofScope.resolve(s.scope().attributes());
            if (ofScope.isWhole()) {
              heaps.of(owner.apply(ofScope.bytes())).add(r, s);
              continue;
            }
            for (LogRecord record : s.items()) {
              byte[] k =
                  ofScope.bytes(
                      name ->
                          switch (name) {
                            case "log.severity" -> record.severityText();
                            case "log.body" -> ValueText.of(record.body());
                            default -> ValueText.of(record.attributes().get(name));
                          });
              heaps.of(owner.apply(k)).add(r, s, record);
            }
          }
        }
        default -> {
          for (ScopeGroup<LogRecord> s : r.scopes()) {
            for (LogRecord record : s.items()) {
              heaps.of(owner.apply(TraceId.of(record).orAny(random).bytes())).add(r, s, record);
            }
          }
        }
      }
    }
    return heaps.trees();
  }

  private Map<String, Telemetry<?>> metrics(MetricsData m, Function<byte[], String> owner) {
    Heaps<Metric> heaps = new Heaps<>(MetricsData::new);
    for (ResourceGroup<Metric> r : m.resources()) {
      if (key == RoutingKey.SERVICE || key == RoutingKey.RESOURCE) {
        heaps.of(owner.apply(ofResource(r))).add(r);
        continue;
      }
      KeyText ofResource = new KeyText(names);
      ofResource.resolve(r.resource().attributes());
      if (key == RoutingKey.ATTRIBUTES && ofResource.isWhole()) {
        heaps.of(owner.apply(ofResource.bytes())).add(r);
        continue;
      }
      for (ScopeGroup<Metric> s : r.scopes()) {
        KeyText ofScope = new KeyText(ofResource);
        ofScope.resolve(s.scope().attributes());
        if (key == RoutingKey.ATTRIBUTES && ofScope.isWhole()) {
          heaps.of(owner.apply(ofScope.bytes())).add(r, s);
          continue;
        }
        for (Metric metric : s.items()) {
          if (key == RoutingKey.METRIC) {
            heaps.of(owner.apply(utf8(metric.name()))).add(r, s, metric);
          } else {
            points(heaps, r, s, metric, ofScope, owner);
          }
        }
      }
    }
    return heaps.trees();
  }

  /** Splits the points of a metric, which may have several owners. */
  private void points(
      Heaps<Metric> heaps,
      ResourceGroup<Metric> r,
      ScopeGroup<Metric> s,
      Metric metric,
      KeyText ofScope,
      Function<byte[], String> owner) {
    MetricData<?> data = metric.data();
    if (data == null || data.points().isEmpty()) {
      return; // a metric without points is neither counted nor shown
    }
    long identity =
        key == RoutingKey.STREAM_ID ? Identity.metric(r.resource(), s.scope(), metric) : 0;
    List<DataPoint> points = new ArrayList<>(data.points());
    data.points().clear();
    Map<String, Metric> copies = new HashMap<>();
    for (DataPoint p : points) {
      byte[] k =
          key == RoutingKey.STREAM_ID
              ? utf8(Identity.stream(identity, p))
              : ofScope.bytes(name -> ValueText.of(p.attributes().get(name)));
      String o = owner.apply(k);
      Metric to = copies.get(o);
      if (to == null) {
        to = metric.copy();
        copies.put(o, to);
        heaps.of(o).add(r, s, to);
      }
      add(to, p);
    }
  }

  @SuppressWarnings("unchecked") // points stay in data of the class that they came from
  private static void add(Metric to, DataPoint p) {
    ((List<DataPoint>) java.util.Objects.requireNonNull(to.data()).points()).add(p);
  }

  private byte[] ofResource(ResourceGroup<?> r) {
    if (key == RoutingKey.RESOURCE) {
      return utf8(Identity.resource(r.resource()));
    }
    return r.resource().attributes().get(SERVICE_NAME) instanceof String s ? utf8(s) : new byte[0];
  }

  private static byte[] utf8(String s) {
    return s.getBytes(StandardCharsets.UTF_8);
  }

  /** A trace. */
  private record TraceId(long high, long low) {
    static TraceId of(TracedMessage m) {
      return new TraceId(m.traceIdHigh(), m.traceIdLow());
    }

    byte[] bytes() {
      return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
    }

    /** Returns the id, or a random one if it is empty. */
    TraceId orAny(RandomGenerator random) {
      return (high | low) == 0 ? new TraceId(random.nextLong(), random.nextLong()) : this;
    }
  }

  /**
   * Key {@code name=value|} of several attributes: first those of the resource, then of the scope,
   * then the others, each in configured order.
   */
  private static final class KeyText {
    private final List<String> open;
    private final StringBuilder text;

    KeyText(List<String> names) {
      this.open = new ArrayList<>(names);
      this.text = new StringBuilder();
    }

    KeyText(KeyText from) {
      this.open = new ArrayList<>(from.open);
      this.text = new StringBuilder(from.text);
    }

    void resolve(Attributes a) {
      open.removeIf(
          name -> {
            int i = a.indexOf(name);
            if (i >= 0) {
              put(text, name, ValueText.of(a.value(i)));
            }
            return i >= 0;
          });
    }

    private static void put(StringBuilder to, String name, String value) {
      to.append(name).append('=').append(value).append('|');
    }

    /** Whether deeper levels cannot add to it. */
    boolean isWhole() {
      return open.isEmpty();
    }

    /** Returns the key; all names are known. */
    byte[] bytes() {
      return utf8(text.toString());
    }

    /**
     * Returns the key.
     *
     * @param rest value of a name that is unknown yet, "" if missing
     */
    byte[] bytes(Function<String, String> rest) {
      StringBuilder whole = new StringBuilder(text);
      open.forEach(name -> put(whole, name, rest.apply(name)));
      return utf8(whole.toString());
    }
  }

  /** Parts of a batch by owner. */
  private static final class Heaps<T extends Item<T>> {
    private final Map<String, Heap<T>> heaps = new java.util.LinkedHashMap<>();
    private final java.util.function.Supplier<? extends Telemetry<T>> empty;

    Heaps(java.util.function.Supplier<? extends Telemetry<T>> empty) {
      this.empty = empty;
    }

    Heap<T> of(String owner) {
      return heaps.computeIfAbsent(owner, _ -> new Heap<>(empty.get()));
    }

    Map<String, Telemetry<?>> trees() {
      Map<String, Telemetry<?>> out = new java.util.LinkedHashMap<>();
      heaps.forEach((o, h) -> out.put(o, h.tree));
      return out;
    }
  }

  /** Tree that is built in the order of its source. */
  private static final class Heap<T extends Item<T>> {
    final Telemetry<T> tree;
    private @Nullable ResourceGroup<T> resource;
    private @Nullable ResourceGroup<T> ofResource;
    private @Nullable ScopeGroup<T> scope;
    private @Nullable ScopeGroup<T> ofScope;

    Heap(Telemetry<T> tree) {
      this.tree = tree;
    }

    void add(ResourceGroup<T> whole) {
      tree.resources().add(whole);
    }

    void add(ResourceGroup<T> in, ScopeGroup<T> whole) {
      resource(in).scopes().add(whole);
    }

    void add(ResourceGroup<T> in, ScopeGroup<T> of, T item) {
      ScopeGroup<T> to = scope;
      if (to == null || ofScope != of) {
        to = new ScopeGroup<>();
        to.setScope(of.scope().copy());
        to.setSchemaUrl(of.schemaUrl());
        to.setUnknownFields(of.unknownFields());
        resource(in).scopes().add(to);
        scope = to;
        ofScope = of;
      }
      to.items().add(item);
    }

    private ResourceGroup<T> resource(ResourceGroup<T> of) {
      ResourceGroup<T> to = resource;
      if (to == null || ofResource != of) {
        to = new ResourceGroup<>();
        to.setResource(of.resource().copy());
        to.setSchemaUrl(of.schemaUrl());
        to.setUnknownFields(of.unknownFields());
        tree.resources().add(to);
        resource = to;
        ofResource = of;
      }
      return to;
    }
  }
}
