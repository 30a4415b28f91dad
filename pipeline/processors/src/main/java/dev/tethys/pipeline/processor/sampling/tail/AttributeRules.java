package dev.tethys.pipeline.processor.sampling.tail;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.regex.Regex;
import dev.tethys.model.telemetry.Attributes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Policies on attributes of resources and spans. */
final class AttributeRules {
  /** Default number of cached match results. */
  private static final int DEFAULT_CACHE = 128;

  private static final int MAX_CACHE = 1_000_000;

  private static final Section TEXT =
      new Section("string_attribute", "Samples traces by a string attribute.");
  private static final Key<String> TEXT_KEY =
      TEXT.required("key", Type.STRING, "Key of the attribute.");
  private static final Key<List<String>> VALUES =
      TEXT.key(
          "values",
          Type.list(Type.STRING),
          List.of(),
          "Values, or regular expressions, that match.");
  private static final Key<Boolean> REGEX =
      TEXT.key(
          "enabled_regex_matching", Type.BOOL, false, "If true, values are regular expressions.");
  private static final Key<Long> CACHE =
      TEXT.key(
          "cache_max_size",
          Type.INT,
          0L,
          "Maximum number of values whose match is cached; 128 by default.");
  private static final Key<Boolean> TEXT_INVERT =
      TEXT.key("invert_match", Type.BOOL, false, "If true, traces without a match are selected.");

  private static final Section NUMBER =
      new Section("numeric_attribute", "Samples traces by an integer attribute.");
  private static final Key<String> NUMBER_KEY =
      NUMBER.required("key", Type.STRING, "Key of the attribute.");
  private static final Key<Long> MIN =
      NUMBER.optional("min_value", Type.INT, "Minimum value that matches.");
  private static final Key<Long> MAX =
      NUMBER.optional("max_value", Type.INT, "Maximum value that matches.");
  private static final Key<Boolean> NUMBER_INVERT =
      NUMBER.key("invert_match", Type.BOOL, false, "If true, traces without a match are selected.");

  private static final Section TRUTH =
      new Section("boolean_attribute", "Samples traces by a boolean attribute.");
  private static final Key<String> TRUTH_KEY =
      TRUTH.required("key", Type.STRING, "Key of the attribute.");
  private static final Key<Boolean> VALUE =
      TRUTH.key("value", Type.BOOL, false, "Value that matches.");
  private static final Key<Boolean> TRUTH_INVERT =
      TRUTH.key("invert_match", Type.BOOL, false, "If true, traces without a match are selected.");

  static final Type<SamplingPolicy> STRING = TEXT.type(AttributeRules::text);
  static final Type<SamplingPolicy> NUMERIC = NUMBER.type(AttributeRules::number);
  static final Type<SamplingPolicy> BOOLEAN =
      TRUTH.type(o -> new Truth(o.get(TRUTH_KEY), o.get(VALUE), o.get(TRUTH_INVERT)));

  private AttributeRules() {}

  private static SamplingPolicy text(YamlObject o) {
    long cache = o.get(CACHE);
    if (cache > MAX_CACHE) {
      throw o.error(CACHE, "is at most " + MAX_CACHE);
    }
    boolean regex = o.get(REGEX);
    if (regex) {
      for (String v : o.get(VALUES)) {
        try {
          Regex.compile(v);
        } catch (RuntimeException e) {
          throw o.error(
              VALUES, "\"" + v + "\" is not a valid regular expression: " + e.getMessage());
        }
      }
    }
    return new Text(
        o.get(TEXT_KEY),
        o.get(VALUES),
        regex,
        cache <= 0 ? DEFAULT_CACHE : (int) cache,
        o.get(TEXT_INVERT));
  }

  private static SamplingPolicy number(YamlObject o) {
    Long min = o.find(MIN);
    Long max = o.find(MAX);
    if (min == null && max == null) {
      throw o.error("min_value or max_value is needed");
    }
    if (min != null && max != null && min > max) {
      throw o.error(MIN, "must not be larger than max_value, which is " + max);
    }
    return new Range(
        o.get(NUMBER_KEY),
        min == null ? Long.MIN_VALUE : min,
        max == null ? Long.MAX_VALUE : max,
        o.get(NUMBER_INVERT));
  }

  /** Returns a policy that samples if any attribute matches; inverted, if none does. */
  private static Policy policy(
      Predicate<Attributes> ofResource, Predicate<Attributes> ofSpan, boolean invert) {
    return t ->
        Decision.of(
            t.any(r -> ofResource.test(r.resource().attributes()), s -> ofSpan.test(s.attributes()))
                != invert);
  }

  private record Text(String key, List<String> values, boolean regex, int cache, boolean invert)
      implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      Predicate<String> matcher = matcher();
      // As in the Collector, an expression may match the empty text of resources but not of spans.
      return AttributeRules.policy(
          a -> a.contains(key) && matcher.test(a.get(key) instanceof String s ? s : ""),
          a -> a.get(key) instanceof String s && !s.isEmpty() && matcher.test(s),
          invert);
    }

    private Predicate<String> matcher() {
      if (!regex) {
        Set<String> all = new HashSet<>(values);
        all.remove("");
        return all::contains;
      }
      List<Regex> patterns = values.stream().map(Regex::compile).toList();
      return new Remembering(s -> patterns.stream().anyMatch(p -> p.find(s)), cache);
    }
  }

  /** Caches the most recently requested strings. Thread-safe. */
  private static final class Remembering implements Predicate<String> {
    /** Longer strings are not cached, so the cache stays small. */
    private static final int MAX_LENGTH = 1024;

    private final Predicate<String> test;

    @GuardedBy("itself")
    private final Map<String, Boolean> known;

    Remembering(Predicate<String> test, int size) {
      this.test = test;
      known = BoundedMap.byUse(size);
    }

    @Override
    public boolean test(String s) {
      if (s.length() > MAX_LENGTH) {
        return test.test(s);
      }
      @Nullable Boolean b;
      synchronized (known) {
        b = known.get(s);
      }
      if (b == null) {
        b = test.test(s);
        synchronized (known) {
          known.put(s, b);
        }
      }
      return b;
    }
  }

  private record Range(String key, long min, long max, boolean invert) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      Predicate<Attributes> test = a -> a.get(key) instanceof Long v && v >= min && v <= max;
      return AttributeRules.policy(test, test, invert);
    }
  }

  private record Truth(String key, boolean value, boolean invert) implements SamplingPolicy {
    @Override
    public Policy policy(Tools tools) {
      Predicate<Attributes> test = a -> a.get(key) instanceof Boolean v && v == value;
      return AttributeRules.policy(test, test, invert);
    }
  }
}
