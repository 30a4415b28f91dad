package dev.tethys.pipeline.processor.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.component.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Cluster caches shared by all processors with equal settings, across pipelines and reloads. */
final class SharedClusters {
  private record Use(Cluster cluster, List<Object> users) {}

  @GuardedBy("this")
  private final Map<KubernetesConfig, Use> uses = new HashMap<>();

  /**
   * Joins the shared cluster of a configuration.
   *
   * @throws IOException if the address of the cluster is unknown
   */
  synchronized Cluster join(
      KubernetesConfig config, Object user, Context context, ApiAccess reach, String node)
      throws IOException {
    Use use = uses.get(config);
    if (use == null) {
      Cluster c = new Cluster(config, new Rules(config), context.clock(), context.logger());
      c.start(reach.means(config), node);
      use = new Use(c, new ArrayList<>());
      uses.put(config, use);
    }
    use.users.add(user);
    return use.cluster;
  }

  /** Ends a use; a cluster without users is dropped. */
  synchronized void leave(Cluster cluster, Object user) {
    uses.values()
        .removeIf(
            u -> {
              if (u.cluster == cluster && u.users.remove(user) && u.users.isEmpty()) {
                cluster.stop();
                return true;
              }
              return false;
            });
  }

  /** Whether this instance logs for the cluster, so that messages appear once. */
  synchronized boolean isFirst(Cluster cluster, Object user) {
    return uses.values().stream().anyMatch(u -> u.cluster == cluster && u.users.getFirst() == user);
  }
}
