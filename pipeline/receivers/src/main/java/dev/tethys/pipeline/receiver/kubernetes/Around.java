package dev.tethys.pipeline.receiver.kubernetes;

import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is around a receiver that asks a cluster: the way out, and what a pod is given.
 *
 * @param environment variables of the process; null for those that are not set
 * @param account where a pod finds its service account
 * @param version of this program
 */
public record Around(
    ResourceWatch.Sender sender,
    Function<String, @Nullable String> environment,
    Path account,
    String version) {
  /** Around this process. */
  public static Around here(ResourceWatch.Sender sender, String version) {
    return new Around(sender, System::getenv, ClusterAccess.SERVICE_ACCOUNT, version);
  }
}
