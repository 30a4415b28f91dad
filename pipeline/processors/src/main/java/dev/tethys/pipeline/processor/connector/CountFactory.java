package dev.tethys.pipeline.processor.connector;

import dev.tethys.codec.CodecException;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.GoFloatReader;
import dev.tethys.model.telemetry.AnyValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Outputs;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.ottl.ClientInfo;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlFunctions;
import dev.tethys.pipeline.processor.Clients;
import dev.tethys.pipeline.processor.ItemWalk;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code count} and {@code sum} connectors. They emit delta sums of the number of items, or
 * of an attribute, for each resource, by conditions and attributes.
 */
public final class CountFactory implements ConnectorFactory<CountFactory.Settings> {
  /** Rules by counted item type. */
  public record Settings(Map<OttlContext, List<Rule>> rules) {}

  /** One metric. */
  public record Rule(
      YamlNode at,
      String name,
      String description,
      String source,
      List<String> conditions,
      List<By> attributes) {}

  /** An attribute of the metric. */
  public record By(String key, @Nullable Object otherwise) {}

  /** Signal of the counted items, by context. */
  private static final Map<OttlContext, Signal> SIGNALS = new EnumMap<>(OttlContext.class);

  private static final Map<OttlContext, String> KEYS = new LinkedHashMap<>();
  private static final Map<OttlContext, String> NAMES = new EnumMap<>(OttlContext.class);

  static {
    of(OttlContext.SPAN, Signal.TRACES, "spans", "trace.span.count");
    of(OttlContext.SPAN_EVENT, Signal.TRACES, "spanevents", "trace.span.event.count");
    of(OttlContext.METRIC, Signal.METRICS, "metrics", "metric.count");
    of(OttlContext.DATA_POINT, Signal.METRICS, "datapoints", "metric.datapoint.count");
    of(OttlContext.LOG, Signal.LOGS, "logs", "log.record.count");
    of(OttlContext.PROFILE, Signal.PROFILES, "profiles", "profile.count");
  }

  private static void of(OttlContext c, Signal signal, String key, String name) {
    SIGNALS.put(c, signal);
    KEYS.put(c, key);
    NAMES.put(c, name);
  }

  private final boolean sums;
  private final Ottl ottl;
  private final Type<Settings> type;

  private CountFactory(boolean sums, InstantSource clock) {
    this.sums = sums;
    this.ottl = new Ottl(OttlFunctions.standard(clock));
    this.type = makeType();
  }

  public static CountFactory count(InstantSource clock) {
    return new CountFactory(false, clock);
  }

  public static CountFactory sum(InstantSource clock) {
    return new CountFactory(true, clock);
  }

  private static final Section BY = new Section("attribute", "Attribute of the metric.");
  private static final Key<String> BY_KEY =
      BY.required("key", Type.STRING, "Key of the attribute.");
  private static final Key<YamlNode> BY_DEFAULT =
      BY.optional(
          "default_value",
          Type.ANY,
          "Value for items without the attribute; otherwise they are not counted.");

  private Type<Settings> makeType() {
    Section rule =
        new Section(sums ? "summed metric" : "counted metric", "Metric that is generated.");
    Key<String> description =
        rule.key("description", Type.STRING, "", "Description of the metric.");
    Key<List<String>> conditions =
        rule.key(
            "conditions",
            Type.list(Type.STRING),
            List.of(),
            "OTTL conditions; an item that matches one of them is counted.");
    Key<List<By>> attributes =
        rule.key(
            "attributes",
            Type.list(
                BY.type(
                    o -> {
                      YamlNode d = o.at(BY_DEFAULT);
                      return new By(
                          o.get(BY_KEY), d == null || d.isNull() ? null : Match.value(d.asTree()));
                    })),
            List.of(),
            "Attributes of items that become attributes of the metric; items "
                + "without them are not counted.");
    Key<String> source =
        sums
            ? rule.required("source_attribute", Type.STRING, "Attribute whose values are summed.")
            : null;
    Section section =
        new Section(sums ? "sum" : "count", sums ? "Adds attributes up." : "Counts items.");
    Map<OttlContext, Key<Map<String, YamlObject>>> keys = new LinkedHashMap<>();
    KEYS.forEach(
        (c, key) -> {
          if (sums && c == OttlContext.PROFILE) {
            section.notBuilt(key, "Metrics generated from profiles.");
            return;
          }
          keys.put(
              c,
              section.optional(
                  key,
                  Type.map(rule.type(o -> o)),
                  "Metrics generated from " + key + ", by name."));
        });
    return section.type(
        o -> {
          Map<OttlContext, List<Rule>> rules = new EnumMap<>(OttlContext.class);
          keys.forEach(
              (c, key) -> {
                List<Rule> list = new ArrayList<>();
                Map<String, YamlObject> given = o.find(key);
                if (given != null) {
                  given.forEach(
                      (name, r) ->
                          list.add(
                              new Rule(
                                  r.node(),
                                  name,
                                  r.get(description),
                                  source == null ? "" : r.get(source),
                                  r.get(conditions),
                                  r.get(attributes))));
                } else if (!sums) {
                  list.add(
                      new Rule(
                          o.node(),
                          Objects.requireNonNull(NAMES.get(c)),
                          "The number of " + KEYS.get(c) + " observed.",
                          "",
                          List.of(),
                          List.of()));
                }
                rules.put(c, list);
              });
          return new Settings(rules);
        });
  }

