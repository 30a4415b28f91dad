package dev.tethys.alert.manager.cluster;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.alert.manager.Alertmanager;
import dev.tethys.alert.manager.PostedAlert;
import dev.tethys.alert.manager.TestOptions;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.SocketTls;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several Alertmanagers over real sockets, with a network that can be cut. */
@Timeout(180)
@Tag("slow")
class ClusterTest {
  /** A turn of a member that is not the first; so long it is waited until the test lets it go. */
  private static final Duration TURN = Duration.ofHours(1);

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path dir;

  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final Set<Set<Integer>> cut = ConcurrentHashMap.newKeySet();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final List<Member> members = new ArrayList<>();
  private @Nullable HttpServer hook;

  /** Drops what passes between two ports whose way is cut. */
  private final class CutTransport implements Transport {
    private final Transport real;

    CutTransport(Transport real) {
      this.real = real;
    }

    private boolean isCut(InetSocketAddress to) {
      return cut.contains(Set.of(bound().getPort(), to.getPort()));
    }

    @Override
    public InetSocketAddress bound() {
      return real.bound();
    }

    @Override
    public void start(Receiver receiver) {
      real.start(receiver);
    }

    @Override
    public void send(InetSocketAddress to, byte[] packet) throws IOException {
      if (!isCut(to)) {
        real.send(to, packet);
      }
    }

    @Override
    public Stream dial(InetSocketAddress to, Duration timeout) throws IOException {
      if (isCut(to)) {
        throw new IOException("no route");
      }
      return real.dial(to, timeout);
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }

  /** The real time, but turns are waited for as long as the test wants. */
  private static final class TurnClock implements ManagerClock {
    private final ManagerClock real = ManagerClock.system();
    final CountDownLatch turn = new CountDownLatch(1);
    final CountDownLatch waiting = new CountDownLatch(1);
    final CountDownLatch decided = new CountDownLatch(1);

