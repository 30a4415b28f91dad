package dev.tethys.pipeline.processor.attributes;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.Resource;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Scope;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.processor.Match;
import dev.tethys.pipeline.processor.TreeEditorFactory;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code attributes} and {@code resource} processors. */
public final class AttributesProcessors {
  /** Profiles are excluded, as in the Collector: their attributes are in the dictionary. */
  private static final Set<Signal> SIGNALS = Set.of(Signal.TRACES, Signal.METRICS, Signal.LOGS);

  /** Settings of {@code attributes}. */
  public record Settings(List<Action> actions, @Nullable Match include, @Nullable Match exclude) {}

  private static final Section ATTRIBUTES =
      new Section("attributes", "Changes attributes of spans, log records and data points.");
  private static final Key<List<Action>> ACTIONS =
      ATTRIBUTES.required("actions", Type.list(Action.TYPE), "Actions in order.");
  private static final Key<Match> INCLUDE =
      ATTRIBUTES.optional("include", Match.TYPE, "Only items that match are changed.");
  private static final Key<Match> EXCLUDE =
      ATTRIBUTES.optional("exclude", Match.TYPE, "Items that match are not changed.");

  private static final Section RESOURCE =
      new Section("resource", "Changes attributes of resources.");
  private static final Key<List<Action>> RESOURCE_ACTIONS =
      RESOURCE.required("attributes", Type.list(Action.TYPE), "Actions in order.");

  private AttributesProcessors() {}

  private static Settings read(YamlObject o) {
    if (o.get(ACTIONS).isEmpty()) {
      throw o.error(ACTIONS, "needs at least one action");
    }
    return new Settings(o.get(ACTIONS), o.find(INCLUDE), o.find(EXCLUDE));
  }

  public static ProcessorFactory<Settings> attributes() {
    return new TreeEditorFactory<>(
        "attributes",
        "Edits attributes of spans, log records and data points.",
        ATTRIBUTES.type(AttributesProcessors::read),
        SIGNALS,
        (settings, _, _) ->
            (data, batch) -> {
              edit(data, settings, batch.metadata());
              return true;
            });
  }

  public static ProcessorFactory<List<Action>> resource() {
    return new TreeEditorFactory<>(
        "resource",
        "Edits attributes of resources.",
        RESOURCE.type(
            o -> {
              if (o.get(RESOURCE_ACTIONS).isEmpty()) {
                throw o.error(RESOURCE_ACTIONS, "needs at least one action");
              }
              return o.get(RESOURCE_ACTIONS);
            }),
        Set.of(Signal.values()),
        (actions, _, _) ->
            (data, batch) -> {
              for (ResourceGroup<?> r : data.resources()) {
                apply(actions, r.resource().attributes(), batch.metadata());
              }
              return true;
            });
  }

  private static void apply(List<Action> actions, Attributes to, Metadata metadata) {
    for (Action a : actions) {
      a.apply(to, metadata);
    }
  }

  private static void edit(Telemetry<?> data, Settings s, Metadata metadata) {
    for (ResourceGroup<?> r : data.resources()) {
      for (ScopeGroup<?> g : r.scopes()) {
        for (Object item : g.items()) {
          edit(r.resource(), g.scope(), item, s, metadata);
        }
      }
    }
  }

  private static void edit(Resource r, Scope g, Object item, Settings s, Metadata metadata) {
    switch (item) {
      case Span x -> {
        if (isIncluded(s, m -> m.span(r, g, x))) {
          apply(s.actions(), x.attributes(), metadata);
        }
      }
      case LogRecord x -> {
        if (isIncluded(s, m -> m.log(r, g, x))) {
          apply(s.actions(), x.attributes(), metadata);
        }
      }
      case Metric x -> {
        if (x.data() != null) {
          for (DataPoint p : x.data().points()) {
            if (isIncluded(s, m -> m.metric(r, g, x, p.attributes()))) {
              apply(s.actions(), p.attributes(), metadata);
            }
          }
        }
      }
      default -> throw new AssertionError();
    }
  }

  private static boolean isIncluded(Settings s, java.util.function.Predicate<Match> matches) {
    return (s.include() == null || matches.test(s.include()))
        && (s.exclude() == null || !matches.test(s.exclude()));
  }
}
