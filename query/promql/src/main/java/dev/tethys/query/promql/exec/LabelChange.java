package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.Groups;
import dev.tethys.model.regex.Regex;
import dev.tethys.query.promql.QueryException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code label_replace} and {@code label_join}: other labels, the same samples. */
public final class LabelChange extends Operator {
  /**
   * Maximum length of a generated label value, in characters; nested calls could double it
   * indefinitely.
   */
  static final int MAX_VALUE = 1 << 20;

  private final Operator vector;
  private final String destination;
  private final Change change;
  private final long machineBytes;

  /** Derives labels from other labels. */
  @FunctionalInterface
  private interface Change {
    /** Returns the new labels, or null if unchanged. */
    @Nullable Labels of(Labels l, Execution x);
  }

  private LabelChange(Operator vector, String destination, Change change, long machineBytes) {
    this.vector = vector;
    this.destination = destination;
    this.change = change;
    this.machineBytes = machineBytes;
  }

  /**
   * Sets a label from the match of an anchored expression in another label; without a match nothing
   * changes.
   */
  public static Operator replace(
      Operator vector, String destination, String replacement, String source, Regex regex) {
    return new LabelChange(
        vector,
        destination,
        (l, x) -> {
          String value = l.get(source);
          if (!regex.find(value)) {
            return null;
          }
          if (replacement.indexOf('$') < 0) {
            return l.toBuilder().set(destination, replacement).build();
          }
          x.countLabelText(value.length());
          Groups g = regex.groups(Cancellation.interruptible(value));
          return g.find() ? l.toBuilder().set(destination, expand(replacement, g)).build() : null;
        },
        replacement.indexOf('$') < 0 ? 0 : regex.groupsBytes());
  }

  /** Sets a label to the values of others with a separator between. */
  public static Operator join(
      Operator vector, String destination, String separator, List<String> sources) {
    return new LabelChange(
        vector,
        destination,
        (l, x) -> {
          StringBuilder sb = new StringBuilder();
          String sep = "";
          for (String s : sources) {
            String v = l.get(s);
            bound(sb.length() + (long) sep.length() + v.length());
            sb.append(sep).append(v);
            sep = separator;
          }
          x.countLabelText(sb.length());
          return l.toBuilder().set(destination, sb.toString()).build();
        },
        0);
  }

  private static void bound(long length) {
    if (length > MAX_VALUE) {
      throw new QueryException(
          QueryException.Kind.LIMIT,
          "label_replace() or label_join() would make a label value of "
              + length
              + " characters, more than the "
              + MAX_VALUE
              + " allowed");
    }
  }

  /** Fills {@code $1}, {@code ${1}}, {@code $name}, {@code ${name}}; {@code $$} is a dollar. */
  static String expand(String template, Groups m) {
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < template.length()) {
      int dollar = template.indexOf('$', i);
      if (dollar < 0 || dollar + 1 == template.length()) {
        return out.append(template, i, template.length()).toString();
      }
      out.append(template, i, dollar);
      i = dollar + 1;
      char c = template.charAt(i);
      if (c == '$') {
        out.append('$');
        i++;
        continue;
      }
      boolean brace = c == '{';
      int from = brace ? i + 1 : i;
      int to = from;
      while (to < template.length() && isWord(template.codePointAt(to))) {
        to += Character.charCount(template.codePointAt(to));
      }
      if (to == from || brace && (to >= template.length() || template.charAt(to) != '}')) {
        out.append('$'); // not a reference: as it stands
        continue;
      }
      appendGroup(out, template.substring(from, to), m);
      i = brace ? to + 1 : to;
    }
    return out.toString();
  }

  private static boolean isWord(int c) {
    return c == '_' || Character.isLetterOrDigit(c);
  }

  private static void appendGroup(StringBuilder out, String name, Groups m) {
    int number = 0;
    boolean digits = true;
    for (int i = 0; i < name.length() && digits; i++) {
      char c = name.charAt(i);
      digits = c >= '0' && c <= '9' && number < 1_000_000;
      number = number * 10 + (c - '0');
    }
    digits &= name.length() == 1 || name.charAt(0) != '0';
    String g = null;
    if (digits) {
      g = number <= m.groupCount() ? m.group(number) : null;
    } else {
      g = m.group(name);
    }
    if (g != null) {
      bound(out.length() + (long) g.length());
      out.append(g);
    }
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("LabelChange").with("label", destination).input("vector", vector, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block in = vector.evaluate(x, grid);
    Block b = x.hold(Cancellation.within(x::check, () -> changed(x, in)));
    x.release(in);
    return SeriesMerge.byStep(x, b, grid);
  }

  private List<Column> changed(Execution x, Block in) {
    List<Column> out = new ArrayList<>(in.size());
    try (Execution.Draft draft = x.draft()) {
      draft.add(machineBytes);
      for (Column c : in.columns()) {
        x.check();
        Labels changed = change.of(c.labels(), x);
        if (changed != null) {
          draft.addSeries(changed, 0);
        }
        out.add(
            changed == null
                ? c
                : c.with(changed, !destination.equals(Labels.METRIC_NAME) && c.dropName()));
      }
    }
    return out;
  }
}
