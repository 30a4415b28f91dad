package dev.tethys.model.telemetry;

import java.util.ArrayList;
import java.util.List;

/** The telemetry of one request: resources with scopes with items. */
public abstract sealed class Telemetry<T extends Item<T>>
    permits LogsData, TracesData, MetricsData, ProfilesData {
  private final ArrayList<ResourceGroup<T>> resources = new ArrayList<>();

  /** The resources, which may be changed in place. */
  public final List<ResourceGroup<T>> resources() {
    return resources;
  }

  /** Log records, spans, data points or samples of profiles in all resources. */
  public final int itemCount() {
    int n = 0;
    for (ResourceGroup<T> r : resources) {
      n += r.itemCount();
    }
    return n;
  }

  /** Removes scopes without items and resources without scopes. */
  public final void removeEmpty() {
    for (ResourceGroup<T> r : resources) {
      r.scopes().removeIf(s -> s.items().isEmpty());
    }
    resources.removeIf(r -> r.scopes().isEmpty());
  }

  /** A deep copy. */
  public abstract Telemetry<T> copy();

  final void copyResources(Telemetry<T> from) {
    for (ResourceGroup<T> r : from.resources) {
      resources.add(r.copy());
    }
  }
}
