package dev.tethys.pipeline.receiver.kubernetes;

import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Environment of a receiver that uses the Kubernetes API: network access and pod environment.
 *
 * @param environment variables of the process; null for unset variables
 * @param account folder of the pod's service account
 * @param version version of this program
 */
public record KubernetesEnvironment(
    ResourceWatch.Sender sender,
    Function<String, @Nullable String> environment,
    Path account,
    String version) {
  /** Returns the environment of this process. */
  public static KubernetesEnvironment here(ResourceWatch.Sender sender, String version) {
    return new KubernetesEnvironment(
        sender, System::getenv, ClusterAccess.SERVICE_ACCOUNT, version);
  }
}
