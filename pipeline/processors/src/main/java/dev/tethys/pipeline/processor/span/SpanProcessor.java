package dev.tethys.pipeline.processor.span;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Creates {@code span} processors: names of attributes, attributes of names, the status. */
public final class SpanProcessor {
  private static final String ABOUT = "Names spans, takes names apart, sets the status.";

  /** Text in a name for an attribute that is not a string, number or boolean. */
  private static final String UNKNOWN = "<unknown-attribute-type>";

  /** Attributes derived from names. */
  record Extraction(List<Rule> rules, boolean first, boolean keepsName) {}

  /** An expression, and its named groups by their numbers. */
  record Rule(Pattern pattern, Map<Integer, String> names) {
    static Rule of(Pattern p) {
      Map<Integer, String> names = new TreeMap<>();
      p.namedGroups().forEach((name, number) -> names.put(number, name));
      return new Rule(p, names);
    }
  }

  /** A status. */
  record Status(int code, String description) {}

  /** Changes to matching spans. */
  public record Settings(
      @Nullable Match include,
      @Nullable Match exclude,
      List<String> from,
      String separator,
      @Nullable Extraction to,
      @Nullable Status status) {}

  private static final Section TO =
      new Section("to_attributes", "Extraction of attributes from span names.");
  private static final Key<List<Pattern>> RULES =
      TO.key("rules", Type.list(Type.REGEX), List.of(), "Regular expressions with named groups.");
  private static final Key<Boolean> BREAK =
      TO.key(
          "break_after_match",
          Type.BOOL,
          false,
          "If true, rules after the first match are skipped.");
  private static final Key<Boolean> KEEP =
      TO.key("keep_original_name", Type.BOOL, false, "If true, the span keeps its original name.");
  private static final Section NAME = new Section("name", "Changes of the span name.");
  private static final Key<List<String>> FROM =
      NAME.key(
          "from_attributes",
          Type.list(Type.STRING),
          List.of(),
          "Attributes whose values form the new name.");
  private static final Key<String> SEPARATOR =
      NAME.key("separator", Type.STRING, "", "Separator between the values.");
  private static final Key<Extraction> TO_ATTRIBUTES =
      NAME.optional(
          "to_attributes",
          TO.type(
              o ->
                  new Extraction(
                      o.get(RULES).stream().map(Rule::of).toList(), o.get(BREAK), o.get(KEEP))),
          "Attributes out of the name.");
  private static final Section STATUS = new Section("status", "New status of the span.");
  private static final Key<Integer> CODE =
      STATUS.required(
          "code",
          Type.of(
              "status code",
              null,
              n ->
                  switch (n.asString()) {
                    case "Unset" -> 0;
                    case "Ok" -> 1;
                    case "Error" -> 2;
                    default ->
                        throw n.error(
                            "unknown status code \""
                                + n.asString()
                                + "\"; allowed: Unset, Ok, Error");
                  }),
          "Status code: Unset, Ok or Error.");
  private static final Key<String> DESCRIPTION =
      STATUS.key("description", Type.STRING, "", "Description of the status Error.");
  private static final Section SECTION = new Section("span", ABOUT);
  private static final Key<Match> INCLUDE =
      SECTION.optional("include", Match.TYPE, "Only spans that match are changed.");
  private static final Key<Match> EXCLUDE =
      SECTION.optional("exclude", Match.TYPE, "Spans that match are not changed.");
  private static final Key<YamlObject> NAME_KEY =
      SECTION.optional("name", NAME.type(o -> o), "Changes of the span name.");
  private static final Key<Status> STATUS_KEY =
      SECTION.optional("status", STATUS.type(SpanProcessor::status), "New status of the span.");

  private SpanProcessor() {}

  private static Status status(YamlObject o) {
    if (!o.get(DESCRIPTION).isEmpty() && o.get(CODE) != 2) {
      throw o.error(DESCRIPTION, "only an Error has a description");
    }
    return new Status(o.get(CODE), o.get(DESCRIPTION));
  }

  private static Settings read(YamlObject o) {
    YamlObject name = o.find(NAME_KEY);
    List<String> from = name == null ? List.of() : name.get(FROM);
    Extraction to = name == null ? null : name.find(TO_ATTRIBUTES);
    if (from.isEmpty() && (to == null || to.rules().isEmpty()) && o.find(STATUS_KEY) == null) {
      throw o.error("requires name.from_attributes, name.to_attributes.rules or status");
    }
    return new Settings(
        o.find(INCLUDE),
        o.find(EXCLUDE),
        from,
        name == null ? "" : name.get(SEPARATOR),
        to,
        o.find(STATUS_KEY));
  }

  public static ProcessorFactory<Settings> factory() {
    return new TreeEditorFactory<>(
        "span",
        ABOUT,
        SECTION.type(SpanProcessor::read),
        Set.of(Signal.TRACES),
        (settings, _, _) ->
            (data, _) -> {
              edit(data, settings);
              return true;
            });
  }

  private static void edit(Telemetry<?> data, Settings s) {
    for (ResourceGroup<?> r : data.resources()) {
      for (ScopeGroup<?> g : r.scopes()) {
        for (Object item : g.items()) {
          Span span = (Span) item;
          if ((s.include() == null || s.include().span(r.resource(), g.scope(), span))
              && (s.exclude() == null || !s.exclude().span(r.resource(), g.scope(), span))) {
            rename(span, s.from(), s.separator());
            if (s.to() != null) {
              extract(span, s.to());
            }
            if (s.status() != null) {
              span.setStatusCode(s.status().code());
              span.setStatusMessage(s.status().description());
            }
          }
        }
      }
    }
  }

  /** Creates a name from the values of attributes if all of them are present. */
  private static void rename(Span span, List<String> from, String separator) {
    Attributes a = span.attributes();
    if (from.isEmpty() || !from.stream().allMatch(a::contains)) {
      return;
    }
    span.setName(String.join(separator, from.stream().map(k -> text(a.get(k))).toList()));
  }

  private static String text(@Nullable Object value) {
    return switch (value) {
      case String s -> s;
      case Boolean b -> b.toString();
      case Long l -> l.toString();
      case Double d -> number(d);
      case null, default -> UNKNOWN;
    };
  }

  /** Formats a number without an exponent, with the fewest digits that identify it. */
  private static String number(double d) {
    if (Double.isInfinite(d)) {
      return d > 0 ? "+Inf" : "-Inf";
    }
    if (Double.isNaN(d)) {
      return "NaN";
    }
    String s = new BigDecimal(Double.toString(d)).stripTrailingZeros().toPlainString();
    return d == 0 && 1 / d < 0 ? "-0" : s;
  }

  /** Moves group matches to attributes and replaces them by the group names. */
  private static void extract(Span span, Extraction to) {
    for (Rule rule : to.rules()) {
      String name = span.name();
      Matcher m = rule.pattern().matcher(name);
      if (name.isEmpty() || !m.find()) {
        continue;
      }
      StringBuilder made = new StringBuilder();
      int end = 0;
      for (Map.Entry<Integer, String> group : rule.names().entrySet()) {
        int start = m.start(group.getKey());
        String value = start < 0 ? "" : m.group(group.getKey());
        span.attributes().put(group.getValue(), value);
        if (start >= end) {
          made.append(name, end, start).append('{').append(group.getValue()).append('}');
          end = m.end(group.getKey());
        }
      }
      made.append(name, end, name.length());
      if (!to.keepsName()) {
        span.setName(made.toString());
      }
      if (to.first()) {
        return;
      }
    }
  }
}
