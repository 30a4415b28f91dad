package dev.tethys.control.versions;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Differences of two versions of a configuration, as text and by meaning.
 *
 * @param text unified diff with three lines of context; "" for equal texts
 * @param components components that were added, removed or changed
 * @param edges {@code +} or {@code -}, the pipeline, and two nodes
 * @param problem reason for the missing semantic diff; "" if there is one
 */
public record Diff(String text, List<Change> components, List<String> edges, String problem) {
  /**
   * A changed component.
   *
   * @param kind {@code added}, {@code removed} or {@code changed}
   * @param component such as {@code processors/filter}
   * @param keys for a changed component, the paths of the keys that differ
   */
  public record Change(String kind, String component, List<String> keys) {}

  private static final int CONTEXT = 3;

  /** Largest table of lines that are compared one by one. */
  private static final long MAX_CELLS = 4_000_000;

  private static final int MAX_KEYS = 100;
  private static final List<String> SECTIONS =
      List.of("receivers", "processors", "exporters", "connectors", "extensions");

  public static Diff between(String before, String after) {
    String text = unified(before, after);
    try {
      Map<?, ?> a = tree(before);
      Map<?, ?> b = tree(after);
      List<String> edges = new ArrayList<>();
      Set<String> from = edges(a);
      Set<String> to = edges(b);
      from.stream().filter(e -> !to.contains(e)).forEach(e -> edges.add("- " + e));
      to.stream().filter(e -> !from.contains(e)).forEach(e -> edges.add("+ " + e));
      return new Diff(text, components(a, b), edges, "");
    } catch (ConfigException e) {
      return new Diff(text, List.of(), List.of(), String.valueOf(e.getMessage()));
    }
  }

  private static Map<?, ?> tree(String text) {
    Object o = YamlDocument.parse("configuration", null, text).root().asNullableTree();
    return o instanceof Map<?, ?> m ? m : Map.of();
  }

  /**
   * Returns the pipeline IDs of a configuration.
   *
   * @throws ConfigException if the text is not valid YAML
   */
  public static Set<String> pipelines(String text) {
    Set<String> out = new TreeSet<>();
    map(map(tree(text).get("service")).get("pipelines"))
        .keySet()
        .forEach(k -> out.add(String.valueOf(k)));
    return out;
  }

  private static Map<?, ?> map(@Nullable Object o) {
    return o instanceof Map<?, ?> m ? m : Map.of();
  }

  private static List<Change> components(Map<?, ?> before, Map<?, ?> after) {
    List<Change> out = new ArrayList<>();
    for (String section : SECTIONS) {
      Map<?, ?> a = map(before.get(section));
      Map<?, ?> b = map(after.get(section));
      Set<String> names = new TreeSet<>();
      a.keySet().forEach(k -> names.add(String.valueOf(k)));
      b.keySet().forEach(k -> names.add(String.valueOf(k)));
      for (String name : names) {
        String id = section + "/" + name;
        if (!a.containsKey(name)) {
          out.add(new Change("added", id, List.of()));
        } else if (!b.containsKey(name)) {
          out.add(new Change("removed", id, List.of()));
        } else if (!Objects.equals(a.get(name), b.get(name))) {
          Set<String> keys = new TreeSet<>();
          keys(a.get(name), b.get(name), "", keys);
          out.add(new Change("changed", id, List.copyOf(keys)));
        }
      }
    }
    return out;
  }

