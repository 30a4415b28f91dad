package dev.tethys.tools.ruletest;

import dev.tethys.model.GoQuote;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Difference of two JSON values in the format of promtool's {@code --diff} on a terminal: missing
 * parts in red, unexpected ones in green, different ones in yellow.
 */
final class JsonDiff {
  private static final String ADDED = "\033[0;32m";
  private static final String REMOVED = "\033[0;31m";
  private static final String CHANGED = "\033[0;33m";
  private static final String NORMAL = "";
  private static final String END = "\033[0m";

  private final StringBuilder sb = new StringBuilder();
  private int level;
  private String tag = NORMAL;

  private JsonDiff() {}

  /** Compares values made of maps, lists and strings. */
  static String of(Object expected, Object got) {
    JsonDiff d = new JsonDiff();
    d.compare(expected, got);
    d.tag(NORMAL);
    return d.sb.toString();
  }

  private void tag(String next) {
    if (!tag.equals(next)) {
      end();
      sb.append(next);
      tag = next;
    }
  }

  private void end() {
    if (!tag.isEmpty()) {
      sb.append(END);
    }
  }

  private void newline(String before) {
    sb.append(before);
    end();
    sb.append('\n').append("    ".repeat(level)).append(tag);
  }

  private void compare(@Nullable Object a, @Nullable Object b) {
    if (a instanceof List<?> x && b instanceof List<?> y) {
      lists(x, y);
    } else if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
      maps(x, y);
    } else if (a != null && a.equals(b)) {
      tag(NORMAL);
      write(a);
    } else {
      tag(CHANGED);
      write(a);
      sb.append(" => ");
      write(b);
    }
  }

  private void lists(List<?> a, List<?> b) {
    int n = Math.max(a.size(), b.size());
    tag(NORMAL);
    if (n == 0) {
      sb.append("[]");
      return;
    }
    level++;
    newline("[");
    for (int i = 0; i < n; i++) {
      if (i < a.size() && i < b.size()) {
        compare(a.get(i), b.get(i));
      } else {
        tag(i < a.size() ? REMOVED : ADDED);
        write(i < a.size() ? a.get(i) : b.get(i));
      }
      tag(NORMAL);
      if (i < n - 1) {
        newline(",");
      }
    }
    level--;
    newline("");
    sb.append(']');
  }

  private void maps(Map<?, ?> a, Map<?, ?> b) {
    TreeSet<String> keys = new TreeSet<>();
    a.keySet().forEach(k -> keys.add((String) k));
    b.keySet().forEach(k -> keys.add((String) k));
    tag(NORMAL);
    if (keys.isEmpty()) {
      sb.append("{}");
      return;
    }
    level++;
    newline("{");
    int remaining = keys.size();
    for (String k : keys) {
      if (a.containsKey(k) && b.containsKey(k)) {
        key(k);
        compare(a.get(k), b.get(k));
      } else {
        tag(a.containsKey(k) ? REMOVED : ADDED);
        key(k);
        write(a.containsKey(k) ? a.get(k) : b.get(k));
      }
      tag(NORMAL);
      if (--remaining > 0) {
        newline(",");
      }
    }
    level--;
    newline("");
    sb.append('}');
  }

  private void key(String k) {
    GoQuote.append(sb, k).append(": ");
  }

  private void write(@Nullable Object v) {
    switch (v) {
      case List<?> l -> {
        if (l.isEmpty()) {
          sb.append("[]");
          return;
        }
        level++;
        newline("[");
        for (int i = 0; i < l.size(); i++) {
          write(l.get(i));
          if (i < l.size() - 1) {
            newline(",");
          }
        }
        level--;
        newline("");
        sb.append(']');
      }
      case Map<?, ?> m -> {
        if (m.isEmpty()) {
          sb.append("{}");
          return;
        }
        level++;
        newline("{");
        int remaining = m.size();
        for (Map.Entry<?, ?> e : m.entrySet()) {
          key((String) e.getKey());
          write(e.getValue());
          if (--remaining > 0) {
            newline(",");
          }
        }
        level--;
        newline("");
        sb.append('}');
      }
      case null -> sb.append("null");
      default -> GoQuote.append(sb, v.toString());
    }
  }
}
