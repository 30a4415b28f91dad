package dev.tethys.pipeline.extension.leader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.pipeline.component.Leadership;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.LeaseElection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replicas with a receiver each, before the double of a cluster's API. */
@Timeout(60)
@Tag("slow")
class LeaderElectorTest {
  private static final Duration AGAIN = Duration.ofMillis(1);

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<Replica> replicas = new ArrayList<>();

  /** Actions of receivers: {@code a begins}, {@code a ends}. */
  private final BlockingQueue<String> log = new LinkedBlockingQueue<>();

  private KubernetesDouble api;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void end() {
    replicas.forEach(Replica::stop);
    api.close();
    clients.close();
  }

  private final class Replica {
    final LeaderElector elector;
    final ElectedReceiver receiver;
    volatile boolean isCutOff;

    Replica(String name) throws IOException {
      Path kubeconfig = folder.resolve("config");
      Files.writeString(
          kubeconfig,
          "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
              .formatted(api.url()));
      elector =
          new LeaderElector(
              TestPipeline.read(
                  LeaderElectorConfig.TYPE,
                  """
                  {auth_type: kubeConfig, kube_config_path: %s, lease_name: work,
                   lease_namespace: default, lease_duration: 2s, renew_deadline: 1s,
                   retry_period: 20ms}
                  """
                      .formatted(kubeconfig)),
              new KubernetesEnvironment(
                  (c, call) -> {
                    if (isCutOff) {
                      throw new IOException("no route");
                    }
                    return clients.client(c).send(call);
                  },
                  _ -> null,
                  folder,
                  "1.2.3"),
              "extension k8s_leader_elector",
              LeaseElection.Clocks.SYSTEM,
              Thread::sleep);
      receiver = new ElectedReceiver(elector, () -> made(name), "receiver " + name, AGAIN);
      elector.start();
      receiver.start();
      replicas.add(this);
    }

    /** Stops like a graph. */
    void stop() {
      receiver.stop(Duration.ofSeconds(5));
      elector.stop(Duration.ofSeconds(5));
    }
  }

  private Receiver made(String name) {
    return new Receiver() {
      @Override
      public void start() {
        log.add(name + " begins");
      }

      @Override
      public void stop(Duration timeLimit) {
        log.add(name + " ends");
      }
    };
  }

  private String next() throws InterruptedException {
    String s = log.poll(30, TimeUnit.SECONDS);
    assertThat(s).isNotNull();
    return String.valueOf(s);
  }

  @Test
  void anotherReplicaTakesOverWhenOneStops() throws Exception {
    Replica a = new Replica("a");
    assertThat(next()).isEqualTo("a begins");
    new Replica("b");
    a.stop();
    assertThat(next()).isEqualTo("a ends");
    assertThat(next()).isEqualTo("b begins");
  }

  @Test
  void disconnectedLeaderStopsBeforeAnotherStarts() throws Exception {
    Replica a = new Replica("a");
    assertThat(next()).isEqualTo("a begins");
    Replica b = new Replica("b");
    a.isCutOff = true;
    assertThat(next()).isEqualTo("a ends");
    assertThat(next()).isEqualTo("b begins");
    a.isCutOff = false;
    b.stop();
    assertThat(next()).isEqualTo("b ends");
    assertThat(next()).isEqualTo("a begins");
  }

  @Test
  void noReplicaLeadsWhileTheApiIsDown() throws Exception {
    new Replica("a");
    assertThat(next()).isEqualTo("a begins");
    api.failNext(Integer.MAX_VALUE);
    assertThat(next()).isEqualTo("a ends");
    api.failNext(0);
    assertThat(next()).isEqualTo("a begins");
  }

  /** Leads when the test sets it. */
  private static final class Said implements Leadership {
    private final List<Follower> followers = new ArrayList<>();

    @Override
    public synchronized void follow(Follower f) {
      followers.add(f);
      f.leads(false);
    }

    @Override
    public synchronized void leave(Follower f) {
      followers.remove(f);
    }

