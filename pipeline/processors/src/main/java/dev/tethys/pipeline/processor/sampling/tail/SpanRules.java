package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Policies on properties of spans other than attributes. */
final class SpanRules {
  /** The longest entry of a trace state with its sign between key and value. */
  private static final int MAX_STATE = 256;

  private static final int SAMPLED_FLAG = 1;

  private static final Section DURATION =
      new Section(
          "latency",
          "Samples traces by duration, from the first start to the last end of a " + "span.");
  private static final Key<Long> THRESHOLD =
      DURATION.key("threshold_ms", Type.INT, 0L, "Minimum duration in milliseconds.");
  private static final Key<Long> UPPER =
      DURATION.key(
          "upper_threshold_ms", Type.INT, 0L, "Maximum duration in milliseconds; 0 for no limit.");

  private static final Section STATUS =
      new Section("status_code", "Samples traces with a span that has one of the statuses.");
  private static final Key<List<String>> CODES =
      STATUS.required("status_codes", Type.list(Type.STRING), "Span statuses: OK, ERROR or UNSET.");

  private static final Section COUNT =
      new Section("span_count", "Samples traces by the number of spans.");
  private static final Key<Long> MIN_SPANS =
      COUNT.key("min_spans", Type.INT, 0L, "Minimum number of spans.");
  private static final Key<Long> MAX_SPANS =
      COUNT.key("max_spans", Type.INT, 0L, "Maximum number of spans; 0 for no limit.");

  private static final Section STATE =
      new Section("trace_state", "Samples traces by an entry of the trace state.");
  private static final Key<String> STATE_KEY =
      STATE.required("key", Type.STRING, "Key of the entry.");
  private static final Key<List<String>> STATE_VALUES =
      STATE.required("values", Type.list(Type.STRING), "Values that match.");

  static final Type<SamplingPolicy> LATENCY =
      DURATION.type(o -> new Latency(o.get(THRESHOLD), o.get(UPPER)));
  static final Type<SamplingPolicy> STATUS_CODE = STATUS.type(SpanRules::status);
  static final Type<SamplingPolicy> SPAN_COUNT =
      COUNT.type(o -> new Count(o.get(MIN_SPANS), o.get(MAX_SPANS)));
  static final Type<SamplingPolicy> TRACE_STATE =
      STATE.type(o -> new State(o.get(STATE_KEY), o.get(STATE_VALUES)));

  private SpanRules() {}

  private static SamplingPolicy status(YamlObject o) {
    Set<Integer> codes = new HashSet<>();
    for (String s : o.get(CODES)) {
      codes.add(
          switch (s.toUpperCase(Locale.ROOT)) {
            case "UNSET" -> 0;
            case "OK" -> 1;
            case "ERROR" -> 2;
            default ->
                throw o.error(
                    CODES, "unknown status \"" + s + "\"; it must be OK, ERROR " + "or UNSET");
          });
    }
    if (codes.isEmpty()) {
      throw o.error(CODES, "must list at least one of OK, ERROR and UNSET");
    }
    return new Status(codes);
  }

  /** Samples everything. */
  record Always() implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      return _ -> Decision.SAMPLED;
    }
  }

  /** Samples traces with a span whose sampled flag is set. */
  record Flags() implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      return t -> Decision.of(t.anySpan(s -> (s.flags() & SAMPLED_FLAG) != 0));
    }
  }

  private record Latency(long threshold, long upper) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      return t -> {
        long millis = duration(t);
        return Decision.of(
            upper == 0 ? millis >= threshold : millis > threshold && millis <= upper);
      };
    }

    private static long duration(Trace t) {
      long[] ends = {Long.MAX_VALUE, Long.MIN_VALUE};
      t.anySpan(
          s -> {
            ends[0] = Math.min(ends[0], s.startTimeUnixNano());
            ends[1] = Math.max(ends[1], s.endTimeUnixNano());
            return false;
          });
      return ends[0] == Long.MAX_VALUE ? 0 : (ends[1] - ends[0]) / 1_000_000;
    }
  }

  private record Status(Set<Integer> codes) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      return t -> Decision.of(t.anySpan(s -> codes.contains(s.statusCode())));
    }
  }

  private record Count(long min, long max) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      return t -> Decision.of(t.spanCount() >= min && (max == 0 || t.spanCount() <= max));
    }
  }

  private record State(String key, List<String> values) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      Set<String> all = new HashSet<>(values);
      all.removeIf(v -> v.isEmpty() || key.length() + v.length() >= MAX_STATE);
      return t -> Decision.of(t.anySpan(s -> all.contains(entry(s.traceState()))));
    }

    /** Returns the value of the key; "" if it is missing or the state is invalid. */
    private String entry(String state) {
      Map<String, String> entries = new LinkedHashMap<>();
      for (String e : state.split(",")) {
        String member = e.strip();
        if (member.isEmpty()) {
          continue;
        }
        int at = member.indexOf('=');
        if (at <= 0 || entries.put(member.substring(0, at), member.substring(at + 1)) != null) {
          return "";
        }
      }
      return entries.getOrDefault(key, "");
    }
  }
}
