package dev.tethys.pipeline.processor.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Objects of a cluster, kept current by one watch per required kind and shared by all processors
 * with the same settings.
 */
final class Cluster {
  /** Additional time for which a start that waits for pods waits for their owners. */
  private static final Duration OTHERS = Duration.ofSeconds(5);

  /** Interval of the removal of deleted objects. */
  private static final Duration SWEEP = Duration.ofSeconds(30);

  /** Namespace present in every cluster; its UID identifies the cluster. */
  private static final String KUBE_SYSTEM = "kube-system";

  /** Default association: the pod with the address of the connection. */
  private static final List<List<String>> BY_CONNECTION = List.of(List.of(""));

  private final KubernetesConfig config;
  private final Rules rules;
  private final Scheduler clock;
  private final System.Logger log;
  private final PodReader reader;
  private final DeletedObjects departures;
  private final PodTable pods;
  private final Map<KubernetesKind, Workloads> workloads = new EnumMap<>(KubernetesKind.class);
  private final Map<KubernetesKind, WatchedObjects.Counts> counts =
      new EnumMap<>(KubernetesKind.class);
  private final LongAdder misses = new LongAdder();
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch podsSeen;
  private final CountDownLatch othersSeen;
  private final List<String> namespaces;

  @GuardedBy("this")
  private Scheduler.@Nullable Timer timer;

  @GuardedBy("this")
  private boolean stopped;

  private volatile long associated; // each sweep has its own thread

  Cluster(KubernetesConfig config, Rules rules, Scheduler clock, System.Logger log) {
    this.config = config;
    this.rules = rules;
    this.clock = clock;
    this.log = log;
    List<List<String>> associations =
        config.associations().isEmpty() ? BY_CONNECTION : config.associations();
    boolean byNode = associations.stream().anyMatch(a -> a.contains(AttributeNames.NODE));
    this.reader = new PodReader(rules, config.excluded(), byNode);
    this.departures = new DeletedObjects(config.grace().toMillis());
    this.pods = new PodTable(associations, this::attribute, departures);
    this.namespaces =
        config.filter().namespaces().isEmpty() ? List.of("") : config.filter().namespaces();
    int others = 0;
    for (KubernetesKind k : rules.watched()) {
      counts.put(k, new WatchedObjects.Counts());
      if (k != KubernetesKind.POD) {
        workloads.put(k, new Workloads(k, departures));
        others += namespacesOf(k).size();
      }
    }
    this.podsSeen = new CountDownLatch(namespaces.size());
    this.othersSeen = new CountDownLatch(others);
  }

  private List<String> namespacesOf(KubernetesKind k) {
    return k.namespaced() ? namespaces : List.of("");
  }

  /** Starts watching; returns immediately. */
  void start(ResourceWatch.Connection means, String node) {
    associated = clock.nanos();
    for (KubernetesKind k : rules.watched()) {
      for (String ns : namespacesOf(k)) {
        threads.add(
            k == KubernetesKind.POD ? watchPods(means, ns, node) : watch(k, means, ns, node));
      }
    }
    synchronized (this) {
      timer = clock.schedule(SWEEP, this::sweepAsync);
    }
  }

  private Thread watchPods(ResourceWatch.Connection means, String namespace, String node) {
    KubernetesConfig.Filter f = config.filter();
    return run(
        KubernetesKind.POD,
        new ResourceCache<>(
            new ResourceWatch.Scope(
                KubernetesKind.POD.path(namespace),
                f.labelSelector(),
                f.fieldSelector(node),
                false),
            means,
            new WatchedObjects<>(
                reader::read,
                Pod::uid,
                (key, pod) -> pods.put(key, pod, clock.millis()),
                (key, _) -> pods.remove(key, clock.millis()),
                countsOf(KubernetesKind.POD),
                podsSeen::countDown,
                log)));
  }

  private Thread watch(
      KubernetesKind kind, ResourceWatch.Connection means, String namespace, String node) {
    String field =
        switch (kind) {
          case NAMESPACE -> rules.wantsOnlyKubeSystem() ? "metadata.name=" + KUBE_SYSTEM : "";
          case NODE -> node.isEmpty() ? "" : "metadata.name=" + node;
          default -> "";
        };
    Workloads to = of(kind);
    return run(
        kind,
        new ResourceCache<>(
            new ResourceWatch.Scope(kind.path(namespace), "", field, true),
            means,
            new WatchedObjects<>(
                (JsonNode o) -> Workload.of(kind, o, rules),
                Workload::uid,
                (_, w) -> to.put(w),
                (_, w) -> to.remove(w, clock.millis()),
                countsOf(kind),
                this::othersSeen,
                log)));
  }

  private void othersSeen() {
    othersSeen.countDown();
    if (othersSeen.getCount() == 0 && pods.dependsOnOwners()) {
      pods.reassociateAll(clock.millis());
    }
  }

