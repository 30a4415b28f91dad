package dev.tethys.api.prometheus;

import dev.tethys.model.Matcher;
import dev.tethys.query.promql.parser.PromqlParser;
import java.lang.ref.SoftReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Cache of parsed selectors: dashboards and editors repeat their selectors, and each parse would
 * compile their regular expressions again. It is softly referenced, because compiled expressions
 * grow with the strings that they match. Thread-safe.
 */
final class SelectorCache {
  /** Maximum number of cached selectors; the cache is cleared when it is full. */
  static final int MAX_ENTRIES = 64;

  /** Longer selectors are parsed each time. */
  static final int MAX_LENGTH = 512;

  private static volatile SoftReference<Map<String, List<Matcher>>> kept =
      new SoftReference<>(new ConcurrentHashMap<>());

  private SelectorCache() {}

  /**
   * Parses a selector.
   *
   * @throws dev.tethys.query.promql.parser.PromqlParseException if it is not valid
   */
  static List<Matcher> parse(String selector) {
    if (selector.length() > MAX_LENGTH) {
      return PromqlParser.parseMetricSelector(selector);
    }
    Map<String, List<Matcher>> map = map();
    List<Matcher> known = map.get(selector);
    if (known == null) {
      known = List.copyOf(PromqlParser.parseMetricSelector(selector));
      if (map.size() >= MAX_ENTRIES) {
        map.clear();
      }
      map.put(selector, known);
    }
    return known;
  }

  /** Returns the number of cached selectors. */
  static int size() {
    return map().size();
  }

  private static Map<String, List<Matcher>> map() {
    @Nullable Map<String, List<Matcher>> map = kept.get();
    if (map == null) {
      map = new ConcurrentHashMap<>();
      kept = new SoftReference<>(map);
    }
    return map;
  }
}