  @Override
  public String type() {
    return sums ? "sum" : "count";
  }

  @Override
  public String about() {
    return sums ? "Adds attributes of items up, as metrics." : "Counts items, as metrics.";
  }

  @Override
  public Type<Settings> settings() {
    return type;
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return to == Signal.METRICS && (!sums || from != Signal.PROFILES);
  }

  @Override
  public Connector create(
      Settings settings,
      Signal from,
      Signal to,
      Outputs outputs,
      dev.tethys.pipeline.component.Context context) {
    List<Counter> counters = new ArrayList<>();
    settings
        .rules()
        .forEach(
            (c, rules) -> {
              if (SIGNALS.get(c) != from) {
                return;
              }
              for (Rule r : rules) {
                Conditions conditions =
                    r.conditions().isEmpty()
                        ? null
                        : OttlConfig.load(
                            r.at(),
                            () ->
                                ottl.conditions(
                                    OttlConfig.contexts(from),
                                    c,
                                    r.conditions(),
                                    ErrorMode.PROPAGATE));
                counters.add(new Counter(r, c, conditions));
              }
            });
    return new Counting(
        counters,
        outputs.all(),
        context.clock(),
        context.account(from),
        context.account(Signal.METRICS),
        from);
  }

  /** Counts of a rule for one resource. */
  private static final class Tally {
    final Map<Attributes, double[]> values = new LinkedHashMap<>();
    long first;
    long last;

    /** Records an item's time in nanoseconds since 1970; returns 0 if unknown. */
    void seen(long time) {
      if (time != 0) {
        first = first == 0 ? time : Math.min(first, time);
        last = Math.max(last, time);
      }
    }
  }

  /** A rule, ready. */
  private record Counter(Rule rule, OttlContext context, @Nullable Conditions conditions) {
    /** Counts by resource, then by attributes. */
    void count(
        Telemetry<?> data, ClientInfo client, Map<ResourceGroup<?>, Map<Counter, Tally>> to) {
      ItemWalk.each(
          data,
          context,
          client,
          at -> {
            Tally tally =
                to.computeIfAbsent(at.resource(), _ -> new LinkedHashMap<>())
                    .computeIfAbsent(this, _ -> new Tally());
            times(at, tally);
            Attributes item = attributes(at);
            if (conditions != null && !conditions.any(at)) {
              return;
            }
            Attributes by = by(item, at);
            double value = rule.source().isEmpty() ? 1 : number(item.get(rule.source()));
            if (by != null) {
              tally.values.computeIfAbsent(by, _ -> new double[1])[0] += value;
            }
          });
    }

    private Attributes attributes(Cursor at) {
      return switch (context) {
        case SPAN -> at.span().attributes();
        case SPAN_EVENT -> at.event().attributes();
        case LOG -> at.log().attributes();
        case DATA_POINT -> at.point().attributes();
        case PROFILE -> at.profile().attributes();
        default -> new Attributes();
      };
    }

    private void times(Cursor at, Tally to) {
      switch (context) {
        case SPAN -> {
          to.seen(at.span().startTimeUnixNano());
          to.seen(at.span().endTimeUnixNano());
        }
        case SPAN_EVENT -> to.seen(at.event().timeUnixNano());
        case LOG -> to.seen(at.log().timeUnixNano());
        case DATA_POINT -> to.seen(at.point().timeUnixNano());
        case PROFILE -> to.seen(at.profile().timeUnixNano());
        default -> {
          // metrics have no time
        }
      }
    }

