package dev.tethys.pipeline.receiver.archive;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.MetricData;
import dev.tethys.model.telemetry.Profile;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.archive.ArchiveSelection;
import java.util.Map;

/** Keeps the items of a selection and marks their resources. */
final class ReplayFilter {
  private final ArchiveSelection selection;
  private final String name;

  /**
   * @param name name of the replay
   */
  ReplayFilter(ArchiveSelection selection, String name) {
    this.selection = selection;
    this.name = name;
  }

  /**
   * Removes items outside the selection from a request.
   *
   * @param writtenNanos time of items without one
   */
  <T extends Item<T>> void apply(Telemetry<T> tree, long writtenNanos) {
    tree.resources().removeIf(r -> !hasAttributes(r.resource().attributes()));
    for (ResourceGroup<T> r : tree.resources()) {
      for (ScopeGroup<T> s : r.scopes()) {
        s.items().removeIf(i -> isOutside(i, writtenNanos));
      }
    }
    tree.removeEmpty();
    for (ResourceGroup<T> r : tree.resources()) {
      r.resource().attributes().put(Archive.REPLAY_ATTRIBUTE, name);
    }
  }

  private boolean hasAttributes(Attributes of) {
    for (Map.Entry<String, String> e : selection.attributes().entrySet()) {
      Object v = of.get(e.getKey());
      if (v == null || !ValueText.of(v).equals(e.getValue())) {
        return false;
      }
    }
    return true;
  }

  private boolean isOutside(Item<?> item, long written) {
    return switch (item) {
      case LogRecord l ->
          isOutside(l.timeUnixNano() == 0 ? l.observedTimeUnixNano() : l.timeUnixNano(), written);
      case Span s -> isOutside(s.startTimeUnixNano(), written);
      case Metric m -> m.data() == null || isEmptied(m.data(), written);
      case Profile _ -> false; // selected by its request
    };
  }

  private <P extends DataPoint> boolean isEmptied(MetricData<P> data, long written) {
    data.points().removeIf(p -> isOutside(p.timeUnixNano(), written));
    return data.points().isEmpty();
  }

  private boolean isOutside(long nanos, long written) {
    long t = nanos == 0 ? written : nanos;
    return t < selection.fromNanos() || t >= selection.untilNanos();
  }
}
