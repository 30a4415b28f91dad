package dev.tethys.collect.exporter.snmp.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.snmp.wire.Credentials.Authentication;
import dev.tethys.collect.exporter.snmp.wire.SnmpClient.RequestLimits;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An agent that misbehaves, and what is written in the standards. */
@Tag("slow")
class SnmpClientTest {
  private static final Oid ROOT = Oid.parse("1.3.6.1.2.1.2");

  private AgentDouble agent;
  private int sent;
  private int retried;

  @BeforeEach
  void open() throws IOException {
    agent = new AgentDouble();
    for (int i = 1; i <= 30; i++) {
      agent.number("1.3.6.1.2.1.2.1." + i, i * 1_000L - 5_000);
    }
    agent.number("1.3.6.1.2.1.3.1", 7).number("1.3.6.1.2.1.4.1", 8);
  }

  @AfterEach
  void close() {
    agent.close();
  }

  private SnmpClient client(int millis, int retries, boolean anyOrder, Duration all)
      throws IOException {
    return new SnmpClient(
        SnmpTarget.parse(agent.target()),
        null,
        Credentials.community(2, "public"),
        new byte[0],
        new byte[0],
        new RequestLimits(Duration.ofMillis(millis), retries, 10, false, anyOrder),
        new SnmpClient.Listener() {
          @Override
          public void sent() {
            sent++;
          }

          @Override
          public void received(long nanos) {}

          @Override
          public void retried() {
            retried++;
          }
        },
        System.nanoTime() + all.toNanos());
  }

  private List<Binding> walk(int millis, int retries, boolean anyOrder) throws IOException {
    try (SnmpClient c = client(millis, retries, anyOrder, Duration.ofSeconds(30))) {
      return c.walk(ROOT);
    }
  }

  @Test
  void walksToTheEndOfItsTree() throws Exception {
    List<Binding> found = walk(5_000, 0, false);
    assertThat(found).hasSize(30);
    assertThat(found.getFirst().value()).isEqualTo(new SnmpValue.Whole(-4_000));
    assertThat(found.getLast())
        .isEqualTo(new Binding(ROOT.plus(1, 30), new SnmpValue.Whole(25_000)));
    assertThat(sent).isEqualTo(4);
  }

  @Test
  void retriesAfterALostResponse() throws Exception {
    agent.behaves((a, n) -> n == 2 ? null : a);
    assertThat(walk(1_000, 9, false)).hasSize(30);
    assertThat(retried).isPositive();
    assertThat(sent).isEqualTo(4 + retried);
  }

  @Test
  void silentAgentTimesOut() {
    agent.behaves((a, n) -> null);
    assertThatThrownBy(() -> walk(50, 2, false))
        .hasMessage("error walking target 127.0.0.1: request timeout (after 2 retries)");
    assertThat(sent).isEqualTo(3);
  }

