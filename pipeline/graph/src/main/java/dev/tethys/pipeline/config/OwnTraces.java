package dev.tethys.pipeline.config;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.tracing.SpanSampling;
import java.util.List;
import java.util.Map;

/**
 * {@code service.telemetry.traces}: spans of the process.
 *
 * @param pushes exports over OTLP; empty for no traces
 * @param propagates whether traces continue across processes
 */
public record OwnTraces(
    List<OwnBatchPush> pushes, SpanSampling sampling, boolean propagates, Limits limits) {
  /**
   * Span limits.
   *
   * @param attributes maximum number of attributes
   * @param valueLength maximum length of values that are text; -1 for none
   * @param events maximum number of events
   */
  public record Limits(int attributes, int valueLength, int events) {
    private static final int USUAL = 128;

    /** Limits set by the specification. */
    static final Limits USUAL_LIMITS = new Limits(USUAL, -1, USUAL);

    /** Removes what exceeds the bounds. */
    public void apply(Span span) {
      Attributes all = span.attributes();
      while (all.size() > attributes) {
        all.remove(all.key(all.size() - 1));
      }
      for (int i = 0; valueLength >= 0 && i < all.size(); i++) {
        if (all.value(i) instanceof String s && s.length() > valueLength) {
          all.setValue(i, s.substring(0, valueLength));
        }
      }
      int more = span.events().size() - events;
      if (more > 0) {
        span.events().subList(events, events + more).clear();
        span.setDroppedEventsCount(span.droppedEventsCount() + more);
      }
    }
  }

  /** Defaults. */
  public static final OwnTraces DEFAULT =
      new OwnTraces(List.of(), SpanSampling.parentBased(1), false, Limits.USUAL_LIMITS);

  private static final Section LIMITS =
      new Section("telemetry_traces_limits", "Bounds of a span of the process.");
  private static final Key<Long> ATTRIBUTES =
      LIMITS.key(
          "attribute_count_limit", Type.INT, 128L, "Maximum number of attributes of a span.");
  private static final Key<Long> VALUE_LENGTH =
      LIMITS.optional(
          "attribute_value_length_limit",
          Type.INT,
          "Maximum length of values of attributes; unlimited by default.");
  private static final Key<Long> EVENTS =
      LIMITS.key("event_count_limit", Type.INT, 128L, "Maximum number of events of a span.");
  private static final List<Key<Long>> WITHOUT_USE =
      List.of(
          LIMITS.key("event_attribute_count_limit", Type.INT, 128L, "No effect: events have none."),
          LIMITS.key("link_count_limit", Type.INT, 128L, "No effect: spans have no links."),
          LIMITS.key(
              "link_attribute_count_limit", Type.INT, 128L, "No effect: spans have no links."));

  private static final Section RATIO =
      new Section("telemetry_traces_ratio", "Sampler that selects traces by their ID.");
  private static final Key<Double> FRACTION =
      RATIO.key("ratio", Type.FLOAT, 1.0, "Fraction of the traces, from 0 to 1.");

  /** Sampler without regard to the trace's client, as a fraction. */
  private static final Type<Double> FLAT = Type.of("sampler", null, n -> fraction(n, n.entries()));

  private static final Section PARENT =
      new Section(
          "telemetry_traces_parent", "Sampler that regards whether the client records the trace.");
  private static final Key<Double> ROOT =
      PARENT.key("root", FLAT, 1.0, "Sampler of traces that start here.");
  private static final Key<Double> RECORDED =
      PARENT.key(
          "remote_parent_sampled", FLAT, 1.0, "Sampler of traces that their client records.");
  private static final Key<Double> UNRECORDED =
      PARENT.key(
          "remote_parent_not_sampled",
          FLAT,
          0.0,
          "Sampler of traces that their client does not record.");
  private static final Key<Double> LOCAL_RECORDED =
      PARENT.key(
          "local_parent_sampled", FLAT, 1.0, "Sampler of children of recorded spans: always_on.");
  private static final Key<Double> LOCAL_UNRECORDED =
      PARENT.key(
          "local_parent_not_sampled",
          FLAT,
          0.0,
          "Sampler of children of spans that are not recorded: always_off.");

  private static final Section SECTION = new Section("telemetry_traces", "Traces of the process.");
  private static final Key<String> LEVEL =
      SECTION.key(
          "level",
          OwnMetrics.words("level", "none", "basic", "normal", "detailed"),
          "basic",
          "none for no traces; the other levels have the same spans.");
  private static final Key<List<String>> PROPAGATORS =
      SECTION.key(
          "propagators",
          Type.list(Type.oneOf("propagator", List.of("tracecontext", "b3"))),
          List.of(),
          "Headers that continue traces over processes: tracecontext.");
  private static final Key<List<OwnBatchPush>> PROCESSORS =
      SECTION.key("processors", OwnBatchPush.TRACES, List.of(), "Exports of spans over OTLP.");
  private static final Key<SpanSampling> SAMPLER =
      SECTION.key(
          "sampler",
          Type.of("sampler", null, OwnTraces::sampler),
          DEFAULT.sampling,
          "Sampler: parent_based, trace_id_ratio_based, always_on or always_off.");
  private static final Key<Limits> BOUNDS =
      SECTION.key(
          "limits", LIMITS.type(OwnTraces::limits), Limits.USUAL_LIMITS, "Bounds of a span.");

  /** Reads the block. */
  static final Type<OwnTraces> TYPE = SECTION.type(OwnTraces::read);

  private static OwnTraces read(YamlObject o) {
    List<OwnBatchPush> pushes = o.get(PROCESSORS);
    SpanSampling sampling = o.get(SAMPLER);
    Limits limits = o.get(BOUNDS);
    List<String> propagators = o.get(PROPAGATORS);
    if (o.get(LEVEL).equals("none") || pushes.isEmpty()) {
      return DEFAULT;
    }
    if (propagators.contains("b3")) {
      throw o.error(
          PROPAGATORS,
          "propagator b3 is not supported for the process's own traces; write tracecontext");
    }
    return new OwnTraces(pushes, sampling, !propagators.isEmpty(), limits);
  }

  private static SpanSampling sampler(YamlNode n) {
    Map<String, YamlNode.Entry> entries = n.entries();
    YamlNode.Entry parent = entries.get("parent_based");
    if (parent == null || entries.size() > 1) {
      double fraction = fraction(n, entries);
      return new SpanSampling(fraction, fraction, fraction);
    }
    return PARENT.type(OwnTraces::parentBased).read(parent.value());
  }

  private static SpanSampling parentBased(YamlObject o) {
    if (o.get(LOCAL_RECORDED) < 1) {
      throw o.error(LOCAL_RECORDED, "local_parent_sampled must be always_on");
    }
    if (o.get(LOCAL_UNRECORDED) > 0) {
      throw o.error(LOCAL_UNRECORDED, "local_parent_not_sampled must be always_off");
    }
    return new SpanSampling(o.get(ROOT), o.get(RECORDED), o.get(UNRECORDED));
  }

  private static double fraction(YamlNode n, Map<String, YamlNode.Entry> entries) {
    if (entries.size() == 1) {
      YamlNode.Entry e = entries.values().iterator().next();
      switch (entries.keySet().iterator().next()) {
        case "always_on" -> {
          return 1;
        }
        case "always_off" -> {
          return 0;
        }
        case "trace_id_ratio_based" -> {
          return RATIO.type(OwnTraces::ratio).read(e.value());
        }
        default -> {}
      }
    }
    throw n.error(
        "sampler "
            + String.join(", ", entries.keySet())
            + " is not supported here; write one of always_on, always_off, trace_id_ratio_based"
            + " and parent_based, which has one of them as root");
  }

  private static double ratio(YamlObject o) {
    double ratio = o.get(FRACTION);
    if (!(ratio >= 0 && ratio <= 1)) {
      throw o.error(FRACTION, "ratio is " + ratio + "; it must be from 0 to 1");
    }
    return ratio;
  }

  private static Limits limits(YamlObject o) {
    WITHOUT_USE.forEach(k -> number(o, k, o.get(k)));
    Long length = o.find(VALUE_LENGTH);
    return new Limits(
        number(o, ATTRIBUTES, o.get(ATTRIBUTES)),
        length == null ? -1 : number(o, VALUE_LENGTH, length),
        number(o, EVENTS, o.get(EVENTS)));
  }

  private static int number(YamlObject o, Key<Long> key, long n) {
    if (n < 0 || n > Integer.MAX_VALUE) {
      throw o.error(key, key.name() + " is " + n + "; it must be at least 0");
    }
    return (int) n;
  }
}
