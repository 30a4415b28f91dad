package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the API of a cluster is reached from where the process runs.
 *
 * @param environment variables of the process; null for those that are not set
 * @param account where a pod finds its service account
 */
public record Reach(
    ResourceWatch.Sender sender,
    ResourceWatch.Pause pause,
    Function<String, @Nullable String> environment,
    Path account) {
  private static final String OUTSIDE = "auth_type: kubeConfig asks as kubectl does";

  /** From this process. */
  public static Reach here(ResourceWatch.Sender sender) {
    return new Reach(sender, Thread::sleep, System::getenv, ClusterAccess.SERVICE_ACCOUNT);
  }

  String variable(String name) {
    String v = environment.apply(name);
    return v == null ? "" : v;
  }

  /**
   * What a configuration asks through.
   *
   * @throws IOException when it is not there: what, and what to do
   */
  ResourceWatch.Means means(KubernetesConfig c) throws IOException {
    try {
      ClusterAccess access =
          switch (c.auth()) {
            case SERVICE_ACCOUNT -> ClusterAccess.inCluster(environment, account, OUTSIDE);
            case NONE -> ClusterAccess.anonymous(environment, OUTSIDE);
            case KUBECONFIG ->
                new Kubeconfig(
                    c.kubeconfig().isEmpty() ? kubeconfig() : Path.of(c.kubeconfig()),
                    c.context(),
                    InstantSource.system());
          };
      return new ResourceWatch.Means(
          access, new Pace(sender, pause, c.callsPerSecond(), c.burst()), pause);
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The file that kubectl reads; the first that is there, if several are named. */
  private Path kubeconfig() {
    String named = variable("KUBECONFIG");
    for (String s : named.split(File.pathSeparator, -1)) {
      if (!s.isEmpty() && Files.exists(Path.of(s))) {
        return Path.of(s);
      }
    }
    String home = variable("HOME");
    return Path.of(home.isEmpty() ? System.getProperty("user.home", "/") : home, ".kube", "config");
  }
}
