package dev.tethys.pipeline.extension.observer;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Settings of a {@code k8s_observer}.
 *
 * @param node limits pods and nodes to this node; {@code ""} for all
 * @param kinds object kinds to watch; not empty
 * @param namespaces namespaces to watch; empty for all
 */
public record KubernetesObserverConfig(
    ClusterSettings access, String node, List<ObservedKind> kinds, List<String> namespaces) {
  private static final Section SECTION =
      new Section(
          "k8s_observer",
          "Observes pods, ports, services, ingresses and nodes of a Kubernetes " + "cluster.");
  private static final ClusterSettings.Keys ACCESS = new ClusterSettings.Keys(SECTION);
  private static final Key<String> NODE =
      SECTION.key(
          "node", Type.STRING, "", "Name of a node; only this node and its pods are observed.");
  private static final Key<Boolean> PODS =
      SECTION.key(
          "observe_pods",
          Type.BOOL,
          true,
          "If true, running pods, their containers and their ports are observed.");
  private static final Key<Boolean> NODES =
      SECTION.key("observe_nodes", Type.BOOL, false, "If true, nodes are observed.");
  private static final Key<Boolean> SERVICES =
      SECTION.key("observe_services", Type.BOOL, false, "If true, services are observed.");
  private static final Key<Boolean> INGRESSES =
      SECTION.key(
          "observe_ingresses", Type.BOOL, false, "If true, paths of ingresses are observed.");
  private static final Key<List<String>> NAMESPACES =
      SECTION.key(
          "namespaces", Type.list(Type.STRING), List.of(), "Observed namespaces; all if empty.");

  static final Type<KubernetesObserverConfig> TYPE = SECTION.type(KubernetesObserverConfig::read);

  private static KubernetesObserverConfig read(YamlObject o) {
    List<ObservedKind> kinds = new ArrayList<>();
    add(kinds, o.get(PODS), ObservedKind.POD);
    add(kinds, o.get(NODES), ObservedKind.NODE);
    add(kinds, o.get(SERVICES), ObservedKind.SERVICE);
    add(kinds, o.get(INGRESSES), ObservedKind.INGRESS);
    if (kinds.isEmpty()) {
      throw o.error(
          "at least one of observe_pods, observe_nodes, observe_services and observe_ingresses "
              + "must be true");
    }
    for (String n : o.get(NAMESPACES)) {
      if (!n.matches("[a-z0-9]([-a-z0-9]*[a-z0-9])?")) {
        throw o.error(NAMESPACES, "\"" + n + "\" is not a valid namespace name");
      }
    }
    return new KubernetesObserverConfig(
        ACCESS.read(o),
        o.get(NODE),
        List.copyOf(kinds),
        List.copyOf(new LinkedHashSet<>(o.get(NAMESPACES))));
  }

  private static void add(List<ObservedKind> to, boolean wanted, ObservedKind kind) {
    if (wanted) {
      to.add(kind);
    }
  }
}
