package dev.tethys.insight.deployments;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.insight.entities.EntityModel;
import dev.tethys.insight.entities.EntityPast;
import dev.tethys.insight.entities.kind.EntityKind;
import dev.tethys.insight.entities.kind.RelationKind;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Deployments of an entity model, and comparisons of their signals. The deployments of the whole
 * history are found again after {@link #FOUND_MILLIS}; a comparison is kept for {@link
 * #COMPARED_MILLIS}, the last {@link #MAX_KEPT} of them. Comparisons run one after the other, so
 * that their queries do not add up.
 */
public final class DeploymentReports {
  private static final long FOUND_MILLIS = 10_000;
  private static final long COMPARED_MILLIS = 60_000;
  private static final int MAX_KEPT = 50;
  private static final long DAY = 24 * 3_600_000L;

  private static final Set<EntityKind> KINDS =
      Set.copyOf(EnumSet.of(EntityKind.SERVICE, EntityKind.INSTANCE, EntityKind.CONTAINER));

  private final DeploymentComparer comparer;
  private final LongSupplier millis;
  private final Object comparing = new Object();
  private volatile @Nullable Found found;

  /** Newest last. */
  @GuardedBy("comparing")
  private final Map<String, Compared> kept = new LinkedHashMap<>();

  private record Found(EntityModel model, long at, List<ServiceDeployment> deployments) {}

  private record Compared(EntityModel model, long at, DeploymentComparison comparison) {}

  /**
   * @param millis current time in Unix milliseconds
   */
  public DeploymentReports(DeploymentSignals signals, LongSupplier millis) {
    this.comparer = new DeploymentComparer(signals);
    this.millis = millis;
  }

  /** Current time in Unix milliseconds. */
  public long now() {
    return millis.getAsLong();
  }

  /** Deployments of the whole history, the newest first. */
  public List<ServiceDeployment> all(EntityModel model) {
    long now = now();
    Found f = found;
    if (f == null || f.model != model || now - f.at > FOUND_MILLIS || now < f.at) {
      EntityPast past = model.past(KINDS, RelationKind.PART_OF, 0, Long.MAX_VALUE);
      f = new Found(model, now, DeploymentFinder.find(past, model.endsAfter()));
      found = f;
    }
    return f.deployments;
  }

  /** Compares the signals before and after a deployment; null for an unknown id. */
  public @Nullable DeploymentComparison compare(EntityModel model, String id) {
    ServiceDeployment d =
        all(model).stream().filter(x -> x.id().equals(id)).findFirst().orElse(null);
    if (d == null) {
      return null;
    }
    synchronized (comparing) {
      long now = now();
      Compared k = kept.remove(id);
      if (k == null
          || k.model != model
          || now - k.at > COMPARED_MILLIS
          || !k.comparison.deployment().equals(d)) {
        List<ServiceDeployment> its =
            all(model).stream().filter(x -> x.service().equals(d.service())).toList();
        EntityPast past =
            model.past(KINDS, RelationKind.PART_OF, d.start() - DAY - DAY, Long.MAX_VALUE);
        k = new Compared(model, now, comparer.compare(d, its, past, now));
      }
      kept.put(id, k);
      if (kept.size() > MAX_KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
      return k.comparison;
    }
  }
}
