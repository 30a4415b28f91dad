package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import org.jspecify.annotations.Nullable;

/**
 * Adds the known attributes of a resource's pod and of the pod's owners. Attributes already present
 * are kept.
 */
final class Enrichment {
  private final Cluster cluster;
  private final Rules rules;
  private final Attributes to;
  private boolean changed;

  private Enrichment(Cluster cluster, Attributes to) {
    this.cluster = cluster;
    this.rules = cluster.rules();
    this.to = to;
  }

  /**
   * @param pod null if unknown
   * @return whether anything was added
   */
  static boolean add(Cluster cluster, @Nullable Pod pod, Attributes to) {
    Enrichment e = new Enrichment(cluster, to);
    if (pod != null) {
      e.pod(pod);
    }
    e.addContext(pod);
    return e.changed;
  }

  /** Sets a missing or empty attribute; returns whether it was set. */
  static boolean set(Attributes to, String name, Object value) {
    int i = to.indexOf(name);
    if (i < 0) {
      to.add(name, value);
      return true;
    }
    Object there = to.value(i);
    if (there == null || there.equals("")) {
      to.setValue(i, value);
      return true;
    }
    return false;
  }

  private void set(String name, String value) {
    if (!value.isEmpty()) {
      changed |= set(to, name, (Object) value);
    }
  }

  private void setIfExtracted(String name, String value) {
    if (rules.extracts(name)) {
      set(name, value);
    }
  }

  private void setAll(String[] pairs) {
    for (int i = 0; i < pairs.length; i += 2) {
      changed |= set(to, pairs[i], (Object) pairs[i + 1]);
    }
  }

  private void pod(Pod pod) {
    setAll(pod.attributes());
    KubernetesKind owner = pod.owner().kind();
    if (owner == KubernetesKind.REPLICASET || owner == KubernetesKind.JOB) {
      boolean set = owner == KubernetesKind.REPLICASET;
      setIfExtracted(set ? Rules.DEPLOYMENT : Rules.CRONJOB, cluster.manager(pod));
      Workload w = cluster.owner(pod);
      if (w != null) {
        setIfExtracted(set ? Rules.DEPLOYMENT_UID : Rules.CRONJOB_UID, w.ownerUid());
      }
    }
    if (rules.extracts(Rules.SERVICE_NAME) && !pod.hasService()) {
      set(Rules.SERVICE_NAME, cluster.service(pod));
    }
    if (rules.extracts(Rules.CLUSTER_UID)) {
      set(Rules.CLUSTER_UID, cluster.uid());
    }
    if (rules.wantsContainers()) {
      container(pod);
    }
  }

  private void container(Pod pod) {
    String name = Associations.text(to, Rules.CONTAINER);
    String id = Associations.text(to, Rules.CONTAINER_ID);
    Pod.Container c =
        !name.isEmpty()
            ? pod.container(name)
            : !id.isEmpty() ? pod.containerWithId(id) : pod.onlyContainer();
    if (c == null) {
      return;
    }
    setIfExtracted(Rules.CONTAINER, c.runs().length > 0 ? c.name() : "");
    set(Rules.IMAGE, c.image());
    setIfExtracted(Rules.IMAGE_TAG, c.tag());
    if (rules.extracts(Rules.IMAGE_TAGS) && !c.tag().isEmpty()) {
      list(Rules.IMAGE_TAGS, c.tag());
    }
    set(Rules.SERVICE_INSTANCE, c.instance());
    set(Rules.SERVICE_VERSION, c.version());
    Pod.Run run = run(c);
    if (run != null) {
      if (rules.extracts(Rules.CONTAINER_ID)
          && !run.id().isEmpty()
          && !to.contains(Rules.CONTAINER_ID)) {
        set(Rules.CONTAINER_ID, run.id());
      }
      if (!run.digest().isEmpty()) {
        list(Rules.IMAGE_DIGESTS, run.digest());
      }
    }
  }

  private void list(String name, String value) {
    if (!to.contains(name)) {
      to.add(name, ArrayValue.of(value));
      changed = true;
    }
  }

  /** Run named by the resource, or the last one; null if there is no such run. */
  private Pod.@Nullable Run run(Pod.Container c) {
    Object count = to.get(Rules.RESTARTS);
    boolean named = to.contains(Rules.RESTARTS);
    long wanted = -1;
    if (count instanceof Long l) {
      wanted = l;
    } else if (count instanceof String s) {
      try {
        wanted = Long.parseLong(s);
      } catch (NumberFormatException e) {
        return null;
      }
    }
    Pod.Run found = null;
    for (Pod.Run r : c.runs()) {
      if (named ? r.restarts() == wanted : found == null || r.restarts() >= found.restarts()) {
        found = r;
      }
    }
    return found;
  }

  /**
   * Adds attributes of the namespace, node and owners of the pod, or of those named by the resource
   * itself.
   */
  private void addContext(@Nullable Pod pod) {
    String namespace =
        pod != null && !pod.namespace().isEmpty()
            ? pod.namespace()
            : Associations.text(to, Rules.NAMESPACE);
    of(KubernetesKind.NAMESPACE, namespace);
    setIfExtracted(Rules.SERVICE_NAMESPACE, namespace);
    String node =
        pod != null && !pod.node().isEmpty() ? pod.node() : Associations.text(to, Rules.NODE);
    Workload on = of(KubernetesKind.NODE, node);
    if (on != null) {
      setIfExtracted(Rules.NODE_UID, on.uid());
    }
    KubernetesKind owner = pod == null ? null : pod.owner().kind();
    String ownerUid = pod == null ? "" : pod.owner().uid();
    Workload w = pod == null ? null : cluster.owner(pod);
    String above = w == null ? "" : w.ownerUid();
    of(
        KubernetesKind.DEPLOYMENT,
        owner == KubernetesKind.REPLICASET ? above : "",
        Rules.DEPLOYMENT_UID);
    of(
        KubernetesKind.REPLICASET,
        owner == KubernetesKind.REPLICASET ? ownerUid : "",
        Rules.REPLICASET_UID);
    of(
        KubernetesKind.STATEFULSET,
        owner == KubernetesKind.STATEFULSET ? ownerUid : "",
        Rules.STATEFULSET_UID);
    of(
        KubernetesKind.DAEMONSET,
        owner == KubernetesKind.DAEMONSET ? ownerUid : "",
        Rules.DAEMONSET_UID);
    of(KubernetesKind.JOB, owner == KubernetesKind.JOB ? ownerUid : "", Rules.JOB_UID);
    of(KubernetesKind.CRONJOB, owner == KubernetesKind.JOB ? above : "", Rules.CRONJOB_UID);
  }

  private void of(KubernetesKind kind, String uid, String named) {
    if (rules.watched().contains(kind)) {
      of(kind, uid.isEmpty() ? Associations.text(to, named) : uid);
    }
  }

  private @Nullable Workload of(KubernetesKind kind, String id) {
    Workload w = cluster.find(kind, id);
    if (w != null) {
      setAll(w.attributes());
    }
    return w;
  }
}
