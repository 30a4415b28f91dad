package dev.tethys.query.logql.pipeline;

import dev.tethys.query.logql.ast.Condition;
import dev.tethys.query.logql.ast.MetricExpr.Unwrap;
import dev.tethys.query.logql.ast.Stage;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the labels that stages use. */
public final class LabelUse {
  private static final Pattern ACTION = Pattern.compile("\\{\\{(.*?)}}", Pattern.DOTALL);
  private static final Pattern QUOTED =
      Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"|`[^`]*`|'(?:\\\\.|[^'\\\\])*'");
  private static final Pattern FIELD = Pattern.compile("(?<![\\w.)$])\\.([a-zA-Z_][a-zA-Z0-9_]*)?");

  private LabelUse() {}

  /**
   * Returns the labels used by a metric query.
   *
   * @param result labels of the result, null for all
   */
  public static UsedLabels of(
      List<Stage> stages, @Nullable Unwrap unwrap, @Nullable Set<String> result) {
    if (result == null) {
      return UsedLabels.ALL;
    }
    Set<String> names = new LinkedHashSet<>(result);
    if (unwrap != null) {
      names.add(unwrap.label());
      unwrap.filters().forEach(c -> add(c, names));
    }
    for (Stage s : stages) {
      if (!add(s, names)) {
        return UsedLabels.ALL;
      }
    }
    return new UsedLabels(names);
  }

  private static boolean add(Stage stage, Set<String> names) {
    switch (stage) {
      case Stage.LabelFilter f -> add(f.condition(), names);
      case Stage.LineFormat f -> {
        return addTemplate(f.template(), names);
      }
      case Stage.LabelFormat f -> {
        for (Stage.Assignment a : f.assignments()) {
          if (a.rename()) {
            names.add(a.value());
          } else if (!addTemplate(a.value(), names)) {
            return false;
          }
        }
      }
      case Stage.Drop d ->
          d.labels().stream().filter(t -> t.matcher() != null).forEach(t -> names.add(t.label()));
      case Stage.Keep k ->
          k.labels().stream().filter(t -> t.matcher() != null).forEach(t -> names.add(t.label()));
      default -> {}
    }
    return true;
  }

  private static void add(Condition c, Set<String> names) {
    switch (c) {
      case Condition.Text t -> names.add(t.matcher().name());
      case Condition.Number n -> names.add(n.label());
      case Condition.Duration d -> names.add(d.label());
      case Condition.Size s -> names.add(s.label());
      case Condition.Ip i -> names.add(i.label());
      case Condition.Both b -> {
        add(b.left(), names);
        add(b.right(), names);
      }
      case Condition.Either e -> {
        add(e.left(), names);
        add(e.right(), names);
      }
    }
  }

  /** Adds the labels of a template; returns false if it may use any. */
  static boolean addTemplate(String template, Set<String> names) {
    boolean with = false;
    Matcher actions = ACTION.matcher(template);
    while (actions.find()) {
      String action = QUOTED.matcher(String.valueOf(actions.group(1))).replaceAll("\"\"");
      if (action.contains("$")
          || action.contains("range")
          || action.contains("template")
          || action.contains("define")
          || action.contains("block")) {
        return false;
      }
      with |= action.contains("with");
      Matcher fields = FIELD.matcher(action);
      while (fields.find()) {
        String name = fields.group(1);
        if (name != null) {
          names.add(name);
        } else if (!with && !isNumber(action, fields.end())) {
          return false; // the map of all labels itself
        }
      }
    }
    return true;
  }

  private static boolean isNumber(String s, int at) {
    return at < s.length() && Character.isDigit(s.charAt(at));
  }
}