  @Test
  void noRequestSurvivesTheScrape() throws Exception {
    agent.behaves((a, n) -> null);
    try (SnmpClient c = client(60_000, 9, false, Duration.ofMillis(200))) {
      assertThatThrownBy(() -> c.walk(ROOT)).hasMessageContaining("timed out");
    }
    assertThatThrownBy(
            () -> {
              try (SnmpClient c = client(60_000, 9, false, Duration.ZERO)) {
                c.walk(ROOT);
              }
            })
        .hasRootCauseInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void ignoresResponsesToOtherRequests() {
    // The id follows the version, the community and the head of the response.
    agent.behaves(
        (a, n) -> {
          byte[] other = a.clone();
          int id =
              new String(a, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("public") + 6;
          while (other[id] != Ber.INTEGER) {
            id++;
          }
          other[id + 2] ^= 0x15;
          return other;
        });
    assertThatThrownBy(() -> walk(50, 1, false)).hasMessageContaining("request timeout");
  }

  @Test
  void retriesTruncatedResponses() throws Exception {
    agent.behaves((a, n) -> n == 1 ? Arrays.copyOf(a, a.length - 3) : a);
    assertThat(walk(5_000, 1, false)).hasSize(30);
    agent.behaves((a, n) -> Arrays.copyOf(a, a.length / 2));
    assertThatThrownBy(() -> walk(5_000, 1, false)).hasMessageContaining("truncated");
  }

  @Test
  void anyNonsenseIsAnError() throws Exception {
    Random random = new Random(7);
    agent.behaves(
        (a, n) -> {
          byte[] b = a.clone();
          for (int i = 0; i < 3; i++) {
            b[random.nextInt(b.length)] = (byte) random.nextInt(256);
          }
          return b;
        });
    int failed = 0;
    for (int i = 0; i < 300; i++) {
      try {
        walk(5, 0, false);
      } catch (IOException e) {
        failed++;
      }
    }
    assertThat(failed).isGreaterThan(0);
  }

  @Test
  void nonIncreasingObjectsAreAnErrorUnlessAllowed() throws Exception {
    agent.names(o -> o.compareTo(ROOT.plus(1, 20)) < 0 ? o : ROOT.plus(1, 5));
    assertThatThrownBy(() -> walk(5_000, 0, false)).hasMessageContaining("OID not increasing");
    // The request that follows begins before, so that some come twice.
    AtomicInteger times = new AtomicInteger();
    agent.names(
        o -> o.equals(ROOT.plus(1, 20)) && times.getAndIncrement() == 0 ? ROOT.plus(1, 15) : o);
    assertThat(walk(5_000, 0, true)).hasSize(35);
  }

  @Test
  void stopsEndlessWalk() throws Exception {
    agent.names(o -> ROOT.plus(1, 1));
    try (SnmpClient c = client(5_000, 0, true, Duration.ofMillis(500))) {
      assertThatThrownBy(() -> c.walk(ROOT))
          .hasMessageMatching(".*(timed out|more than 500000 objects|timeout).*");
    }
  }

  @Test
  void errorEndsAWalkAndIsTheResultOfAGet() throws Exception {
    agent.fails(5);
    assertThat(walk(5_000, 0, false)).isEmpty();
    try (SnmpClient c = client(5_000, 0, false, Duration.ofSeconds(30))) {
      assertThat(c.get(List.of(ROOT)).status()).isEqualTo(5);
    }
  }

  @Test
  void walksASingleObject() throws Exception {
    try (SnmpClient c = client(5_000, 0, false, Duration.ofSeconds(30))) {
      assertThat(c.walk(Oid.parse("1.3.6.1.2.1.3.1"))).hasSize(1);
      assertThat(c.walk(Oid.parse("1.3.6.1.2.1.99"))).isEmpty();
    }
  }

  @Test
  void derivesKeysLikeTheStandard() {
    // RFC 3414, appendix A.3.
    byte[] engine = HexFormat.of().parseHex("000000000000000000000002");
    Credentials c = Credentials.user("u", Authentication.MD5, "maplesyrup", null, "");
    assertThat(c.authenticationKey(Authentication.MD5, engine))
        .asHexString()
        .isEqualToIgnoringCase("526f5eed9fcce26f8964c2930787d82b");
    Credentials s = Credentials.user("u", Authentication.SHA, "maplesyrup", null, "");
    assertThat(s.authenticationKey(Authentication.SHA, engine))
        .asHexString()
        .isEqualToIgnoringCase("6695febc9288e36282235fc7151f128497b38f3f");
  }

  @Test
  void readsTargetsLikeGo() {
    assertThat(SnmpTarget.parse("10.0.0.1")).isEqualTo(new SnmpTarget("10.0.0.1", 161, false));
    assertThat(SnmpTarget.parse("tcp://a:16")).isEqualTo(new SnmpTarget("a", 16, true));
    assertThat(SnmpTarget.parse("udp6://[::1]:16")).isEqualTo(new SnmpTarget("::1", 16, false));
    assertThat(SnmpTarget.parse("::1")).isEqualTo(new SnmpTarget("::1", 161, false));
    assertThat(SnmpTarget.parse("[::1]")).isEqualTo(new SnmpTarget("::1", 161, false));
    assertThatThrownBy(() -> SnmpTarget.parse("a:b")).hasMessageContaining("port number");
    assertThatThrownBy(() -> SnmpTarget.parse("tls://a")).hasMessageContaining("transport");
  }
}
