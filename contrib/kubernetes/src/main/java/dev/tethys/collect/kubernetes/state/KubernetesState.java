package dev.tethys.collect.kubernetes.state;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.databind.JsonNode;

/**
 * Watches the objects of a cluster and keeps the series of each, under the names of
 * kube-state-metrics. Thread-safe.
 *
 * <p>One watch for each kind. Objects are reduced to their series as they are read; together they
 * have at most {@link #MAX_BYTES}, beyond which objects have no series and are counted. A kind of
 * operators that the cluster does not have is looked for every {@link #ABSENT_PAUSE}.
 */
public final class KubernetesState implements AutoCloseable {
  /** Most bytes of the series of all objects. */
  static final long MAX_BYTES = 512L << 20;

  /** Most objects of a kind. */
  static final int MAX_OBJECTS = 500_000;

  static final Duration ABSENT_PAUSE = Duration.ofMinutes(5);

  private static final System.Logger LOG = JulLogger.of(KubernetesState.class.getName());
  private static final String OWN = "tethys_cluster_agent_kubernetes_";

  private final InstantSource clock;
  private final Duration minAge;
  private final List<Watched> watched = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final LimitedLog limits = new LimitedLog(LOG);

  /**
   * @param minAge objects that were created later have no series yet
   */
  public KubernetesState(ResourceWatch.Connection api, InstantSource clock, Duration minAge) {
    this(api, clock, minAge, StateKinds.ALL);
  }

  private KubernetesState(
      ResourceWatch.Connection api, InstantSource clock, Duration minAge, List<StateKind> kinds) {
    this.clock = clock;
    this.minAge = minAge;
    for (StateKind kind : kinds) {
      watched.add(new Watched(kind, api));
    }
  }

  /** Watches pods only, for {@link #podTargets}. */
  public static KubernetesState ofPods(ResourceWatch.Connection api, InstantSource clock) {
    return new KubernetesState(
        api,
        clock,
        Duration.ZERO,
        StateKinds.ALL.stream().filter(k -> k.path().equals(PodTargets.PATH)).toList());
  }

  /** Pods with annotations that ask for scrapes, as the JSON of HTTP discovery. */
  public String podTargets() {
    return watched.stream()
        .filter(w -> w.kind.path().equals(PodTargets.PATH))
        .findFirst()
        .map(w -> PodTargets.json(w.cache.objects().values()))
        .orElse("[]");
  }

  /** Starts to watch. */
  public synchronized void start() {
    for (Watched w : watched) {
      threads.add(w.cache.thread("kubernetes-state-" + w.kind.resource()));
    }
    threads.forEach(Thread::start);
  }

  /** Metrics of all objects, each name once; metrics are created while they are read. */
  public List<MetricFamily> families() {
    return families(Shard.ALL);
  }

  /** Metrics of a part of the objects. */
  public List<MetricFamily> families(Shard shard) {
    long until = minAge.isZero() ? Long.MAX_VALUE : clock.instant().minus(minAge).getEpochSecond();
    List<MetricFamily> all = new ArrayList<>();
    for (Watched w : watched) {
      w.kind.addFamilies(w.cache.objects().values(), until, shard, all);
    }
    Map<String, MetricFamily> byName = new TreeMap<>();
    for (MetricFamily f : all) {
      if (!f.metrics().isEmpty()) {
        byName.merge(f.name(), f, KubernetesState::joined);
      }
    }
    return List.copyOf(byName.values());
  }

  private static MetricFamily joined(MetricFamily a, MetricFamily b) {
    List<Metric> both = new ArrayList<>();
    a.metrics().iterator().forEachRemaining(both::add);
    b.metrics().iterator().forEachRemaining(both::add);
    return new MetricFamily(a.name(), a.type(), a.help(), a.unit(), both);
  }