  private static Thread run(KubernetesKind kind, ResourceCache<?> cache) {
    Thread thread = cache.thread("kubernetes-" + kind.word());
    thread.start();
    return thread;
  }

  /** Runs off the timer's thread: it waits for watches and iterates over all pods. */
  private void sweepAsync() {
    clock.execute("kubernetes-sweep", this::sweep);
  }

  private void sweep() {
    try {
      departures.sweep(clock.millis());
      long period = config.syncPeriod().toNanos();
      if (period > 0 && clock.nanos() - associated >= period && pods.dependsOnOwners()) {
        associated = clock.nanos();
        pods.reassociateAll(clock.millis());
      }
    } catch (RuntimeException e) {
      log.log(Level.ERROR, "Cleanup of deleted objects failed, retrying", e);
    } finally {
      synchronized (this) {
        timer = stopped ? null : clock.schedule(SWEEP, this::sweepAsync);
      }
    }
  }

  /**
   * Waits for the first list of all pods, and for a limited time for the lists of their owners.
   *
   * @throws IOException if the pods are not listed in time
   */
  void await(Duration timeLimit) throws IOException {
    long end = System.nanoTime() + timeLimit.toNanos();
    try {
      boolean all = podsSeen.await(timeLimit.toNanos(), TimeUnit.NANOSECONDS);
      if (!all) {
        throw new IOException(
            "failed to wait for caches to sync: there was no list of pods within "
                + timeLimit.toMillis()
                + " ms (wait_for_metadata_timeout); see the log");
      }
      long rest = Math.min(end - System.nanoTime(), OTHERS.toNanos());
      if (!othersSeen.await(Math.max(0, rest), TimeUnit.NANOSECONDS)) {
        log.log(Level.WARNING, "Owners of pods not loaded, continuing without them");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while it waited for a list of pods", e);
    }
  }

  void stop() {
    threads.forEach(Thread::interrupt);
    synchronized (this) {
      stopped = true;
      if (timer != null) {
        timer.cancel();
        timer = null;
      }
    }
  }

  /** Returns the pod with a key; null if it does not exist or is ignored. */
  @Nullable Pod find(int association, Object key) {
    Pod p = pods.find(association, key);
    if (p == null) {
      misses.increment();
    }
    return p == null || p.isIgnored() ? null : p;
  }

  /** Returns the object with an ID, or null if unknown. */
  @Nullable Workload find(KubernetesKind kind, String id) {
    Workloads w = workloads.get(kind);
    return w == null ? null : w.find(id);
  }

  private Workloads of(KubernetesKind kind) {
    return Objects.requireNonNull(workloads.get(kind));
  }

  WatchedObjects.Counts countsOf(KubernetesKind kind) {
    return Objects.requireNonNull(counts.get(kind));
  }

  /**
   * Returns the controller of a pod's owner: the deployment of its replica set, or the cron job of
   * its job.
   */
  @Nullable Workload owner(Pod pod) {
    KubernetesKind k = pod.owner().kind();
    return k == null ? null : find(k, pod.owner().uid());
  }

  /** Returns the name of a pod's deployment or cron job; {@code ""} for none. */
  String manager(Pod pod) {
    Workload w = owner(pod);
    return w == null ? pod.owner().guess() : w.owner();
  }

  /** Derives the service name of a pod that does not specify one. */
  String service(Pod pod) {
    String manager = manager(pod);
    String owner = pod.owner().name();
    return !manager.isEmpty() ? manager : owner.isEmpty() ? pod.name() : owner;
  }

  /** Returns the UID of the cluster; {@code ""} if unknown. */
  String uid() {
    Workload w = find(KubernetesKind.NAMESPACE, KUBE_SYSTEM);
    return w == null ? "" : w.uid();
  }

  private @Nullable String attribute(Pod pod, String name) {
    String own = pod.attribute(name);
    if (own != null || !rules.extracts(name)) {
      return own;
    }
    KubernetesKind k = pod.owner().kind();
    Workload w = owner(pod);
    return switch (name) {
      case AttributeNames.SERVICE_NAME -> service(pod);
      case AttributeNames.CLUSTER_UID -> uid();
      case AttributeNames.DEPLOYMENT -> k == KubernetesKind.REPLICASET ? manager(pod) : null;
      case AttributeNames.CRONJOB -> k == KubernetesKind.JOB ? manager(pod) : null;
      case AttributeNames.DEPLOYMENT_UID ->
          k == KubernetesKind.REPLICASET && w != null ? w.ownerUid() : null;
      case AttributeNames.CRONJOB_UID -> k == KubernetesKind.JOB && w != null ? w.ownerUid() : null;
      default -> null;
    };
  }

  Rules rules() {
    return rules;
  }

  long misses() {
    return misses.sum();
  }

  int tableSize() {
    return pods.size();
  }
}
