package dev.tethys.pipeline.privacy;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.DistributionDataPoint;
import dev.tethys.model.telemetry.Exemplar;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.NumberDataPoint;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.SpanEvent;
import dev.tethys.model.telemetry.SpanLink;
import dev.tethys.model.telemetry.Telemetry;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Strings in a telemetry tree: attributes, bodies, names, messages; excluding profiles. */
public final class TelemetryTexts {
  /** Function of a text in its field. */
  @FunctionalInterface
  public interface Editor {
    /**
     * Returns the replacement for a text; the same object for no change.
     *
     * @param field key of an attribute, {@code body}, {@code name} or {@code status}
     */
    String edit(String field, String text);
  }

  private TelemetryTexts() {}

  /**
   * Edits all strings.
   *
   * @return whether anything changed
   */
  public static boolean edit(Telemetry<?> data, Editor editor) {
    boolean changed = false;
    for (ResourceGroup<?> r : data.resources()) {
      changed |= attributes(r.resource().attributes(), editor);
      for (ScopeGroup<?> s : r.scopes()) {
        changed |= attributes(s.scope().attributes(), editor);
        for (Object item : s.items()) {
          changed |= editItem(item, editor);
        }
      }
    }
    return changed;
  }

  /** Edits the strings of a log record, span or metric. */
  public static boolean editItem(Object item, Editor editor) {
    return switch (item) {
      case LogRecord l -> log(l, editor);
      case Span s -> span(s, editor);
      case Metric m -> metric(m, editor);
      default -> false;
    };
  }

  private static boolean log(LogRecord l, Editor editor) {
    boolean changed = attributes(l.attributes(), editor);
    switch (l.body()) {
      case String text -> {
        String after = editor.edit("body", text);
        if (!after.equals(text)) {
          l.setBody(after);
          changed = true;
        }
      }
      case Attributes map -> changed |= attributes(map, editor);
      case ArrayValue list -> changed |= list("body", list, editor);
      case null, default -> {
        // not text
      }
    }
    return changed;
  }

  private static boolean span(Span s, Editor editor) {
    boolean changed = attributes(s.attributes(), editor);
    String name = editor.edit("name", s.name());
    if (!name.equals(s.name())) {
      s.setName(name);
      changed = true;
    }
    String status = editor.edit("status", s.statusMessage());
    if (!status.equals(s.statusMessage())) {
      s.setStatusMessage(status);
      changed = true;
    }
    if (s.hasEvents()) {
      for (SpanEvent e : s.events()) {
        changed |= attributes(e.attributes(), editor);
      }
    }
    if (s.hasLinks()) {
      for (SpanLink l : s.links()) {
        changed |= attributes(l.attributes(), editor);
      }
    }
    return changed;
  }

  private static boolean metric(Metric m, Editor editor) {
    boolean changed = false;
    if (m.data() != null) {
      for (DataPoint p : m.data().points()) {
        changed |= edit(p, editor);
      }
    }
    return changed;
  }

  /** Edits the strings of a data point. */
  public static boolean edit(DataPoint p, Editor editor) {
    boolean changed = attributes(p.attributes(), editor);
    for (Exemplar e : exemplars(p)) {
      changed |= attributes(e.attributes(), editor);
    }
    return changed;
  }

  /** Edits the strings of attributes. */
  public static boolean edit(Attributes a, Editor editor) {
    return attributes(a, editor);
  }

  private static List<Exemplar> exemplars(DataPoint p) {
    return switch (p) {
      case NumberDataPoint n when n.hasExemplars() -> n.exemplars();
      case DistributionDataPoint d when d.hasExemplars() -> d.exemplars();
      default -> List.of();
    };
  }

  private static boolean attributes(Attributes a, Editor editor) {
    boolean changed = false;
    for (int i = 0; i < a.size(); i++) {
      Object before = a.value(i);
      if (before instanceof Attributes map) {
        changed |= attributes(map, editor);
      } else if (before instanceof ArrayValue list) {
        changed |= list(a.key(i), list, editor);
      } else {
        Object after = value(a.key(i), before, editor);
        if (after != before) {
          a.setValue(i, after);
          changed = true;
        }
      }
    }
    return changed;
  }

  private static boolean list(String field, ArrayValue list, Editor editor) {
    boolean changed = false;
    for (int i = 0; i < list.size(); i++) {
      Object before = list.get(i);
      if (before instanceof Attributes map) {
        changed |= attributes(map, editor);
      } else if (before instanceof ArrayValue inner) {
        changed |= list(field, inner, editor);
      } else {
        Object after = value(field, before, editor);
        if (after != before) {
          list.set(i, after);
          changed = true;
        }
      }
    }
    return changed;
  }

  private static @Nullable Object value(String field, @Nullable Object v, Editor editor) {
    if (!(v instanceof String s)) {
      return v;
    }
    String after = editor.edit(field, s);
    return after.equals(s) ? v : after;
  }
}
