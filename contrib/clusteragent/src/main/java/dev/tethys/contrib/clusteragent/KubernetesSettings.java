package dev.tethys.contrib.clusteragent;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Access to the API of a cluster, and what is read there.
 *
 * @param discoverDatabases whether annotations of pods name databases
 * @param namespaces whose pods are read; empty for all
 * @param kubeconfig file; empty for the service account of the pod
 * @param context of the file; empty for the current one
 */
record KubernetesSettings(
    boolean discoverDatabases, List<String> namespaces, String kubeconfig, String context) {
  private static final int MAX_NAMESPACES = 100;
  private static final Section SECTION =
      new Section("kubernetes", "Kubernetes cluster whose API the agent reads.");
  private static final Key<Boolean> DISCOVER =
      SECTION.key(
          "discover_databases",
          Type.BOOL,
          true,
          "Read databases that annotations coroot.com/…-scrape of pods name.");
  private static final Key<List<String>> NAMESPACES =
      SECTION.key(
          "namespaces",
          Type.list(Type.STRING),
          List.of(),
          "Namespaces whose pods are read; all if empty.");
  private static final Key<String> KUBECONFIG =
      SECTION.key(
          "kubeconfig",
          Type.PATH,
          "",
          "File of the access; if empty the service account of the agent's pod.");
  private static final Key<String> CONTEXT =
      SECTION.key("context", Type.STRING, "", "Context of the file; if empty the current one.");

  /** Type of the key in the file. */
  static final Type<KubernetesSettings> TYPE = SECTION.type(KubernetesSettings::read);

  KubernetesSettings {
    namespaces = List.copyOf(namespaces);
  }

  private static KubernetesSettings read(YamlObject o) {
    List<String> namespaces = o.get(NAMESPACES);
    if (namespaces.size() > MAX_NAMESPACES) {
      throw o.error(NAMESPACES, namespaces.size() + " namespaces; at most " + MAX_NAMESPACES);
    }
    for (String n : namespaces) {
      if (!n.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
        throw o.error(NAMESPACES, "\"" + n + "\" is not the name of a namespace");
      }
    }
    if (o.get(KUBECONFIG).isEmpty() && !o.get(CONTEXT).isEmpty()) {
      throw o.error(CONTEXT, "context needs kubeconfig");
    }
    return new KubernetesSettings(o.get(DISCOVER), namespaces, o.get(KUBECONFIG), o.get(CONTEXT));
  }

  /**
   * Access to the API.
   *
   * @throws IOException with the missing item and the remedy
   */
  ClusterAccess access(Function<String, @Nullable String> environment) throws IOException {
    try {
      return kubeconfig.isEmpty()
          ? ClusterAccess.inCluster(
              environment, ClusterAccess.SERVICE_ACCOUNT, "kubernetes.kubeconfig names a file")
          : new Kubeconfig(Path.of(kubeconfig), context, InstantSource.system());
    } catch (IllegalStateException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
