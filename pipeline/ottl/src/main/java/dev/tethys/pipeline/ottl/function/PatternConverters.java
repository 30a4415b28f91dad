package dev.tethys.pipeline.ottl.function;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.Arguments;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.OttlExpr;
import dev.tethys.pipeline.ottl.OttlFunction;
import dev.tethys.pipeline.ottl.ParameterKind;
import dev.tethys.pipeline.ottl.Type;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Maps from text by regular expressions with named groups. */
final class PatternConverters {
  private PatternConverters() {}

  static List<OttlFunction> all() {
    return List.of(
        OttlFunction.converter("ExtractPatterns", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .takes("pattern", ParameterKind.STRING)
            .made(PatternConverters::extractPatterns),
        OttlFunction.converter("ExtractGrokPatterns", Type.MAP)
            .takes("target", ParameterKind.STRING)
            .takes("pattern", ParameterKind.STRING)
            .mayTake("named_captures_only", ParameterKind.LITERAL_BOOL)
            .mayTakeList("pattern_definitions", ParameterKind.LITERAL_STRING)
            .made(PatternConverters::extractGrok));
  }

  /** Names and numbers of groups, in the order of their numbers. */
  private record Groups(String[] names, int[] numbers) {
    static Groups of(Regex r) {
      List<Map.Entry<String, Integer>> sorted =
          r.groupNames().entrySet().stream()
              .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
              .toList();
      return new Groups(
          sorted.stream().map(Map.Entry::getKey).toArray(String[]::new),
          sorted.stream().mapToInt(Map.Entry::getValue).toArray());
    }
  }

  private static OttlExpr.Getter extractPatterns(Arguments a) {
    Regex.Source pattern = Regex.argument(a, 1);
    OttlExpr target = a.expr(0);
    if (a.expr(1).isConstant()) {
      Regex r = pattern.at(new dev.tethys.pipeline.ottl.Cursor());
      Groups groups = Groups.of(r);
      if (groups.names().length == 0) {
        throw a.error(1, "the expression has no named group; write one as (?P<name>...)");
      }
      return at -> extract(r, groups, StringConverters.string(target.get(at)));
    }
    return at -> {
      Regex r = pattern.at(at);
      Groups groups = Groups.of(r);
      if (groups.names().length == 0) {
        throw new EvaluationException("the expression has no named group");
      }
      return extract(r, groups, StringConverters.string(target.get(at)));
    };
  }

  private static Attributes extract(Regex r, Groups groups, String text) {
    Attributes result = new Attributes();
    dev.tethys.model.regex.Groups m = r.matcher(text);
    if (m != null && m.find()) {
      for (int i = 0; i < groups.names().length; i++) {
        String group = m.group(groups.numbers()[i]);
        result.add(groups.names()[i], group == null ? "" : group);
      }
    }
    return result;
  }

  private static OttlExpr.Getter extractGrok(Arguments a) {
    OttlExpr target = a.expr(0);
    boolean namedOnly = a.truth(2, true);
    List<String> definitions = a.strings(3);
    OttlExpr pattern = a.expr(1);
    if (pattern.isConstant()) {
      Grok grok;
      try {
        grok = Grok.of(a.string(1), namedOnly, definitions);
      } catch (dev.tethys.model.regex.RegexSyntaxException e) {
        throw a.error(1, "not a pattern: " + e.getMessage());
      } catch (IllegalArgumentException e) {
        throw a.error(1, java.util.Objects.requireNonNull(e.getMessage()));
      }
      if (namedOnly && !grok.hasNames()) {
        throw a.error(1, "the pattern has no named capture; write one as %{WORD:name}");
      }
      return at -> grok.extract(StringConverters.string(target.get(at)));
    }
    ConcurrentHashMap<String, Grok> kept = new ConcurrentHashMap<>();
    return at -> {
      String text = StringConverters.string(pattern.get(at));
      Grok grok = kept.get(text);
      if (grok == null) {
        try {
          grok = Grok.of(text, namedOnly, definitions);
        } catch (IllegalArgumentException e) {
          throw new EvaluationException("not a pattern: " + e.getMessage());
        }
        if (namedOnly && !grok.hasNames()) {
          throw new EvaluationException("the pattern has no named capture");
        }
        if (kept.size() >= Regex.MAX_KEPT) {
          kept.clear();
        }
        kept.put(text, grok);
      }
      return grok.extract(StringConverters.string(target.get(at)));
    };
  }
}
