package dev.tethys.web.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Processes that compete for one lease, attempt by attempt, with the test's own clock. */
@Timeout(60)
class LeaseElectionTest {
  private static final String LEASES = "/apis/coordination.k8s.io/v1/leases";
  private static final String KEY = "default/work";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private KubernetesDouble api;
  private long nanos = 5;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void end() {
    api.close();
    clients.close();
  }

  /** A process, which may be cut off from the API. */
  private final class Replica implements LeaseElection.Listener {
    final LeaseElection election;
    final List<String> failures = new ArrayList<>();
    boolean leads;
    boolean isCutOff;
    Runnable between = () -> {};

    Replica(String identity) {
      this(identity, Duration.ofSeconds(15));
    }

    Replica(String identity, Duration duration) {
      election =
          new LeaseElection(
              new LeaseElection.Terms(
                  "default",
                  "work",
                  identity,
                  duration,
                  Duration.ofSeconds(10),
                  Duration.ofSeconds(2)),
              new ResourceWatch.Connection(
                  ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
                  (c, call) -> {
                    if (isCutOff) {
                      throw new IOException("no route");
                    }
                    if (call.body() != null) {
                      between.run();
                    }
                    return clients.client(c).send(call);
                  },
                  d -> {}),
              new LeaseElection.Clocks(
                  () -> nanos, () -> Instant.ofEpochSecond(1_700_000_000, nanos)),
              this);
    }

    @Override
    public void leads(boolean is) {
      leads = is;
    }

    @Override
    public void failed(String reason) {
      failures.add(reason);
    }

    void look() throws InterruptedException {
      election.tryAcquire();
    }
  }

  private void pass(long seconds) {
    nanos += seconds * 1_000_000_000L;
  }

  private String lease() {
    return api.object(LEASES, KEY);
  }

  @Test
  void secondCandidateLeadsAfterTheFirstStops() throws Exception {
    Replica a = new Replica("a");
    Replica b = new Replica("b");
    a.look();
    assertThat(a.leads).isTrue();
    assertThat(lease())
        .contains("\"holderIdentity\":\"a\"", "\"leaseDurationSeconds\":15", "Transitions\":0")
        .containsPattern("\"renewTime\":\"2023-11-14T22:13:20\\.\\d{6}Z\"");
    for (int i = 0; i < 20; i++) { // for longer than the lease lasts
      b.look();
      pass(2);
      a.look();
      assertThat(a.leads).isTrue();
      assertThat(b.leads).isFalse();
    }
    // a is killed: it says nothing any more.
    b.look();
    pass(14);
    b.look();
    assertThat(b.leads).isFalse();
    pass(1);
    b.look();
    assertThat(b.leads).isTrue();
    assertThat(lease()).contains("\"holderIdentity\":\"b\"", "\"leaseTransitions\":1");
  }

  @Test
  void isolatedLeaderStepsDownBeforeAnotherLeads() throws Exception {
    Replica a = new Replica("a");
    Replica b = new Replica("b");
    a.look();
    b.look();
    a.isCutOff = true;
    pass(9);
    a.look();
    assertThat(a.leads).isTrue();
    assertThat(a.failures).containsExactly("no route");
    assertThat(a.election.leads()).isTrue();
    pass(1);
    // Its other threads know before its next attempt, which may be late.
    assertThat(a.election.leads()).isFalse();
    a.look();
    assertThat(a.leads).isFalse();
    b.look();
    assertThat(b.leads).isFalse(); // the lease is a's for another five seconds
    pass(5);
    b.look();
    assertThat(b.leads).isTrue();
    a.isCutOff = false;
    a.look();
    assertThat(a.leads).isFalse();
  }

  @Test
  void hasNoLeaderDuringAnApiOutageLongerThanTheLease() throws Exception {
    Replica a = new Replica("a");
    Replica b = new Replica("b");
    a.look();
    b.look();
    api.failNext(1000);
    for (int i = 0; i < 10; i++) {
      pass(2);
      a.look();
      b.look();
    }
    assertThat(a.leads).isFalse();
    assertThat(b.leads).isFalse();
    assertThat(a.failures)
        .isNotEmpty()
        .allMatch(f -> f.contains("status 500") || f.contains("was not renewed within 10000 ms"));
    api.failNext(0);
    a.look(); // its name is still there
    assertThat(a.leads).isTrue();
    b.look();
    assertThat(b.leads).isFalse();
  }

  @Test
  void onlyOneOfConcurrentWritersLeads() throws Exception {
    Replica a = new Replica("a");
    Replica b = new Replica("b");
    a.between =
        () -> {
          a.between = () -> {};
          try {
            b.look(); // creates it after a has seen that there is none
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    a.look();
    assertThat(a.leads).isFalse();
    assertThat(b.leads).isTrue();
    // The same with a lease that is free.
    Replica c = new Replica("c");
    a.look();
    c.look();
    pass(15);
    a.between =
        () -> {
          a.between = () -> {};
          try {
            c.look();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
        };
    a.look();
    assertThat(a.leads).isFalse();
    assertThat(c.leads).isTrue();
    b.look();
    assertThat(b.leads).isFalse();
    assertThat(lease()).contains("\"holderIdentity\":\"c\"");
  }

  @Test
  void stepsDownWhenAnotherHolderIsRead() throws Exception {
    Replica a = new Replica("a");
    a.look();
    api.put(LEASES, KEY, lease().replace("\"a\"", "\"somebody\""));
    a.look();
    assertThat(a.leads).isFalse();
  }

  @Test
  void reportsAFailedAttemptAndRetries() throws Exception {
    Replica a = new Replica("a");
    a.between =
        () -> {
          throw new IllegalStateException("not today");
        };
    a.look();
    assertThat(a.leads).isFalse();
    assertThat(a.failures).singleElement().asString().contains("not today");
    a.between = () -> {};
    a.look();
    assertThat(a.leads).isTrue();
  }

  @Test
  void recreatesADeletedLease() throws Exception {
    Replica a = new Replica("a");
    a.look();
    api.delete(LEASES, KEY);
    pass(2);
    a.look();
    assertThat(a.leads).isTrue();
    assertThat(lease()).contains("\"holderIdentity\":\"a\"");
  }

  @Test
  void acquiresAReleasedLeaseAtOnceAndKeepsForeignFields() throws Exception {
    api.put(
        LEASES, KEY, "{\"metadata\":{\"name\":\"work\",\"labels\":{\"team\":\"x\"}},\"spec\":{}}");
    Replica a = new Replica("a");
    Replica b = new Replica("b");
    a.look();
    assertThat(a.leads).isTrue();
    b.look();
    a.election.release(Duration.ofSeconds(5));
    b.look();
    assertThat(b.leads).isTrue();
    assertThat(lease()).contains("\"team\":\"x\"", "\"leaseTransitions\":2");
    a.election.release(Duration.ofSeconds(5)); // not its own any more
    assertThat(lease()).contains("\"holderIdentity\":\"b\"");
  }

  @Test
  void usesTheHoldersLeaseDuration() throws Exception {
    Replica a = new Replica("a", Duration.ofSeconds(60));
    Replica b = new Replica("b");
    a.look();
    b.look();
    pass(59);
    b.look();
    assertThat(b.leads).isFalse();
    pass(1);
    b.look();
    assertThat(b.leads).isTrue();
  }
}
