package dev.tethys.alert.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.LogMessages;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets and streams of a client that reaches the port of a cluster without authentication. */
@Timeout(120)
@Tag("slow")
class ForgedGossipTest {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  private final Registry registry = new Registry();
  private ClusterPeer peer;

  private static ClusterOptions options(String name) {
    return options(name, List.of(), Duration.ofMillis(100));
  }

  private static ClusterOptions options(String name, List<String> peers, Duration probes) {
    return new ClusterOptions(
        "127.0.0.1:0",
        "",
        name,
        peers,
        Duration.ofSeconds(15),
        Duration.ofSeconds(15),
        Duration.ofMillis(10),
        Duration.ofHours(1),
        Duration.ofSeconds(10),
        probes.compareTo(Duration.ofSeconds(1)) > 0 ? Duration.ofSeconds(5) : Duration.ofMillis(50),
        probes,
        Duration.ofSeconds(1),
        Duration.ofSeconds(10),
        Duration.ofHours(1),
        null,
        "",
        false);
  }

  @BeforeEach
  void open() throws Exception {
    peer = ClusterPeer.open(options("m"), ManagerClock.system(), registry);
    peer.join();
  }

  @AfterEach
  void close() throws IOException {
    peer.close();
  }

  private static byte[] alive(String name, int port) throws IOException {
    ClusterNode n =
        ClusterNode.of(name, HERE.getAddress(), port, new byte[0], ClusterNode.VERSIONS);
    return MemberlistMessages.alive(new MemberlistMessages.Alive(1, n));
  }

  /** A port at which nothing listens. */
  private static int closedPort() throws IOException {
    try (DatagramSocket s = new DatagramSocket(0, HERE)) {
      return s.getLocalPort();
    }
  }

  @Test
  void silentMembersAreBoundedAndCauseNoDelay() throws Exception {
    int nowhere = closedPort();
    try (LogMessages log = LogMessages.of(Membership.class);
        DatagramSocket s = new DatagramSocket()) {
      int accepted = 0;
      for (int i = 0; i < 5_000; i++) {
        byte[] b = alive("a" + i, nowhere); // before "m"
        s.send(new DatagramPacket(b, b.length, peer.address()));
        if (i % 100 == 0) {
          assertThat(peer.position()).isZero();
          accepted = Math.max(accepted, peer.members().size());
        }
      }
      while (peer.members().size() < 2 && accepted < 2) {
        Waiting.pause();
      }
      assertThat(Math.max(accepted, peer.members().size()))
          .isLessThanOrEqualTo(1 + Membership.MAX_UNVERIFIED);
      assertThat(peer.turn()).isZero();
      assertThat(log.messages()).as("one line of a kind").hasSizeLessThanOrEqualTo(4);
    }
  }

  /** No probe has come yet: members are probed when they become known. */
  @Test
  void waitsForMembersOfJoinedClusterConcurrently() throws Exception {
    Duration never = Duration.ofHours(1);
    try (ClusterPeer a =
        ClusterPeer.open(options("a", List.of(), never), ManagerClock.system(), new Registry())) {
      a.join();
      List<String> peers = List.of("127.0.0.1:" + a.address().getPort());
      try (ClusterPeer b =
              ClusterPeer.open(options("b", peers, never), ManagerClock.system(), new Registry());
          ClusterPeer c =
              ClusterPeer.open(options("c", peers, never), ManagerClock.system(), new Registry())) {
        b.join();
        c.join();
        assertThat(c.position()).isEqualTo(2);
        assertThat(b.position()).isEqualTo(1);
      }
    }
  }

  @Test
  void waitsForRespondingMember() throws Exception {
    try (ClusterPeer other =
        ClusterPeer.open(options("b"), ManagerClock.system(), new Registry())) {
      other.join();
      byte[] b = alive("b", other.address().getPort());
      try (DatagramSocket s = new DatagramSocket()) {
        while (peer.position() == 0) {
          s.send(new DatagramPacket(b, b.length, peer.address()));
          Waiting.pause();
        }
      }
      assertThat(peer.turn()).isEqualTo(ClusterPeer.UNVERIFIED_WAIT);
    }
  }

