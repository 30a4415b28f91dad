package dev.tethys.pipeline.processor.sampling.tail;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.ottl.Conditions;
import dev.tethys.pipeline.ottl.Cursor;
import dev.tethys.pipeline.ottl.ErrorMode;
import dev.tethys.pipeline.ottl.OttlContext;
import dev.tethys.pipeline.processor.OttlConfig;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code ottl_condition}: samples traces in which a condition is true for a span or span event. */
final class OttlRule implements SamplingPolicy {
  private static final Section SECTION =
      new Section("ottl_condition", "Samples traces with an item that matches an OTTL condition.");
  private static final Key<ErrorMode> MODE =
      SECTION.key(
          "error_mode",
          OttlConfig.ERROR_MODE,
          ErrorMode.PROPAGATE,
          "Handling of evaluation errors; with propagate the policy makes no decision on "
              + "the trace.");
  private static final Key<List<String>> SPAN =
      SECTION.key("span", Type.list(Type.STRING), List.of(), "Conditions on spans.");
  private static final Key<List<String>> EVENT =
      SECTION.key("spanevent", Type.list(Type.STRING), List.of(), "Conditions on span events.");

  static final Type<SamplingPolicy> TYPE = SECTION.type(OttlRule::new);

  private final YamlNode at;
  private final List<String> span;
  private final List<String> event;
  private final ErrorMode mode;

  private OttlRule(YamlObject o) {
    at = o.node();
    span = o.get(SPAN);
    event = o.get(EVENT);
    mode = o.get(MODE);
    if (span.isEmpty() && event.isEmpty()) {
      throw o.error("names at least one condition, of span or of spanevent");
    }
  }

  @Override
  public Policy policy(Tools tools) {
    Conditions ofSpan = load(tools, OttlContext.SPAN, span);
    Conditions ofEvent = load(tools, OttlContext.SPAN_EVENT, event);
    return t -> Decision.of(holds(t, ofSpan, ofEvent));
  }

  private @Nullable Conditions load(Tools tools, OttlContext context, List<String> texts) {
    if (texts.isEmpty()) {
      return null;
    }
    Conditions c =
        OttlConfig.load(
            at, () -> tools.ottl().conditions(OttlContext.TRACES, context, texts, mode));
    tools.conditions().add(c);
    return c;
  }

  private static boolean holds(Trace t, @Nullable Conditions ofSpan, @Nullable Conditions ofEvent) {
    Cursor at = new Cursor();
    for (TracesData d : t.data()) {
      for (ResourceGroup<Span> r : d.resources()) {
        at.atResource(r);
        for (ScopeGroup<Span> s : r.scopes()) {
          at.atScope(s);
          for (Span x : s.items()) {
            if (holds(at.atSpan(x), x, ofSpan, ofEvent)) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }

  private static boolean holds(
      Cursor at, Span x, @Nullable Conditions ofSpan, @Nullable Conditions ofEvent) {
    at.beginItem();
    if (ofSpan != null && ofSpan.any(at)) {
      return true;
    }
    if (ofEvent != null && x.hasEvents()) {
      for (int i = 0; i < x.events().size(); i++) {
        at.beginItem();
        if (ofEvent.any(at.atEvent(x.events().get(i), i))) {
          return true;
        }
      }
    }
    return false;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof OttlRule r
        && r.span.equals(span)
        && r.event.equals(event)
        && r.mode == mode;
  }

  @Override
  public int hashCode() {
    return Objects.hash(span, event, mode);
  }
}
