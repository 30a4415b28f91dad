package dev.tethys.contrib.clusteragent;

import dev.tethys.config.Secret;
import dev.tethys.contrib.clusteragent.PodAnnotations.Named;
import dev.tethys.contrib.clusteragent.PodAnnotations.SecretFields;
import dev.tethys.contrib.clusteragent.PodAnnotations.SecretKeys;
import dev.tethys.model.guard.LimitedLog;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.kubernetes.ResourceCache;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;

/** Databases that annotations of pods name. Their logins may be in Secrets of the namespace. */
final class PodSource implements TargetSource {
  /** Most pods of a namespace, or of the cluster without a list of namespaces. */
  static final int MAX_PODS = 100_000;

  private static final System.Logger LOG = JulLogger.of(PodSource.class.getName());
  private static final Duration PERIOD = Duration.ofSeconds(5);

  private final List<ResourceCache<PodAnnotations>> caches = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final SecretFields secrets;
  private final CountDownLatch synced;
  private final CountDownLatch first = new CountDownLatch(1);
  private final LimitedLog failures = new LimitedLog(LOG);
  private volatile String problem = "";
  private volatile List<FoundDatabase> found = List.of();

  /** Starts to watch the pods. */
  PodSource(ResourceWatch.Connection connection, List<String> namespaces, SecretFields secrets) {
    this.secrets = secrets;
    List<String> paths =
        namespaces.isEmpty()
            ? List.of("/api/v1/pods")
            : namespaces.stream().map(n -> "/api/v1/namespaces/" + n + "/pods").toList();
    this.synced = new CountDownLatch(paths.size());
    for (String path : paths) {
      ResourceCache<PodAnnotations> cache =
          new ResourceCache<>(
              new ResourceWatch.Scope(path, "", "", false), connection, new Pods(), MAX_PODS);
      caches.add(cache);
      threads.add(cache.thread("database-pods"));
    }
    threads.add(
        Thread.ofVirtual()
            .name("database-secrets")
            .unstarted(SupervisedLoop.of("database_secrets", this::run)));
    threads.forEach(Thread::start);
  }

  @Override
  public String name() {
    return "annotations of pods";
  }

  @Override
  public List<FoundDatabase> databases() {
    return found;
  }

  @Override
  public String problem() {
    return problem;
  }

  @Override
  public void awaitFirst(Duration limit) throws InterruptedException {
    first.await(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run() {
    try {
      synced.await();
      while (true) {
        publish();
        first.countDown();
        Thread.sleep(PERIOD);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void publish() {
    List<FoundDatabase> out = new ArrayList<>();
    for (ResourceCache<PodAnnotations> cache : caches) {
      for (PodAnnotations pod : cache.objects().values()) {
        for (Named d : pod.databases()) {
          if (out.size() < TargetMerge.MAX_FOUND) {
            out.add(database(pod.pod(), d, secrets));
          }
        }
      }
    }
    found = List.copyOf(out);
  }

  /** Database of an annotation, with its login. */
  static FoundDatabase database(String pod, Named d, SecretFields secrets) {
    String user = d.user();
    String password = d.password();
    String problem = d.problem();
    SecretKeys keys = d.secret();
    if (keys != null && problem.isEmpty()) {
      SecretFields.Answer a = secrets.of(keys.namespace(), keys.name());
      problem = a.problem();
      if (problem.isEmpty()) {
        problem = missing(keys, a.fields());
        user = a.fields().getOrDefault(keys.userKey(), user);
        password = a.fields().getOrDefault(keys.passwordKey(), password);
      }
    }
    // TLS alone is a setting, too: servers without a login may demand it.
    DatabaseLogin login =
        user.isEmpty() && password.isEmpty() && d.engine().needsLogin()
            ? null
            : DatabaseLogin.of(user, new Secret(password), "", d.mode().tls());
    return new FoundDatabase(
        d.engine(), d.host(), d.port(), pod, "annotations of pod " + pod, login, problem, Set.of());
  }

  private static String missing(SecretKeys keys, Map<String, String> fields) {
    for (String key : List.of(keys.userKey(), keys.passwordKey())) {
      if (!key.isEmpty() && !fields.containsKey(key)) {
        return "secret " + keys.namespace() + "/" + keys.name() + " has no key " + key;
      }
    }
    return "";
  }

  /** Receives pods. */
  private final class Pods implements ResourceCache.Listener<PodAnnotations> {
    @Override
    public PodAnnotations read(JsonNode pod) {
      return PodAnnotations.of(pod);
    }

    @Override
    public void changed(List<ResourceCache.Change<PodAnnotations>> changes) {
      problem = "";
    }

    @Override
    public void synced() {
      synced.countDown();
    }

    @Override
    public void failed(String what, String reason) {
      problem =
          LimitedLog.cut(what + ": " + reason)
              + (reason.contains("403")
                  ? "; grant the verbs get, list and watch on pods to the agent"
                  : "");
      failures.log(Level.WARNING, "Pods cannot be read, retrying {0}: {1}", what, reason);
    }
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
