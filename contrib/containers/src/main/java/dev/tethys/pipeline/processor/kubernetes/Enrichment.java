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
      setIfExtracted(
          set ? AttributeNames.DEPLOYMENT : AttributeNames.CRONJOB, cluster.manager(pod));
      Workload w = cluster.owner(pod);
      if (w != null) {
        setIfExtracted(
            set ? AttributeNames.DEPLOYMENT_UID : AttributeNames.CRONJOB_UID, w.ownerUid());
      }
    }
    if (rules.extracts(AttributeNames.SERVICE_NAME) && !pod.hasService()) {
      set(AttributeNames.SERVICE_NAME, cluster.service(pod));
    }
    if (rules.extracts(AttributeNames.CLUSTER_UID)) {
      set(AttributeNames.CLUSTER_UID, cluster.uid());
    }
    if (rules.wantsContainers()) {
      container(pod);
    }
  }

  private void container(Pod pod) {
    String name = Associations.text(to, AttributeNames.CONTAINER);
    String id = Associations.text(to, AttributeNames.CONTAINER_ID);
    Pod.Container c =
        !name.isEmpty()
            ? pod.container(name)
            : !id.isEmpty() ? pod.containerWithId(id) : pod.onlyContainer();
    if (c == null) {
      return;
    }
    setIfExtracted(AttributeNames.CONTAINER, c.runs().length > 0 ? c.name() : "");
    set(AttributeNames.IMAGE, c.image());
    setIfExtracted(AttributeNames.IMAGE_TAG, c.tag());
    if (rules.extracts(AttributeNames.IMAGE_TAGS) && !c.tag().isEmpty()) {
      list(AttributeNames.IMAGE_TAGS, c.tag());
    }
    set(AttributeNames.SERVICE_INSTANCE, c.instance());
    set(AttributeNames.SERVICE_VERSION, c.version());
    Pod.Run run = run(c);
    if (run != null) {
      if (rules.extracts(AttributeNames.CONTAINER_ID)
          && !run.id().isEmpty()
          && !to.contains(AttributeNames.CONTAINER_ID)) {
        set(AttributeNames.CONTAINER_ID, run.id());
      }
      if (!run.digest().isEmpty()) {
        list(AttributeNames.IMAGE_DIGESTS, run.digest());
      }
    }
  }

  private void list(String name, String value) {
    if (!to.contains(name)) {
      to.add(name, ArrayValue.of(value));
      changed = true;
    }
  }

  /** Returns the run named by the resource, or the last one; null if there is no such run. */
  private Pod.@Nullable Run run(Pod.Container c) {
    Object count = to.get(AttributeNames.RESTARTS);
    boolean named = to.contains(AttributeNames.RESTARTS);
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
            : Associations.text(to, AttributeNames.NAMESPACE);
    of(KubernetesKind.NAMESPACE, namespace);
    setIfExtracted(AttributeNames.SERVICE_NAMESPACE, namespace);
    String node =
        pod != null && !pod.node().isEmpty()
            ? pod.node()
            : Associations.text(to, AttributeNames.NODE);
    Workload on = of(KubernetesKind.NODE, node);
    if (on != null) {
      setIfExtracted(AttributeNames.NODE_UID, on.uid());
    }
    KubernetesKind owner = pod == null ? null : pod.owner().kind();
    String ownerUid = pod == null ? "" : pod.owner().uid();
    Workload w = pod == null ? null : cluster.owner(pod);
    String above = w == null ? "" : w.ownerUid();
    of(
        KubernetesKind.DEPLOYMENT,
        owner == KubernetesKind.REPLICASET ? above : "",
        AttributeNames.DEPLOYMENT_UID);
    of(
        KubernetesKind.REPLICASET,
        owner == KubernetesKind.REPLICASET ? ownerUid : "",
        AttributeNames.REPLICASET_UID);
    of(
        KubernetesKind.STATEFULSET,
        owner == KubernetesKind.STATEFULSET ? ownerUid : "",
        AttributeNames.STATEFULSET_UID);
    of(
        KubernetesKind.DAEMONSET,
        owner == KubernetesKind.DAEMONSET ? ownerUid : "",
        AttributeNames.DAEMONSET_UID);
    of(KubernetesKind.JOB, owner == KubernetesKind.JOB ? ownerUid : "", AttributeNames.JOB_UID);
    of(
        KubernetesKind.CRONJOB,
        owner == KubernetesKind.JOB ? above : "",
        AttributeNames.CRONJOB_UID);
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