  /** Six sockets that answer as members do. */
  @Test
  void unnamedRespondingMembersCauseLittleDelay() throws Exception {
    List<ClusterPeer> forged = new ArrayList<>();
    try (DatagramSocket s = new DatagramSocket()) {
      for (int i = 0; i < 6; i++) {
        ClusterPeer f = ClusterPeer.open(options("b" + i), ManagerClock.system(), new Registry());
        f.join();
        forged.add(f);
      }
      Waiting.await(
          () -> {
            for (ClusterPeer f : forged) {
              byte[] b = announcement(f);
              send(s, b);
            }
            return peer.position() == 6;
          });
      assertThat(peer.turn()).isEqualTo(ClusterPeer.UNVERIFIED_WAIT);
    } finally {
      for (ClusterPeer f : forged) {
        f.close();
      }
    }
  }

  @Test
  void waitsFullTimeForConfiguredMembers() throws Exception {
    try (ClusterPeer a = ClusterPeer.open(options("a"), ManagerClock.system(), new Registry());
        ClusterPeer b = ClusterPeer.open(options("b"), ManagerClock.system(), new Registry())) {
      a.join();
      b.join();
      List<String> peers = List.of(hostPort(a), hostPort(b));
      try (ClusterPeer c =
          ClusterPeer.open(
              options("c", peers, Duration.ofMillis(100)), ManagerClock.system(), new Registry())) {
        c.join();
        Waiting.await(() -> c.turn().equals(Duration.ofSeconds(30)));
      }
    }
  }

  private static String hostPort(ClusterPeer p) {
    return "127.0.0.1:" + p.address().getPort();
  }

  private static byte[] announcement(ClusterPeer p) {
    try {
      return alive(p.name(), p.address().getPort());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void send(DatagramSocket s, byte[] b) {
    try {
      s.send(new DatagramPacket(b, b.length, peer.address()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One socket that answers in the name of thousands is one member. */
  @Test
  void namesAtOneAddressCountOnce() throws Exception {
    try (ClusterPeer other = ClusterPeer.open(options("b"), ManagerClock.system(), new Registry());
        DatagramSocket s = new DatagramSocket()) {
      other.join();
      for (int i = 0; i < 20; i++) {
        byte[] b = alive("b" + i, other.address().getPort());
        s.send(new DatagramPacket(b, b.length, peer.address()));
      }
      byte[] b = alive("b", other.address().getPort());
      while (peer.position() == 0) {
        s.send(new DatagramPacket(b, b.length, peer.address()));
        Waiting.pause();
      }
      assertThat(peer.position()).isEqualTo(1);
    }
  }

  /** A message of 19 MB that does not end, over as many streams as may be open. */
  @Test
  void stalledStreamsUseBoundedShare() throws Exception {
    byte[] head =
        new FieldWriter()
            .type(MemberlistMessages.USER)
            .map(1)
            .put("UserMsgLen", 19L << 20)
            .toByteArray();
    List<Socket> open = new ArrayList<>();
    long free = Gossip.streamBudget();
    try {
      byte[] megabyte = new byte[1 << 20];
      int sent = 0;
      for (int i = 0; i < 30; i++) {
        Socket s = new Socket();
        open.add(s);
        s.connect(new InetSocketAddress(HERE, peer.address().getPort()));
        try {
          s.getOutputStream().write(head);
          for (int n = 0; n < 18; n++) {
            s.getOutputStream().write(megabyte);
          }
          sent++;
        } catch (IOException e) {
          break; // refused
        }
      }
      assertThat(3L * sent * (18 << 20)).isLessThan(free + (200L << 20));
    } finally {
      for (Socket s : open) {
        s.close();
      }
    }
  }
}
