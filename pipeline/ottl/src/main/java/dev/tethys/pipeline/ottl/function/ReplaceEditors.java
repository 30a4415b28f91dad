package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.OttlTarget;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.internal.Text;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Editors that replace text that matches a glob or a regular expression. */
final class ReplaceEditors {
  /** Steps per match in addition to its text. */
  private static final int MATCH_STEPS = 32;

  private ReplaceEditors() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.editor("replace_match")
            .takes("target", ParameterKind.TARGET)
            .takes("pattern", ParameterKind.STRING)
            .takes("replacement", ParameterKind.STRING)
            .mayTake("function", ParameterKind.FUNCTION)
            .mayTake("replacement_format", ParameterKind.STRING)
            .made(ReplaceEditors::replaceMatch),
        OttlFunction.editor("replace_all_matches")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("pattern", ParameterKind.STRING)
            .takes("replacement", ParameterKind.STRING)
            .mayTake("function", ParameterKind.FUNCTION)
            .mayTake("replacement_format", ParameterKind.STRING)
            .made(ReplaceEditors::replaceAllMatches),
        OttlFunction.editor("replace_pattern")
            .takes("target", ParameterKind.TARGET)
            .takes("regex", ParameterKind.STRING)
            .or("regex_pattern")
            .takes("replacement", ParameterKind.STRING)
            .mayTake("function", ParameterKind.FUNCTION)
            .mayTake("replacement_format", ParameterKind.STRING)
            .made(ReplaceEditors::replacePattern),
        OttlFunction.editor("replace_all_patterns")
            .takes("target", ParameterKind.MAP_TARGET)
            .takes("mode", ParameterKind.LITERAL_STRING)
            .takes("regex", ParameterKind.STRING)
            .or("regex_pattern")
            .takes("replacement", ParameterKind.STRING)
            .mayTake("function", ParameterKind.FUNCTION)
            .mayTake("replacement_format", ParameterKind.STRING)
            .made(ReplaceEditors::replaceAllPatterns));
  }

  /** Replacement, optionally passed to a function and inserted into a format. */
  private record Replacement(
      OttlExpr text, Arguments.@Nullable Lambda function, @Nullable OttlExpr format) {
    static Replacement of(Arguments a, int first) {
      OttlExpr format = a.optional(first + 2);
      if (format != null && format.isConstant()) {
        String f = a.string(first + 2);
        if (!valid(f)) {
          throw a.error(first + 2, "the format must contain %s once and no other specifier");
        }
      }
      return new Replacement(a.expr(first), a.optionalLambda(first + 1), format);
    }

    String template(Cursor at) {
      return (String) MapEditors.require(text.get(at));
    }

    boolean isPlain() {
      return function == null;
    }

    String apply(Cursor at, String replacement) {
      if (function == null) {
        return replacement;
      }
      if (!(function.call(at, replacement) instanceof String s)) {
        throw new EvaluationException("the function does not give a string");
      }
      if (format == null) {
        return s;
      }
      String f = (String) MapEditors.require(format.get(at));
      if (!valid(f)) {
        throw new EvaluationException(
            "the format must contain %s once and no other specifier: " + f);
      }
      return f.replace("%s", s);
    }

    private static boolean valid(String format) {
      int first = format.indexOf('%');
      return first >= 0 && format.startsWith("%s", first) && format.indexOf('%', first + 1) < 0;
    }
  }

  private static OttlExpr.Getter replaceMatch(Arguments a) {
    OttlTarget target = a.target(0);
    GlobArgument glob = GlobArgument.of(a, 1);
    Replacement replacement = Replacement.of(a, 2);
    return at -> {
      Object v = target.get(at);
      if (v instanceof String s && glob.at(at).matches(s)) {
        target.set(at, replacement.apply(at, replacement.template(at)));
      }
      return null;
    };
  }

  private static OttlExpr.Getter replaceAllMatches(Arguments a) {
    OttlExpr target = a.expr(0);
    GlobArgument pattern = GlobArgument.of(a, 1);
    Replacement replacement = Replacement.of(a, 2);
    return at -> {
      Attributes m = MapEditors.map(target, at);
      String template = replacement.template(at);
      var glob = pattern.at(at);
      for (int i = 0; i < m.size(); i++) {
        if (m.value(i) instanceof String s && glob.matches(s)) {
          m.setValue(i, replacement.apply(at, template));
        }
      }
      return null;
    };
  }

  private static OttlExpr.Getter replacePattern(Arguments a) {
    OttlTarget target = a.target(0);
    Regex.Source pattern = Regex.argument(a, 1);
    Replacement replacement = Replacement.of(a, 2);
    return at -> {
      // The replacement is always evaluated, so that an invalid one is always reported.
      String template = replacement.template(at);
      if (target.get(at) instanceof String s) {
        String replaced = replace(at, pattern.at(at), s, replacement, template);
        if (replaced != null) {
          target.set(at, replaced);
        }
      }
      return null;
    };
  }

  private static OttlExpr.Getter replaceAllPatterns(Arguments a) {
    String mode = a.string(1);
    if (!mode.equals("key") && !mode.equals("value")) {
      throw a.error(1, "the mode must be key or value, not \"" + mode + "\"");
    }
    OttlExpr target = a.expr(0);
    Regex.Source pattern = Regex.argument(a, 2);
    Replacement replacement = Replacement.of(a, 3);
    if (mode.equals("value")) {
      return at -> {
        Attributes m = MapEditors.map(target, at);
        Regex r = pattern.at(at);
        String template = replacement.template(at);
        for (int i = 0; i < m.size(); i++) {
          if (m.value(i) instanceof String s) {
            String replaced = replace(at, r, s, replacement, template);
            if (replaced != null) {
              m.setValue(i, replaced);
            }
          }
        }
        return null;
      };
    }
    return at -> {
      replaceKeys(at, MapEditors.map(target, at), pattern.at(at), replacement);
      return null;
    };
  }

  private static void replaceKeys(Cursor at, Attributes m, Regex r, Replacement replacement) {
    boolean any = false;
    for (int i = 0; i < m.size() && !any; i++) {
      any = r.find(m.key(i));
    }
    if (!any) {
      return;
    }
    MapBuilder made = new MapBuilder();
    String template = replacement.template(at);
    for (int i = 0; i < m.size(); i++) {
      String replaced = replace(at, r, m.key(i), replacement, template);
      made.put(replaced == null ? m.key(i) : replaced, m.value(i));
    }
    Attributes updated = made.build();
    m.clear();
    for (int i = 0; i < updated.size(); i++) {
      m.add(updated.key(i), updated.value(i));
    }
  }

  /** Replaces every match; returns null if there is none. */
  private static @Nullable String replace(
      Cursor at, Regex regex, String text, Replacement replacement, String template) {
    at.spend(text.length());
    dev.tethys.model.regex.Groups m = regex.matcher(text);
    if (m == null || !m.find()) {
      return null;
    }
    boolean plain = template.indexOf('$') < 0;
    StringBuilder sb = new StringBuilder();
    StringBuilder expanded = new StringBuilder();
    int end = 0;
    int emptyAt = -1;
    do {
      int before = sb.length();
      // Go does not accept an empty match directly after another match.
      if (m.start() == m.end() && m.start() == emptyAt) {
        continue;
      }
      sb.append(text, end, m.start());
      if (plain && replacement.isPlain()) {
        sb.append(template);
      } else {
        expanded.setLength(0);
        Regex.expand(expanded, template, m);
        sb.append(replacement.apply(at, expanded.toString()));
      }
      end = m.end();
      emptyAt = end;
      Text.checkLength(sb.length());
      at.spend(MATCH_STEPS + sb.length() - before);
    } while (m.find());
    return sb.append(text, end, text.length()).toString();
  }
}
