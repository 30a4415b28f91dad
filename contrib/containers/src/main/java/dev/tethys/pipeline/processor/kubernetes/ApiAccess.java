package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Access to the API of a cluster from the environment of the process.
 *
 * @param environment variables of the process; null for unset variables
 * @param account folder of the pod's service account
 */
public record ApiAccess(
    ResourceWatch.Sender sender,
    ResourceWatch.Pause pause,
    Function<String, @Nullable String> environment,
    Path account) {
  /** Creates the access from this process. */
  public static ApiAccess here(ResourceWatch.Sender sender) {
    return new ApiAccess(sender, Thread::sleep, System::getenv, ClusterAccess.SERVICE_ACCOUNT);
  }

  String variable(String name) {
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  /**
   * Returns the connection for a configuration.
   *
   * @throws IOException if a credential is missing, with the remedy
   */
  ResourceWatch.Connection means(KubernetesConfig c) throws IOException {
    try {
      ClusterAccess access =
          switch (c.auth()) {
            case SERVICE_ACCOUNT ->
                ClusterAccess.inCluster(environment, account, Kubeconfig.OTHERWISE);
            case NONE -> ClusterAccess.anonymous(environment, Kubeconfig.OTHERWISE);
            case KUBECONFIG ->
                new Kubeconfig(
                    c.kubeconfig().isEmpty()
                        ? Kubeconfig.ofUser(environment)
                        : Path.of(c.kubeconfig()),
                    c.context(),
                    InstantSource.system());
          };
      return new ResourceWatch.Connection(
          access, new LookupRateLimiter(sender, pause, c.callsPerSecond(), c.burst()), pause);
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
