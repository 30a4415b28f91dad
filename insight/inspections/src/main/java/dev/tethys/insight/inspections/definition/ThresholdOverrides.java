package dev.tethys.insight.inspections.definition;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Thresholds by scope: {@code namespace/kind/name} with {@code *} for any characters, or {@code
 * (default)}. The scope with the most literal characters counts; of equal ones the first.
 */
public final class ThresholdOverrides {
  /** Scope that covers all entities. */
  static final String DEFAULT = "(default)";

  /**
   * Threshold of an inspection in a scope.
   *
   * @param where position in its file
   */
  public record ScopedThreshold(String where, String scope, String inspection, double threshold) {}

  /** Effective threshold and its origin. */
  record Found(double threshold, boolean isDefault) {}

  private record Scope(String[] parts, int literals, double threshold) {}

  private static final class OfInspection {
    final List<Scope> scopes = new ArrayList<>();
    @Nullable Double byDefault;
  }

  private final List<ScopedThreshold> all;
  private final Map<String, OfInspection> byInspection = new HashMap<>();

  /**
   * @param all all overrides, in order of priority among equally specific ones
   */
  ThresholdOverrides(List<ScopedThreshold> all) {
    this.all = List.copyOf(all);
    for (ScopedThreshold o : all) {
      OfInspection of = byInspection.computeIfAbsent(o.inspection, _ -> new OfInspection());
      if (o.scope.equals(DEFAULT)) {
        of.byDefault = of.byDefault == null ? Double.valueOf(o.threshold) : of.byDefault;
      } else {
        of.scopes.add(new Scope(parts(o.scope), o.scope.replace("*", "").length(), o.threshold));
      }
    }
    byInspection
        .values()
        .forEach(of -> of.scopes.sort((a, b) -> Integer.compare(b.literals, a.literals)));
  }

  /**
   * Three parts of a scope, in lower case.
   *
   * @throws IllegalArgumentException if there are not three
   */
  static String[] parts(String scope) {
    ApplicationId id = scope.indexOf('/') < 0 ? ApplicationId.parse(scope, "") : null;
    String[] p =
        id != null ? new String[] {id.namespace(), id.kind(), id.name()} : scope.split("/", 3);
    if (p.length != 3) {
      throw new IllegalArgumentException(
          "scope \"" + scope + "\" is neither namespace/kind/name nor (default)");
    }
    p[1] = p[1].toLowerCase(Locale.ROOT);
    return p;
  }

  /** Whether an inspection has overrides. */
  public boolean has(String inspection) {
    return byInspection.containsKey(inspection);
  }

  /** Number of overrides of an inspection. */
  public int count(String inspection) {
    return (int) all.stream().filter(o -> o.inspection.equals(inspection)).count();
  }

  /** Threshold of an inspection for an entity; null if nothing overrides it. */
  public @Nullable Double find(
      String inspection, String namespace, List<String> kinds, String name) {
    Found f = match(inspection, namespace, kinds, name);
    return f == null ? null : Double.valueOf(f.threshold);
  }

  @Nullable Found match(String inspection, String namespace, List<String> kinds, String name) {
    OfInspection of = byInspection.get(inspection);
    if (of == null) {
      return null;
    }
    for (Scope s : of.scopes) {
      if (matches(s.parts[0], namespace)
          && kinds.stream().anyMatch(k -> matches(s.parts[1], k.toLowerCase(Locale.ROOT)))
          && matches(s.parts[2], name)) {
        return new Found(s.threshold, false);
      }
    }
    return of.byDefault == null ? null : new Found(of.byDefault, true);
  }

  /** Matches a text with a pattern in linear space and, for each star, linear time. */
  static boolean matches(String pattern, String text) {
    int p = 0;
    int t = 0;
    int star = -1;
    int back = 0;
    while (t < text.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        back = t;
      } else if (p < pattern.length() && pattern.charAt(p) == text.charAt(t)) {
        p++;
        t++;
      } else if (star >= 0) {
        p = star + 1;
        t = ++back;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
