package dev.tethys.pipeline.exporter.loadbalancing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.Kubeconfig;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Ready pods of the endpoint slices of a Kubernetes service. If the account may read endpoints but
 * not slices, as in older clusters and in the Collector's older documentation, endpoints are
 * watched.
 */
final class ServiceBackends implements BackendSource {
  /**
   * Access to the API of a cluster from the environment of the process.
   *
   * @param account folder of the pod's service account
   */
  record Reach(
      ResourceWatch.Sender sender,
      ResourceWatch.Pause pause,
      Function<String, @Nullable String> environment,
      Path account) {}

  private static final Duration PROBE = Duration.ofSeconds(10);

  private final LoadBalancingSettings.Service settings;
  private final Reach reach;
  private final System.Logger log;

  @GuardedBy("this")
  private @Nullable Thread thread;

  @GuardedBy("this")
  private boolean stopped;

  ServiceBackends(LoadBalancingSettings.Service settings, Reach reach, System.Logger log) {
    this.settings = settings;
    this.reach = reach;
    this.log = log;
  }

  @Override
  public String name() {
    return "k8s";
  }

  @Override
  public String address() {
    return "service " + settings.name();
  }

  @Override
  public void start(Listener listener) throws IOException {
    String namespace = namespace();
    ResourceWatch.Connection means;
    try {
      means = new ResourceWatch.Connection(access(), reach.sender(), reach.pause());
    } catch (IllegalStateException e) {
      throw new IOException("resolver.k8s: " + e.getMessage(), e);
    }
    CountDownLatch listed = new CountDownLatch(1);
    Thread t =
        Thread.ofVirtual()
            .name("loadbalancing-k8s")
            .start(
                () -> {
                  try {
                    watch(means, namespace, listener, listed);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    synchronized (this) {
      thread = t;
    }
    try {
      if (!listed.await(settings.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
        log.log(
            System.Logger.Level.WARNING,
            "no list of the pods of {0} within {1} s; rejecting data as retryable until it arrives",
            settings.name(),
            settings.timeout().toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Looks for cluster access like the Collector: KUBECONFIG, the pod's account, the user's file.
   */
  private ClusterAccess access() {
    String named = reach.environment().apply("KUBECONFIG");
    if (named == null || named.isEmpty()) {
      String host = reach.environment().apply("KUBERNETES_SERVICE_HOST");
      if (host != null && !host.isEmpty()) {
        return ClusterAccess.inCluster(
            reach.environment(), reach.account(), "set KUBECONFIG to a file with its address");
      }
    }
    return new Kubeconfig(Kubeconfig.ofUser(reach.environment()), "", InstantSource.system());
  }

  private String namespace() {
    String configured = settings.namespace();
    if (configured != null) {
      return configured;
    }
    return Files.exists(reach.account().resolve("namespace"))
        ? ClusterAccess.ownNamespace(reach.account())
        : "default";
  }

  private void watch(
      ResourceWatch.Connection means, String namespace, Listener listener, CountDownLatch listed)
      throws InterruptedException {
    String slices = "/apis/discovery.k8s.io/v1/namespaces/" + namespace + "/endpointslices";
    String label = "kubernetes.io/service-name=" + settings.name();
    boolean older = !mayList(means, slices);
    ResourceWatch.Scope scope =
        older
            ? new ResourceWatch.Scope(
                "/api/v1/namespaces/" + namespace + "/endpoints",
                "",
                "metadata.name=" + settings.name(),
                false)
            : new ResourceWatch.Scope(slices, label, "", false);
    new Pods(namespace, older, listener, listed, scope, means).cache.run();
  }

  /** Whether the account may list slices; the watch reports any other failure. */
  private boolean mayList(ResourceWatch.Connection means, String path) throws InterruptedException {
    try {
      ClientRequest call =
          new ClientRequest(
              "GET",
              URI.create(means.access().base() + path + "?limit=1"),
              Map.of("Accept", "application/json"),
              null,
              PROBE,
              null);
      try (ClientResponse a = means.sender().send(means.access().client(), call)) {
        return a.status() != 403 && a.status() != 404;
      }
    } catch (IOException | RuntimeException e) {
      return true;
    }
  }

  @Override
  public synchronized void stop() {
    stopped = true;
    if (thread != null) {
      thread.interrupt();
      thread = null;
    }
  }

  /** Reports all pods whenever one of the watched objects changes. */
  private final class Pods implements ResourceCache.Listener<Set<String>> {
    private final String namespace;
    private final boolean older;
    private final Listener listener;
    private final CountDownLatch listed;
    private final ResourceCache<Set<String>> cache;

    Pods(
        String namespace,
        boolean older,
        Listener listener,
        CountDownLatch listed,
        ResourceWatch.Scope scope,
        ResourceWatch.Connection means) {
      this.namespace = namespace;
      this.older = older;
      this.listener = listener;
      this.listed = listed;
      this.cache = new ResourceCache<>(scope, means, this);
    }

    @Override
    public Set<String> read(JsonNode object) {
      Set<String> out = new TreeSet<>();
      if (older) {
        for (JsonNode subset : object.path("subsets")) {
          for (JsonNode a : subset.path("addresses")) {
            add(out, a.path("hostname"), a.path("ip"));
          }
        }
      } else {
        for (JsonNode e : object.path("endpoints")) {
          if (e.path("conditions").path("ready").asBoolean(true)) {
            for (JsonNode a : e.path("addresses")) {
              add(out, e.path("hostname"), a);
            }
          }
        }
      }
      return out;
    }

    private void add(Set<String> to, JsonNode hostname, JsonNode address) {
      String host =
          settings.hostnames()
              ? hostname.asString("") // a pod without a name yet is skipped
              : address.asString("");
      if (!host.isEmpty()) {
        to.add(settings.hostnames() ? host + "." + settings.name() + "." + namespace : host);
      }
    }

    @Override
    public void synced() {
      listed.countDown();
    }

    @Override
    public void failed(String what, String reason) {
      listener.failed("cannot " + what + ": " + reason);
    }

    @Override
    public void changed(List<ResourceCache.Change<Set<String>>> changes) {
      TreeSet<String> names = new TreeSet<>();
      for (Set<String> of : cache.objects().values()) {
        for (String host : of) {
          if (settings.ports().isEmpty()) {
            names.add(host);
          }
          for (int port : settings.ports()) {
            names.add((host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port);
          }
        }
      }
      synchronized (ServiceBackends.this) {
        if (stopped) {
          return;
        }
      }
      listener.found(names.stream().toList());
    }
  }
}
