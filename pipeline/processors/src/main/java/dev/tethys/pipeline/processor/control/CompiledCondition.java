package dev.tethys.pipeline.processor.control;

import dev.tethys.config.YamlNode;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.Ottl;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.ottl.OttlException;
import dev.tethys.pipeline.processor.OttlConfig;
import dev.tethys.pipeline.processor.filter.FilterFactory;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Condition of a control, compiled for each of its signals. */
final class CompiledCondition {
  private static final Ottl OTTL = FilterFactory.ottl(InstantSource.system());

  /** Parts of items: removing them drops no item, and a control only counts items. */
  private static final Set<OttlContext> PARTS =
      EnumSet.of(OttlContext.SPAN_EVENT, OttlContext.SPAN_LINK, OttlContext.EXEMPLAR);

  private final Map<Signal, Conditions> bySignal = new EnumMap<>(Signal.class);

  /**
   * Compiles the condition.
   *
   * @throws OttlException if the condition is invalid
   */
  CompiledCondition(Control c) {
    if (c.condition().isEmpty()) {
      return;
    }
    for (Signal s : c.signals()) {
      Conditions compiled = compiled(s, c.condition(), c.signals().size() == 1);
      if (PARTS.contains(compiled.context())) {
        throw new OttlException(
            c.condition(),
            0,
            "the condition is about "
                + compiled.context().text()
                + "s; a control drops whole items");
      }
      bySignal.put(s, compiled);
    }
  }

  /**
   * Compiles for a signal. Paths without a context are those of its items where the signal is the
   * only one, as a condition of several would read another field for each.
   */
  private static Conditions compiled(Signal s, String condition, boolean single) {
    try {
      return OTTL.conditions(OttlConfig.contexts(s), null, List.of(condition), ErrorMode.IGNORE);
    } catch (OttlException e) {
      if (!single) {
        throw e;
      }
      OttlException first = null;
      for (OttlContext items : items(s)) {
        try {
          return OTTL.conditions(
              OttlConfig.contexts(s), items, List.of(condition), ErrorMode.IGNORE);
        } catch (OttlException x) {
          first = first == null ? x : first;
        }
      }
      // A path that begins with a context is better explained by the inference.
      throw first == null || OttlContext.isNamedIn(condition) ? e : first;
    }
  }

  private static List<OttlContext> items(Signal s) {
    return switch (s) {
      case LOGS -> List.of(OttlContext.LOG);
      case TRACES -> List.of(OttlContext.SPAN);
      case METRICS -> List.of(OttlContext.DATA_POINT, OttlContext.METRIC);
      case PROFILES -> List.of(OttlContext.PROFILE, OttlContext.PROFILE_SAMPLE);
    };
  }

  /** Checks the condition of a control, with the position in the file in errors. */
  static void check(YamlNode at, Control c) {
    OttlConfig.load(at, () -> new CompiledCondition(c));
  }

  /**
   * Returns the context in which the condition is evaluated; null for a control without a
   * condition.
   */
  @Nullable OttlContext context(Signal s) {
    Conditions c = bySignal.get(s);
    return c == null ? null : c.context();
  }

  /** Whether the condition holds; true for a control without one. */
  boolean holds(Signal s, Cursor at) {
    Conditions c = bySignal.get(s);
    return c == null || c.any(at);
  }
}
