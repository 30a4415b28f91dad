package dev.tethys.app.delivery;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.MetricSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/** Matchers as people and dashboards write them, over what a store has and what it has not. */
final class RandomMatchers {
  private static final String META = "\\.+*?()|[]{}^$";

  private final Random random;
  private final List<String> names;
  private final Map<String, List<String>> values = new HashMap<>();

  /**
   * @param names of labels
   * @param store whose values are requested
   */
  RandomMatchers(long seed, List<String> names, MetricSource store) {
    this.random = new Random(seed);
    this.names = names;
    for (String n : names) {
      List<String> all = new ArrayList<>(store.labelValues(n, 0, 1L << 50, List.of(), 0).values());
      all.removeIf(v -> v.length() > 300);
      all.addAll(List.of("", "no such value", "x|y"));
      values.put(n, all);
    }
  }

  private String value(String name) {
    List<String> all = Objects.requireNonNull(values.get(name));
    return all.get(random.nextInt(all.size()));
  }

  private static String quoted(String s) {
    StringBuilder sb = new StringBuilder();
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      sb.append(META.indexOf(c) >= 0 ? "\\" : "").append(c);
    }
    return sb.toString();
  }

  /** One to three of them, of which mostly one says something of the metric. */
  List<Matcher> next() {
    List<Matcher> out = new ArrayList<>();
    if (random.nextInt(4) > 0) {
      out.add(
          random.nextBoolean()
              ? matcher(Labels.METRIC_NAME)
              : Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, "contract_.*|hostile.*"));
    }
    for (int n = random.nextInt(2) + 1; n > 0; n--) {
      out.add(matcher(names.get(random.nextInt(names.size()))));
    }
    if (out.stream().allMatch(Matcher::matchesEmpty)) {
      out.add(Matcher.of(Matcher.Type.NOT_EQUAL, Labels.METRIC_NAME, ""));
    }
    return out;
  }

  private Matcher matcher(String name) {
    Matcher.Type type = Matcher.Type.values()[random.nextInt(4)];
    if (type == Matcher.Type.EQUAL || type == Matcher.Type.NOT_EQUAL) {
      return Matcher.of(type, name, value(name));
    }
    String v = quoted(value(name));
    String begin = v.substring(0, v.offsetByCodePoints(0, v.codePointCount(0, v.length()) / 2));
    begin = begin.endsWith("\\") ? "" : begin;
    String expression =
        switch (random.nextInt(9)) {
          case 0 -> v;
          case 1 -> v + "|" + quoted(value(name));
          case 2 -> v + "|" + quoted(value(name)) + "|" + quoted(value(name));
          case 3 -> "(" + v + "|" + quoted(value(name)) + ")";
          case 4 -> v + "|";
          case 5 -> begin + ".*";
          case 6 -> begin + ".+|" + v;
          case 7 -> ".+" + (v.isEmpty() ? "" : "|" + v);
          default -> "(?i)" + v + "|[a-c1-3].*";
        };
    return Matcher.of(type, name, expression);
  }
}