  private static void keys(@Nullable Object a, @Nullable Object b, String path, Set<String> into) {
    if (Objects.equals(a, b) || into.size() >= MAX_KEYS) {
      return;
    }
    if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      Set<Object> all = new LinkedHashSet<>(x.keySet());
      all.addAll(y.keySet());
      for (Object k : all) {
        keys(x.get(k), y.get(k), path.isEmpty() ? String.valueOf(k) : path + "." + k, into);
      }
    } else {
      into.add(path.isEmpty() ? "(whole)" : path);
    }
  }

  /** Returns the edges of all pipelines: receivers, processors in order, and exporters. */
  private static Set<String> edges(Map<?, ?> tree) {
    Set<String> out = new LinkedHashSet<>();
    Map<String, Object> pipelines = new TreeMap<>();
    map(map(tree.get("service")).get("pipelines"))
        .forEach((k, v) -> pipelines.put(String.valueOf(k), v == null ? Map.of() : v));
    pipelines.forEach(
        (id, p) -> {
          List<String> from = names(map(p).get("receivers"));
          for (String processor : names(map(p).get("processors"))) {
            from.forEach(f -> out.add(id + ": " + f + " -> " + processor));
            from = List.of(processor);
          }
          for (String exporter : names(map(p).get("exporters"))) {
            from.forEach(f -> out.add(id + ": " + f + " -> " + exporter));
          }
        });
    return out;
  }

  private static List<String> names(@Nullable Object list) {
    return list instanceof List<?> l ? l.stream().map(String::valueOf).toList() : List.of();
  }

  /** Computes a unified diff of lines. */
  static String unified(String before, String after) {
    if (before.equals(after)) {
      return "";
    }
    String[] a = before.split("\n", -1);
    String[] b = after.split("\n", -1);
    List<String> script = script(a, b); // each line with ' ', '-' or '+' before it
    StringBuilder out = new StringBuilder();
    boolean[] shown = new boolean[script.size()];
    for (int i = 0; i < script.size(); i++) {
      if (script.get(i).charAt(0) != ' ') {
        int from = Math.max(0, i - CONTEXT);
        int to = Math.min(script.size(), i + CONTEXT + 1);
        Arrays.fill(shown, from, to, true);
      }
    }
    int lineA = 1;
    int lineB = 1;
    for (int i = 0; i < script.size(); ) {
      if (!shown[i]) {
        lineA++;
        lineB++;
        i++;
        continue;
      }
      int end = i;
      int inA = 0;
      int inB = 0;
      while (end < script.size() && shown[end]) {
        char c = script.get(end).charAt(0);
        inA += c == '+' ? 0 : 1;
        inB += c == '-' ? 0 : 1;
        end++;
      }
      out.append("@@ -").append(lineA).append(',').append(inA);
      out.append(" +").append(lineB).append(',').append(inB).append(" @@\n");
      for (; i < end; i++) {
        out.append(script.get(i)).append('\n');
      }
      lineA += inA;
      lineB += inB;
    }
    return out.toString();
  }

  private static List<String> script(String[] a, String[] b) {
    int start = 0;
    while (start < a.length && start < b.length && a[start].equals(b[start])) {
      start++;
    }
    int endA = a.length;
    int endB = b.length;
    while (endA > start && endB > start && a[endA - 1].equals(b[endB - 1])) {
      endA--;
      endB--;
    }
    List<String> out = new ArrayList<>();
    for (int i = 0; i < start; i++) {
      out.add(" " + a[i]);
    }
    if ((long) (endA - start + 1) * (endB - start + 1) > MAX_CELLS) {
      for (int i = start; i < endA; i++) {
        out.add("-" + a[i]);
      }
      for (int i = start; i < endB; i++) {
        out.add("+" + b[i]);
      }
    } else {
      common(Arrays.copyOfRange(a, start, endA), Arrays.copyOfRange(b, start, endB), out);
    }
    for (int i = endA; i < a.length; i++) {
      out.add(" " + a[i]);
    }
    return out;
  }

  /** Computes the longest common subsequence by dynamic programming. */
  private static void common(String[] a, String[] b, List<String> out) {
    int[][] longest = new int[a.length + 1][b.length + 1];
    for (int i = a.length - 1; i >= 0; i--) {
      for (int j = b.length - 1; j >= 0; j--) {
        longest[i][j] =
            a[i].equals(b[j])
                ? longest[i + 1][j + 1] + 1
                : Math.max(longest[i + 1][j], longest[i][j + 1]);
      }
    }
    int i = 0;
    int j = 0;
    while (i < a.length || j < b.length) {
      if (i < a.length && j < b.length && a[i].equals(b[j])) {
        out.add(" " + a[i++]);
        j++;
      } else if (i < a.length && (j == b.length || longest[i + 1][j] >= longest[i][j + 1])) {
        out.add("-" + a[i++]);
      } else {
        out.add("+" + b[j++]);
      }
    }
  }
}
