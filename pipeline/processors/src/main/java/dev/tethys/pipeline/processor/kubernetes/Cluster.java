package dev.tethys.pipeline.processor.kubernetes;

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
 * Objects of a cluster, kept up to date by one watch for each kind that rules use, and shared by
 * all processors with the same settings.
 */
final class Cluster {
  /** How long a start that waits for pods waits for what they belong to. */
  private static final Duration OTHERS = Duration.ofSeconds(5);

  /** How often what is gone is looked through. */
  private static final Duration SWEEP = Duration.ofSeconds(30);

  /** The namespace that every cluster has, whose identity is the cluster's. */
  private static final String KUBE_SYSTEM = "kube-system";

  /** Where nothing is said of it, a pod is who has the connection's address. */
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
  private Scheduler.@Nullable Timer timer; // guarded by this
  private boolean stopped; // guarded by this
  private volatile long associated; // each sweep has its own thread

  Cluster(KubernetesConfig config, Rules rules, Scheduler clock, System.Logger log) {
    this.config = config;
    this.rules = rules;
    this.clock = clock;
    this.log = log;
    List<List<String>> associations =
        config.associations().isEmpty() ? BY_CONNECTION : config.associations();
    boolean byNode = associations.stream().anyMatch(a -> a.contains(Rules.NODE));
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

  /** Begins to watch; returns at once. */
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

  /** Not on the timer's thread: it waits for watches, and goes through all pods. */
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
      log.log(Level.ERROR, "could not look through what is gone; it is done again", e);
    } finally {
      synchronized (this) {
        timer = stopped ? null : clock.schedule(SWEEP, this::sweepAsync);
      }
    }
  }

  /**
   * Waits for a first list of all pods, and for a while for those of what they belong to.
   *
   * @throws IOException when there is none in time
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

  /** The pod of a key; null where there is none, or nothing is to be said of it. */
  @Nullable Pod find(int association, Object key) {
    Pod p = pods.find(association, key);
    if (p == null) {
      misses.increment();
    }
    return p == null || p.isIgnored() ? null : p;
  }

  /** An object that something names; null where it is not known. */
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

  /** What a pod's owner belongs to: the deployment of its replica set, the cron job of its job. */
  @Nullable Workload owner(Pod pod) {
    KubernetesKind k = pod.owner().kind();
    return k == null ? null : find(k, pod.owner().uid());
  }

  /** The name of the deployment or cron job that a pod is of; {@code ""} for none. */
  String manager(Pod pod) {
    Workload w = owner(pod);
    return w == null ? pod.owner().guess() : w.owner();
  }

  /** What a service of a pod is called that does not say so itself. */
  String service(Pod pod) {
    String manager = manager(pod);
    String owner = pod.owner().name();
    return !manager.isEmpty() ? manager : owner.isEmpty() ? pod.name() : owner;
  }

  /** The identity of the cluster; {@code ""} where it is not known. */
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
      case Rules.SERVICE_NAME -> service(pod);
      case Rules.CLUSTER_UID -> uid();
      case Rules.DEPLOYMENT -> k == KubernetesKind.REPLICASET ? manager(pod) : null;
      case Rules.CRONJOB -> k == KubernetesKind.JOB ? manager(pod) : null;
      case Rules.DEPLOYMENT_UID ->
          k == KubernetesKind.REPLICASET && w != null ? w.ownerUid() : null;
      case Rules.CRONJOB_UID -> k == KubernetesKind.JOB && w != null ? w.ownerUid() : null;
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