    /** Lets a turn that came go by, until it is decided whether to send. */
    void pass() throws InterruptedException {
      assertThat(waiting.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
      turn.countDown();
      assertThat(decided.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Override
    public Instant instant() {
      return real.instant();
    }

    @Override
    public Timer at(Instant when, Runnable task) {
      return real.at(when, task);
    }

    @Override
    public void all(List<Runnable> tasks) throws InterruptedException {
      real.all(tasks);
      if (waiting.getCount() == 0) {
        decided.countDown();
      }
    }

    @Override
    public void pause(Duration d) throws InterruptedException {
      if (d.compareTo(TURN) >= 0) {
        waiting.countDown();
        turn.await();
      } else {
        real.pause(d);
      }
    }

    @Override
    public void close() {
      real.close();
    }
  }

  private final class Member {
    final TurnClock clock = new TurnClock();
    final Registry registry = new Registry();
    final Alertmanager manager;
    final ClusterPeer peer;

    Member(String name, Duration probe, String label, @Nullable SocketTls tls, List<String> peers)
        throws Exception {
      manager =
          new Alertmanager(
              TestOptions.in(dir.resolve(name)),
              clients,
              registry,
              clock,
              new Tracing("alertmanager", "1", clients, registry));
      ClusterOptions options =
          new ClusterOptions(
              "127.0.0.1:0",
              "",
              name,
              peers,
              TURN,
              Duration.ofSeconds(15),
              Duration.ofMillis(50),
              Duration.ofSeconds(1),
              Duration.ofSeconds(10),
              probe.dividedBy(2),
              probe,
              Duration.ofSeconds(30),
              Duration.ofSeconds(1),
              Duration.ofHours(6),
              null,
              label,
              false);
      InetAddress host = InetAddress.getLoopbackAddress();
      Duration timeout = options.streamTimeout();
      Transport t =
          tls == null
              ? PlainTransport.listen(host, 0, timeout)
              : TlsTransport.listen(tls, host, 0, timeout, registry);
      peer = ClusterPeer.open(options, new CutTransport(t), clock, registry);
      manager.join(peer);
      manager.apply(config());
      members.add(this);
    }

    String address() {
      return "127.0.0.1:" + peer.address().getPort();
    }

    boolean sees(int n) {
      return peer.members().size() == n;
    }

    boolean knowsSilence(String comment) {
      return manager.silences().all().stream().anyMatch(s -> s.comment().equals(comment));
    }

    void silence(String comment) throws Exception {
      Instant now = clock.instant();
      manager
          .silences()
          .set(
              new Silence(
                  "",
                  new LabelMatchers(
                      List.of(LabelMatcher.of(LabelMatcher.Type.REGEX, "alertname", "quiet.*"))),
                  now,
                  now.plus(Duration.ofHours(1)),
                  now,
                  "me",
                  comment,
                  Map.of("k", "v")));
    }

    void alert(String name) {
      assertThat(
              manager.receive(
                  List.of(new PostedAlert(Map.of("alertname", name), Map.of(), null, null, ""))))
          .isEmpty();
    }

    /** How many groups it knows to be notified. */
    int sent() {
      return manager.sent().size();
    }

    void close() throws IOException {
      clock.turn.countDown();
      peer.close();
      manager.close();
      clock.close();
    }
  }

  private AlertmanagerConfig config() {
    String hookUrl =
        "http://127.0.0.1:" + java.util.Objects.requireNonNull(hook).getAddress().getPort();
    return AlertmanagerConfig.read(
        YamlDocument.parse(
            "test.yml",
            Path.of("."),
            """
            route: {receiver: x, group_by: [alertname], group_wait: 0s, group_interval: 1h}
            receivers: [{name: x, webhook_configs: [{url: '%s/'}]}]
            """
                .formatted(hookUrl)),
        MatcherSyntax.FALLBACK);
  }

  @BeforeEach
  void listen() throws IOException {
    HttpServer h = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    h.createContext(
        "/",
        x -> {
          posted.add(new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    h.start();
    hook = h;
  }

  @AfterEach
  void stop() throws IOException {
    for (Member m : members) {
      m.close();
    }
    clients.close();
    java.util.Objects.requireNonNull(hook).stop(0);
  }

  private long told(String alert) {
    return posted.stream().filter(p -> p.contains("\"alertname\":\"" + alert + "\"")).count();
  }

  private List<Member> three(Duration probe) throws Exception {
    Member a = new Member("a", probe, "", null, List.of());
    Member b = new Member("b", probe, "", null, List.of(a.address()));
    Member c = new Member("c", probe, "", null, List.of(b.address()));
    List<Member> all = List.of(a, b, c);
    await("all to know each other", () -> all.stream().allMatch(m -> m.sees(3)));
    await("all to settle", () -> all.stream().allMatch(m -> m.peer.status().equals("ready")));
    return all;
  }

  @Test
  void silencesAreSharedAndOneMemberNotifies() throws Exception {
    List<Member> all = three(Duration.ofMillis(200));
    List<Duration> turns =
        List.of(Duration.ZERO, TURN, TURN.plus(ClusterPeer.UNVERIFIED_WAIT)); // c names only b
    await(
        "all to have answered each other",
        () -> all.stream().map(m -> m.peer.turn()).toList().equals(turns));

    all.get(2).silence("of c");
    await("the silence everywhere", () -> all.stream().allMatch(m -> m.knowsSilence("of c")));
    String id = all.getFirst().manager.silences().all().getFirst().id();
    all.getFirst().manager.silences().expire(id);
    await(
        "its end everywhere",
        () ->
            all.stream()
                .allMatch(
                    m -> m.manager.silences().all().getFirst().endsAt().isBefore(Instant.now())));
    // One that fits into no packet goes to each member by itself.
    all.get(1).silence("x".repeat(5000));
    await("a large one", () -> all.stream().allMatch(m -> m.knowsSilence("x".repeat(5000))));

    all.forEach(m -> m.alert("loud"));
    all.forEach(m -> m.alert("quiet1"));
    await("the first to tell of it", () -> told("loud") == 1);
    await("all to know", () -> all.stream().allMatch(m -> m.sent() == 1));
    all.get(1).clock.pass();
    all.get(2).clock.pass();
    // A member that joins late knows it too, from the full state.
    Member d = new Member("d", Duration.ofMinutes(10), "", null, List.of(all.getFirst().address()));
    await("the state at a new member", () -> d.sent() == 1 && d.knowsSilence("x".repeat(5000)));
    d.alert("quiet2");
    d.alert("loud");
    d.clock.pass();
    assertThat(told("loud")).isEqualTo(1);
    assertThat(told("quiet1") + told("quiet2")).isZero();
  }

  @Test
  void anotherMemberNotifiesAfterTheFirstIsKilled() throws Exception {
    List<Member> all = three(Duration.ofMillis(500));
    all.getFirst().peer.kill();
    List<Member> left = all.subList(1, 3);
    await("the others to notice", () -> left.stream().allMatch(m -> m.sees(2)));
    left.forEach(m -> m.alert("after"));
    await("one of them to tell", () -> told("after") >= 1);
    await("the other to know", () -> left.stream().allMatch(m -> m.sent() == 1));
    left.forEach(m -> m.clock.turn.countDown());
    left.getLast().close();
    left.getFirst().close();
    assertThat(told("after")).isBetween(1L, 2L);
  }

  @Test
  void bothSidesOfPartitionNotifyAndAgreeAfterwards() throws Exception {
    List<Member> all = three(Duration.ofMillis(500));
    Member c = all.get(2);
    for (Member m : all.subList(0, 2)) {
      cut.add(Set.of(m.peer.address().getPort(), c.peer.address().getPort()));
    }
    await("the cut to be noticed", () -> c.sees(1) && all.getFirst().sees(2) && all.get(1).sees(2));
    all.get(1).silence("on this side");
    c.silence("on that side");
    all.forEach(m -> m.alert("cut"));
    await("both sides to tell", () -> told("cut") >= 2);
    assertThat(c.knowsSilence("on this side")).isFalse();
    cut.clear();
    await("all to be one again", () -> all.stream().allMatch(m -> m.sees(3)));
    await(
        "silences of both sides everywhere",
        () ->
            all.stream()
                .allMatch(m -> m.knowsSilence("on this side") && m.knowsSilence("on that side")));
    all.forEach(m -> m.clock.turn.countDown());
    await("all to know", () -> all.stream().allMatch(m -> m.sent() == 1));
    assertThat(told("cut")).isBetween(2L, 3L);
  }

  @Test
  void ignoresMembersWithAnotherLabel() throws Exception {
    Member a = new Member("a", Duration.ofSeconds(1), "one", null, List.of());
    Member b = new Member("b", Duration.ofSeconds(1), "two", null, List.of(a.address()));
    Member c = new Member("c", Duration.ofSeconds(1), "one", null, List.of(a.address()));
    await("those of one label to meet", () -> a.sees(2) && c.sees(2));
    assertThat(b.sees(1)).isTrue();
  }

  /** A file of TLS with a different certificate, that trusts just the same. */
  private SocketTls tls(String name, boolean demand) throws Exception {
    Path store = dir.resolve(name + ".p12");
    List<String> keytool =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/keytool").toString(),
                "-genkeypair",
                "-alias",
                "x",
                "-keyalg",
                "EC",
                "-dname",
                "CN=" + name,
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-storepass",
                "secret",
                "-keystore",
                store.toString()));
    Process p = new ProcessBuilder(keytool).redirectErrorStream(true).start();
    p.getInputStream().readAllBytes();
    assertThat(p.waitFor()).isZero();
    KeyStore ks = KeyStore.getInstance(store.toFile(), "secret".toCharArray());
    pem(name + ".key", "PRIVATE KEY", ks.getKey("x", "secret".toCharArray()).getEncoded());
    pem(name + ".pem", "CERTIFICATE", ks.getCertificate("x").getEncoded());
    return SocketTls.read(
        Files.writeString(
            dir.resolve(name + ".yml"),
            """
            tls_server_config:
              {cert_file: %1$s.pem, key_file: %1$s.key, client_ca_file: %1$s.pem, client_auth_type: %2$s}
            tls_client_config: {cert_file: %1$s.pem, key_file: %1$s.key, ca_file: %1$s.pem}
            """
                .formatted(
                    name, demand ? "RequireAndVerifyClientCert" : "VerifyClientCertIfGiven")));
  }

  private void pem(String file, String kind, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        dir.resolve(file),
        "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }

  @Test
  void certificatesDetermineMembership() throws Exception {
    SocketTls ours = tls("ours", true);
    SocketTls theirs = tls("theirs", true);
    Member a = new Member("a", Duration.ofSeconds(2), "", ours, List.of());
    Member b = new Member("b", Duration.ofSeconds(2), "", ours, List.of(a.address()));
    Member stranger = new Member("c", Duration.ofSeconds(2), "", theirs, List.of(a.address()));
    Member plain = new Member("d", Duration.ofSeconds(2), "", null, List.of(a.address()));
    await("both to meet", () -> a.sees(2) && b.sees(2));
    b.silence("secret");
    await("the silence", () -> a.knowsSilence("secret"));
    assertThat(stranger.sees(1) && plain.sees(1)).isTrue();
    assertThat(stranger.knowsSilence("secret") || plain.knowsSilence("secret")).isFalse();
  }

  @Test
  void rejectsInvalidFlags() {
    for (String bad : List.of("nine", "1.2.3.4", "::1:9", "x:99999")) {
      assertThatThrownBy(() -> Addresses.HostPort.of("cluster.peer", bad))
          .hasMessageContaining("--cluster.peer=" + bad);
    }
  }
}
