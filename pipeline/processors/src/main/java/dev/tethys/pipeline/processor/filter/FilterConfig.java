package dev.tethys.pipeline.processor.filter;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.OttlConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings of the {@code filter} processor: what to drop, by signal. */
public record FilterConfig(Map<Signal, Rules> rules) {
  /**
   * Drop rules.
   *
   * @param include include rule of the older grammar: items that do not match are dropped
   * @param exclude exclude rule of the older grammar: items that match are dropped
   */
  public record Rules(List<Group> groups, @Nullable Match include, @Nullable Match exclude) {}

  /** Conditions, any of which drops an item. */
  public record Group(
      YamlNode at, @Nullable OttlContext context, List<String> conditions, ErrorMode errorMode) {}

  private static final Section GROUP =
      new Section("condition group", "OTTL conditions for one context.");
  private static final Key<OttlContext> CONTEXT =
      GROUP.optional(
          "context",
          OttlConfig.CONTEXT,
          "Context of the conditions; inferred from their paths if absent.");
  private static final Key<List<String>> CONDITIONS =
      GROUP.required(
          "conditions",
          Type.list(Type.STRING),
          "OTTL conditions; an item that matches one of them is dropped.");
  private static final Key<ErrorMode> GROUP_ERROR_MODE =
      GROUP.optional(
          "error_mode",
          OttlConfig.ERROR_MODE,
          "Handling of evaluation errors; by default that of the processor.");

  private static final Section SECTION =
      new Section("filter", "Drops items that match one of the conditions.");
  private static final Key<ErrorMode> ERROR_MODE =
      SECTION.key(
          "error_mode",
          OttlConfig.ERROR_MODE,
          ErrorMode.IGNORE,
          "Handling of evaluation errors; with ignore and silent the item is kept.");
  private static final Map<Signal, Key<List<YamlNode>>> LISTS = new EnumMap<>(Signal.class);
  private static final Map<Signal, Older> OLDER = new EnumMap<>(Signal.class);

  static {
    LISTS.put(Signal.TRACES, list("trace_conditions", "spans, span events and links"));
    LISTS.put(Signal.METRICS, list("metric_conditions", "metrics and data points"));
    LISTS.put(Signal.LOGS, list("log_conditions", "log records"));
    OLDER.put(
        Signal.TRACES,
        new Older(
            "traces",
            Map.of(
                "resource", OttlContext.RESOURCE,
                "scope", OttlContext.SCOPE,
                "span", OttlContext.SPAN,
                "spanevent", OttlContext.SPAN_EVENT,
                "spanlink", OttlContext.SPAN_LINK)));
    OLDER.put(
        Signal.METRICS,
        new Older(
            "metrics",
            Map.of(
                "resource", OttlContext.RESOURCE,
                "scope", OttlContext.SCOPE,
                "metric", OttlContext.METRIC,
                "datapoint", OttlContext.DATA_POINT)));
    OLDER.put(
        Signal.LOGS,
        new Older(
            "logs",
            Map.of(
                "resource", OttlContext.RESOURCE,
                "scope", OttlContext.SCOPE,
                "log_record", OttlContext.LOG)));
    LISTS.put(Signal.PROFILES, list("profile_conditions", "profiles and their samples"));
    OLDER.put(
        Signal.PROFILES,
        new Older(
            "profiles",
            Map.of(
                "resource", OttlContext.RESOURCE,
                "scope", OttlContext.SCOPE,
                "profile", OttlContext.PROFILE)));
  }

  private static final Section SPANS =
      new Section("spans", "Former way of writing conditions for spans.");
  private static final Key<Match> SPANS_INCLUDE =
      SPANS.optional("include", Match.TYPE, "Spans that do not match are dropped.");
  private static final Key<Match> SPANS_EXCLUDE =
      SPANS.optional("exclude", Match.TYPE, "Spans that match are dropped.");
  private static final Key<YamlObject> SPANS_KEY =
      SECTION.optional("spans", SPANS.type(o -> o), "Former way of writing conditions for spans.");