    @Override
    public Duration grace() {
      return Duration.ofSeconds(5);
    }

    synchronized void say(boolean leads) {
      followers.forEach(f -> f.leads(leads));
    }
  }

  @Test
  void blockedStartEndsWithTheLease() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    Said said = new Said();
    ElectedReceiver r =
        new ElectedReceiver(
            said,
            () ->
                new Receiver() {
                  @Override
                  public void start() throws IOException {
                    waits.countDown();
                    try {
                      new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                      throw new IOException("interrupted", e);
                    }
                  }

                  @Override
                  public void stop(Duration timeLimit) {
                    log.add("stopped");
                  }
                },
            "receiver x",
            AGAIN);
    r.start();
    said.say(true);
    waits.await();
    said.say(false);
    assertThat(next()).isEqualTo("stopped");
    r.stop(Duration.ofSeconds(5));
    assertThat(said.followers).isEmpty();
  }

  /** Fails to be made once, to start once, and to end. */
  @Test
  void retriesAfterAnyFailure() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    AtomicInteger made = new AtomicInteger();
    Said said = new Said();
    ElectedReceiver r =
        new ElectedReceiver(
            said,
            () -> {
              int n = made.incrementAndGet();
              log.add("made " + n);
              if (n == 1) {
                throw new IllegalStateException("not today");
              }
              return new Receiver() {
                @Override
                public void start() throws IOException {
                  if (n == 2) {
                    throw new IOException("no server");
                  }
                  log.add("begins");
                }

                @Override
                public void stop(Duration timeLimit) {
                  log.add("ends");
                  if (n == 2) {
                    awaitUninterruptibly(mayEnd);
                  }
                  throw new IllegalStateException("cannot end");
                }
              };
            },
            "receiver x",
            AGAIN);
    r.start();
    said.say(true);
    assertThat(next()).isEqualTo("made 1");
    assertThat(next()).isEqualTo("made 2");
    assertThat(next()).isEqualTo("ends");
    said.say(false); // the notification does not wait for the end
    said.say(true);
    mayEnd.countDown();
    assertThat(next()).isEqualTo("made 3");
    assertThat(next()).isEqualTo("begins");
    said.say(false);
    assertThat(next()).isEqualTo("ends");
    said.say(true);
    assertThat(next()).isEqualTo("made 4");
    assertThat(next()).isEqualTo("begins");
    r.stop(Duration.ofSeconds(5));
    assertThat(said.followers).isEmpty();
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void keepsTheLeaseUntilTheReceiverHasStopped() throws Exception {
    CountDownLatch mayEnd = new CountDownLatch(1);
    Said said = new Said();
    ElectedReceiver r =
        new ElectedReceiver(
            said,
            () ->
                new Receiver() {
                  @Override
                  public void start() {
                    log.add("begins");
                  }

                  @Override
                  public void stop(Duration timeLimit) {
                    awaitUninterruptibly(mayEnd);
                  }
                },
            "receiver x",
            AGAIN);
    r.start();
    said.say(true);
    assertThat(next()).isEqualTo("begins");
    r.stop(Duration.ZERO);
    assertThat(said.followers).hasSize(1);
    mayEnd.countDown();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "lease_name: a | lease_namespace",
        "lease_namespace: a | lease_name",
        "{lease_name: A_, lease_namespace: a} | is not a valid lease name",
        "{lease_name: a, lease_namespace: A} | is not a valid namespace name",
        "{lease_name: a, lease_namespace: a, lease_duration: 10s} | less than lease_duration",
        "{lease_name: a, lease_namespace: a, lease_duration: 500ms} | at least 1s",
        "{lease_name: a, lease_namespace: a, retry_period: 9s} | retry_period must be",
        "{lease_name: a, lease_namespace: a, auth_type: tls} | auth_type",
      })
  void reportsInvalidSettings(String yaml, String said) {
    assertThatThrownBy(() -> TestPipeline.read(LeaderElectorConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(said);
  }
}
