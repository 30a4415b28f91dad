package dev.tethys.pipeline.processor.transform;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.processor.OttlConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the {@code transform} processor.
 *
 * @param groups statement groups by signal, in execution order
 */
public record TransformConfig(Map<Signal, List<Group>> groups) {
  /**
   * Statements that are run together.
   *
   * @param at their position in the file
   * @param context null if it follows from the paths
   */
  public record Group(
      YamlNode at,
      @Nullable OttlContext context,
      List<String> conditions,
      List<String> statements,
      ErrorMode errorMode) {}

  private static final Section GROUP =
      new Section("statement group", "OTTL statements that are executed together.");
  private static final Key<OttlContext> CONTEXT =
      GROUP.optional(
          "context",
          OttlConfig.CONTEXT,
          "Context of the statements; inferred from their paths if absent.");
  private static final Key<List<String>> CONDITIONS =
      GROUP.key(
          "conditions",
          Type.list(Type.STRING),
          List.of(),
          "OTTL conditions; the group is executed if one of them matches.");
  private static final Key<ErrorMode> GROUP_ERROR_MODE =
      GROUP.optional(
          "error_mode",
          OttlConfig.ERROR_MODE,
          "Handling of evaluation errors; by default that of the processor.");
  private static final Key<List<String>> STATEMENTS =
      GROUP.required("statements", Type.list(Type.STRING), "OTTL statements, executed in order.");

  private static final Type<YamlNode> STATEMENT = Type.of("statement or group", null, n -> n);

  private static final Section SECTION =
      new Section("transform", "Changes telemetry with OTTL statements.");
  private static final Key<ErrorMode> ERROR_MODE =
      SECTION.key(
          "error_mode", OttlConfig.ERROR_MODE, ErrorMode.IGNORE, "Handling of evaluation errors.");
  private static final Map<Signal, Key<List<YamlNode>>> LISTS = new EnumMap<>(Signal.class);

  static {
    LISTS.put(Signal.TRACES, list("trace_statements", "spans"));
    LISTS.put(Signal.METRICS, list("metric_statements", "metrics"));
    LISTS.put(Signal.LOGS, list("log_statements", "log records"));
    LISTS.put(Signal.PROFILES, list("profile_statements", "profiles"));
  }

  public static final Type<TransformConfig> TYPE = SECTION.type(TransformConfig::read);

  private static Key<List<YamlNode>> list(String key, String of) {
    return SECTION.key(
        key,
        Type.list(STATEMENT),
        List.of(),
        "Statements for "
            + of
            + ": as strings, or in groups with statements, context, conditions"
            + " and error_mode.");
  }

  private static TransformConfig read(YamlObject o) {
    ErrorMode mode = o.get(ERROR_MODE);
    Map<Signal, List<Group>> groups = new EnumMap<>(Signal.class);
    LISTS.forEach((signal, key) -> groups.put(signal, groups(o.get(key), mode)));
    return new TransformConfig(groups);
  }

  private static List<Group> groups(List<YamlNode> nodes, ErrorMode mode) {
    List<Group> groups = new ArrayList<>();
    for (YamlNode n : nodes) {
      if (n.isScalar()) {
        groups.add(new Group(n, null, List.of(), List.of(n.asString()), mode));
      } else {
        YamlObject g = n.object(GROUP);
        ErrorMode own = g.find(GROUP_ERROR_MODE);
        groups.add(
            new Group(
                n,
                g.find(CONTEXT),
                g.get(CONDITIONS),
                g.get(STATEMENTS),
                own == null ? mode : own));
      }
    }
    return groups;
  }
}
