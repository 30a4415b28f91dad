package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.kubernetes.state.ResourceCheck;
import dev.tethys.collect.kubernetes.state.ResourceCheck.Outcome;
import dev.tethys.model.file.IoFailures;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lists the resources of a cluster that can be read, and the rules that give missing rights. */
final class ClusterCheck {
  private ClusterCheck() {}

  /**
   * Requests each resource and adds the result as a table.
   *
   * @return whether all resources that the cluster has can be read
   */
  static boolean run(
      KubernetesSettings settings,
      HttpClientFactory clients,
      Function<String, @Nullable String> environment,
      StringBuilder out)
      throws InterruptedException {
    out.append("kubernetes");
    ResourceWatch.Connection api;
    try {
      api =
          new ResourceWatch.Connection(
              settings.access(environment),
              (c, call) -> clients.client(c).send(call),
              Thread::sleep);
    } catch (IOException e) {
      out.append('\n');
      DatabaseCheck.row(out, "connection", "failed", IoFailures.describe(e));
      return false;
    }
    out.append(' ').append(api.access().base()).append('\n');
    boolean whole = true;
    for (ResourceCheck.Result r : ResourceCheck.run(api, settings.state(), settings.events())) {
      whole &= r.outcome() == Outcome.OK || r.outcome() == Outcome.ABSENT;
      DatabaseCheck.row(
          out, r.resource(), r.outcome().name().toLowerCase(Locale.ROOT), r.problem());
      if (!r.remedy().isEmpty()) {
        DatabaseCheck.row(out, "", "", "remedy: rule of a ClusterRole: " + r.remedy());
      }
    }
    return whole;
  }
}
