package dev.tethys.pipeline.receiver.kubernetes;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * Access to the API of a cluster.
 *
 * @param kubeconfig file; {@code ""} for {@code KUBECONFIG}, or the one in the home folder
 * @param context kubeconfig context, or {@code ""} for the current one
 * @param throttle whether client-side rate limits are set
 */
public record ClusterSettings(Auth auth, String kubeconfig, String context, boolean throttle) {
  private static final System.Logger LOG = JulLogger.of(ClusterSettings.class.getName());

  /** Authentication methods. */
  public enum Auth {
    SERVICE_ACCOUNT("serviceAccount"),
    KUBECONFIG("kubeConfig"),
    NONE("none"),

    /** Client certificate; supported for kubelets only. */
    TLS("tls");

    private final String word;

    Auth(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  /** The keys, inline in a section. */
  public static final class Keys {
    private final Key<Auth> auth;
    private final Key<String> kubeconfig;
    private final Key<String> context;
    private final Key<Double> rate;
    private final Key<Long> burst;

    /** Adds the authentication keys of an API. */
    public Keys(Section s) {
      this(s, Auth.SERVICE_ACCOUNT, Auth.SERVICE_ACCOUNT, Auth.KUBECONFIG, Auth.NONE);
    }

    /** Variant with other functions. */
    public Keys(Section s, Auth usual, Auth... allowed) {
      auth =
          s.key(
              "auth_type",
              Type.oneOf("auth_type", allowed, Auth::word),
              usual,
              "Authentication to the Kubernetes API.");
      kubeconfig =
          s.key(
              "kube_config_path",
              Type.PATH,
              "",
              "Path of the kubeconfig file, by default that of KUBECONFIG; only with "
                  + "auth_type kubeConfig.");
      context =
          s.key(
              "context",
              Type.STRING,
              "",
              "Context of the kubeconfig file, instead of the current one; only with "
                  + "auth_type kubeConfig.");
      rate = s.key("kube_api_qps", Type.FLOAT, 0.0, "No effect: the receiver sends few requests.");
      burst = s.key("kube_api_burst", Type.INT, 0L, "No effect: the receiver sends few requests.");
    }

    public ClusterSettings read(YamlObject o) {
      boolean throttle = o.get(rate) != 0 || o.get(burst) != 0;
      ClusterSettings c =
          new ClusterSettings(o.get(auth), o.get(kubeconfig), o.get(context), throttle);
      if (c.auth != Auth.KUBECONFIG) {
        for (Key<String> k : List.of(kubeconfig, context)) {
          if (!o.get(k).isEmpty()) {
            throw o.error(k, k.name() + " is valid with auth_type: kubeConfig only");
          }
        }
      }
      return c;
    }
  }

  /** Warns of settings that have no effect. */
  public void logUnused() {
    if (throttle) {
      LOG.log(
          Level.WARNING,
          "kube_api_qps and kube_api_burst have no effect: one watch per kind, or a few calls "
              + "per interval, need no throttle");
    }
  }

  /**
   * Resolves access to the API.
   *
   * @throws IOException with the missing item and the remedy
   */
  public ClusterAccess access(KubernetesEnvironment environment) throws IOException {
    logUnused();
    try {
      return switch (auth) {
        case SERVICE_ACCOUNT ->
            ClusterAccess.inCluster(
                environment.environment(), environment.account(), Kubeconfig.OTHERWISE);
        case KUBECONFIG ->
            new Kubeconfig(
                kubeconfig.isEmpty()
                    ? Kubeconfig.ofUser(environment.environment())
                    : Path.of(kubeconfig),
                context,
                InstantSource.system());
        case NONE -> ClusterAccess.anonymous(environment.environment(), Kubeconfig.OTHERWISE);
        case TLS -> throw new IllegalStateException("auth_type: tls is not supported for an API");
      };
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