    /** Attributes of the metric; null if the item lacks any of them. */
    private @Nullable Attributes by(Attributes item, Cursor at) {
      Attributes by = new Attributes();
      for (By b : rule.attributes()) {
        Object v = item.get(b.key());
        if (v == null && rule.source().isEmpty()) { // sums have only their own source attribute
          v = at.scope().scope().attributes().get(b.key());
          v = v == null ? at.resource().resource().attributes().get(b.key()) : v;
        }
        v = v == null ? b.otherwise() : v;
        if (v == null) {
          return null;
        }
        by.put(b.key(), AnyValue.copy(v));
      }
      return by;
    }

    /** Returns the amount added by an item; 0 if it has none, so that its point still exists. */
    private static double number(@Nullable Object v) {
      double d =
          switch (v) {
            case Long l -> l;
            case Double x -> x;
            case String s -> Objects.requireNonNullElse(GoFloatReader.read(s), 0.0);
            case null, default -> 0;
          };
      return Double.isNaN(d) ? 0 : d;
    }
  }

  /**
   * Counts batch by batch. The items themselves end here: the counts continue in another pipeline.
   */
  private static final class Counting implements Connector {
    private static final String COUNTED = "counted";

    private final List<Counter> counters;
    private final Consumer next;
    private final Scheduler clock;
    private final ItemAccounting account;
    private final ItemAccounting metrics;
    private final Signal from;

    Counting(
        List<Counter> counters,
        Consumer next,
        Scheduler clock,
        ItemAccounting account,
        ItemAccounting metrics,
        Signal from) {
      this.counters = List.copyOf(counters);
      this.next = next;
      this.clock = clock;
      this.account = account;
      this.metrics = metrics;
      this.from = from;
    }

    @Override
    public void consume(Batch batch, AckCallback ack) {
      account.take(batch.items());
      Map<ResourceGroup<?>, Map<Counter, Tally>> counts = new java.util.IdentityHashMap<>();
      Telemetry<?> data;
      try {
        data = batch.takeTree();
        for (Counter c : counters) {
          c.count(data, Clients.of(batch.metadata()), counts);
        }
      } catch (CodecException | EvaluationException e) {
        account.drop(
            e instanceof CodecException ? TreeProcessor.MALFORMED : TreeProcessor.FAILED,
            batch.items());
        ack.complete(new Outcome.Rejected(String.valueOf(e.getMessage()), batch.items()));
        return;
      }
      account.drop(COUNTED, batch.items());
      MetricsData made = made(data, counts);
      if (made.itemCount() == 0) {
        ack.complete(Outcome.ACCEPTED);
        return;
      }
      Batch out = batch.with(Signal.METRICS, made);
      metrics.create(out.items());
      metrics.pass(out.items());
      next.consume(out, ack);
    }

    private MetricsData made(Telemetry<?> data, Map<ResourceGroup<?>, Map<Counter, Tally>> counts) {
      MetricsData made = new MetricsData();
      long now = clock.millis() * 1_000_000;
      for (ResourceGroup<?> r : data.resources()) {
        Map<Counter, Tally> of = counts.get(r);
        if (of == null) {
          continue;
        }
        ResourceGroup<Metric> g = new ResourceGroup<>();
        g.setResource(r.resource().copy());
        ScopeGroup<Metric> s = new ScopeGroup<>();
        s.scope().setName("tethys/" + from.name().toLowerCase(java.util.Locale.ROOT));
        of.forEach(
            (c, tally) -> {
              if (!tally.values.isEmpty()) {
                s.items().add(metric(c, tally, now));
              }
            });
        if (s.items().isEmpty()) {
          continue;
        }
        g.scopes().add(s);
        made.resources().add(g);
      }
      return made;
    }

    private static Metric metric(Counter c, Tally tally, long now) {
      Metric m = new Metric();
      m.setName(c.rule().name());
      m.setDescription(c.rule().description());
      MetricData.Sum sum = new MetricData.Sum();
      sum.setMonotonic(true);
      sum.setTemporality(MetricData.TEMPORALITY_DELTA);
      boolean timed = c.rule().source().isEmpty() && tally.first != 0;
      tally.values.forEach(
          (attributes, value) -> {
            NumberDataPoint p = new NumberDataPoint();
            p.attributes().putAll(attributes);
            p.setStartTimeUnixNano(timed ? tally.first : c.rule().source().isEmpty() ? now : 0);
            p.setTimeUnixNano(timed ? tally.last : now);
            if (c.rule().source().isEmpty()) {
              p.setLong((long) value[0]);
            } else {
              p.setDouble(value[0]);
            }
            sum.points().add(p);
          });
      m.setData(sum);
      return m;
    }
  }
}