  public static final Type<FilterConfig> TYPE = SECTION.type(FilterConfig::read);

  /** Keys of a signal in the older format, in which keys determine the context. */
  private static final class Older {
    final Map<Key<List<String>>, OttlContext> lists = new LinkedHashMap<>();
    final @Nullable Key<Match> include;
    final @Nullable Key<Match> exclude;
    final Key<YamlObject> key;

    Older(String name, Map<String, OttlContext> contexts) {
      Section s = new Section(name, "OTTL conditions for " + name + ", by context.");
      contexts.entrySet().stream()
          .sorted(Map.Entry.comparingByValue())
          .forEach(
              e ->
                  lists.put(
                      s.key(
                          e.getKey(),
                          Type.list(Type.STRING),
                          List.of(),
                          "Conditions evaluated for each " + e.getValue().text() + "."),
                      e.getValue()));
      if (name.equals("profiles")) { // profiles were added after this grammar
        include = null;
        exclude = null;
      } else {
        Type<Match> type = name.equals("metrics") ? Match.METRICS : Match.TYPE;
        include = s.optional("include", type, "Items to keep; all others are dropped.");
        exclude = s.optional("exclude", type, "Items to drop.");
      }
      key = SECTION.optional(name, s.type(o -> o), "OTTL conditions for " + name + ".");
    }
  }

  private static Key<List<YamlNode>> list(String key, String of) {
    return SECTION.key(
        key,
        Type.list(Type.of("condition or group", null, n -> n)),
        List.of(),
        "Conditions for "
            + of
            + ": as strings, or in groups with conditions, context and"
            + " error_mode.");
  }

  private static FilterConfig read(YamlObject o) {
    ErrorMode mode = o.get(ERROR_MODE);
    Map<Signal, Rules> rules = new EnumMap<>(Signal.class);
    LISTS.forEach(
        (signal, key) -> {
          List<Group> groups = new ArrayList<>();
          Older older = java.util.Objects.requireNonNull(OLDER.get(signal));
          YamlObject old = o.find(older.key);
          if (old != null && !o.get(key).isEmpty()) {
            throw o.error(key, "replaces " + older.key.name() + "; remove one of them");
          }
          for (YamlNode n : o.get(key)) {
            groups.add(group(n, mode));
          }
          Match include = find(old, older.include);
          Match exclude = find(old, older.exclude);
          if (old != null) {
            older.lists.forEach(
                (k, context) -> {
                  if (!old.get(k).isEmpty()) {
                    groups.add(
                        new Group(
                            java.util.Objects.requireNonNull(old.at(k)),
                            context,
                            old.get(k),
                            mode));
                  }
                });
          }
          YamlObject spans = signal == Signal.TRACES ? o.find(SPANS_KEY) : null;
          if (spans != null) {
            include = spans.find(SPANS_INCLUDE);
            exclude = spans.find(SPANS_EXCLUDE);
          }
          if (!groups.isEmpty() && (include != null || exclude != null)) {
            throw o.error(
                "include and exclude cannot be combined with conditions of the same signal; use "
                    + "a second filter");
          }
          rules.put(signal, new Rules(groups, include, exclude));
        });
    return new FilterConfig(rules);
  }

  private static @Nullable Match find(@Nullable YamlObject o, @Nullable Key<Match> key) {
    return o == null || key == null ? null : o.find(key);
  }

  private static Group group(YamlNode n, ErrorMode mode) {
    if (n.isScalar()) {
      return new Group(n, null, List.of(n.asString()), mode);
    }
    YamlObject g = n.object(GROUP);
    ErrorMode own = g.find(GROUP_ERROR_MODE);
    return new Group(n, g.find(CONTEXT), g.get(CONDITIONS), own == null ? mode : own);
  }
}