  /** Metrics of the watches. */
  public List<MetricFamily> about() {
    List<Metric> up = new ArrayList<>();
    List<Metric> objects = new ArrayList<>();
    for (ResourceStatus s : statuses()) {
      Labels labels = Labels.of("resource", s.resource(), "group", s.group());
      if (s.status() != ResourceStatus.Status.ABSENT) {
        up.add(new Metric(labels, s.status() == ResourceStatus.Status.OK ? 1 : 0));
        objects.add(new Metric(labels, s.objects()));
      }
    }
    return List.of(
        gauge(OWN + "objects", "Objects of the cluster that are watched.", objects),
        gauge(
            OWN + "state_bytes",
            "Bytes of the series of all objects.",
            List.of(new Metric(Labels.EMPTY, bytes.get()))),
        new MetricFamily(
            OWN + "series_dropped_total",
            MetricType.COUNTER,
            "Series of objects beyond the limits.",
            "",
            List.of(new Metric(Labels.EMPTY, dropped.get()))),
        gauge(OWN + "watch_up", "1 if the last request of a watch succeeded.", up));
  }

  private static MetricFamily gauge(String name, String help, List<Metric> metrics) {
    return new MetricFamily(name, MetricType.GAUGE, help, "", metrics);
  }

  /** Statuses of all watches. */
  public List<ResourceStatus> statuses() {
    return watched.stream().map(Watched::status).toList();
  }

  @Override
  public synchronized void close() {
    threads.forEach(Thread::interrupt);
    threads.clear();
  }

  /** Objects of one kind; changed by the thread of its watch. */
  private final class Watched implements ResourceCache.Listener<StateObject> {
    private final StateKind kind;
    private final ResourceCache<StateObject> cache;
    private final SeriesBuffer buffer = new SeriesBuffer();
    private long read; // bytes of objects that were read and not yet reported
    private volatile ResourceStatus.Status status = ResourceStatus.Status.WAITING;
    private volatile String problem = "";

    Watched(StateKind kind, ResourceWatch.Connection api) {
      this.kind = kind;
      ResourceWatch.Scope scope = new ResourceWatch.Scope(kind.path(), "", "", kind.metadataOnly());
      ResourceWatch.Connection own =
          new ResourceWatch.Connection(
              api.access(),
              api.sender(),
              d -> api.pause().pause(status == ResourceStatus.Status.ABSENT ? ABSENT_PAUSE : d));
      this.cache = new ResourceCache<>(scope, own, this, MAX_OBJECTS);
    }

    ResourceStatus status() {
      return new ResourceStatus(
          kind.resource(), kind.group(), status, problem, cache.objects().size());
    }

    @Override
    public StateObject read(JsonNode object) {
      StateObject o = kind.read(object, buffer);
      int lost = buffer.dropped();
      if (bytes.get() + read + o.series().length > MAX_BYTES) {
        o = kind.withoutSeries(buffer);
        lost++;
      }
      if (lost > 0) {
        dropped.addAndGet(lost);
        limits.log(
            Level.WARNING,
            "Series of an object dropped resource={0} object={1} series={2}",
            kind.resource(),
            ResourceWatch.key(object),
            lost);
      }
      read += o.series().length;
      return o;
    }

    @Override
    public void changed(List<ResourceCache.Change<StateObject>> changes) {
      long more = 0;
      for (ResourceCache.Change<StateObject> c : changes) {
        StateObject before = c.before();
        StateObject after = c.after();
        more += (after == null ? 0 : after.series().length);
        more -= before == null ? 0 : before.series().length;
      }
      bytes.addAndGet(more);
      read = 0;
      status = ResourceStatus.Status.OK;
      problem = "";
    }

    @Override
    public void synced() {
      status = ResourceStatus.Status.OK;
      LOG.log(Level.DEBUG, "Objects listed resource={0}", kind.resource());
    }

    @Override
    public void failed(String what, String reason) {
      read = 0;
      if (!reason.equals(problem)) {
        LOG.log(
            Level.WARNING,
            "Kubernetes API request failed, retrying what=\"{0}\" error=\"{1}\"",
            what,
            reason);
      }
      status = ResourceStatus.Status.FAILING;
      problem = reason;
    }

    @Override
    public void missing(String what, String reason) {
      read = 0;
      status = ResourceStatus.Status.ABSENT;
      problem = kind.custom() ? "" : reason;
    }
  }
}
