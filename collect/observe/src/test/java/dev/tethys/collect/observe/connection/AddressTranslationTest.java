package dev.tethys.collect.observe.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.observe.kernel.NetworkNamespace;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.request.DnsMetrics;
import dev.tethys.collect.observe.request.PayloadCapture;
import dev.tethys.collect.observe.request.RequestMetrics;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections that the kernel translates, between network namespaces of the test: a client, a
 * router, and a server of HTTP.
 */
class AddressTranslationTest {
  private static final Path PROC = Path.of("/proc");
  private static final int OWN = (int) ProcessHandle.current().pid();
  private static final List<String> TOOLS = List.of("ip", "nft", "nsenter", "sysctl", "unshare");
  private static final String RULES =
      """
      table inet tethys {
        chain services {
          type nat hook %s priority -100;
          ip daddr 10.96.0.10 tcp dport 80 dnat ip to 10.91.2.2:8080
          ip6 daddr fd96::10 tcp dport 80 dnat ip6 to [fd91:2::2]:8080
        }
        chain sources {
          type nat hook postrouting priority 100;
          ip saddr 10.91.1.0/24 masquerade
        }
      }
      """;

  private final LocalAddresses addresses = new LocalAddresses(PROC);
  private final ConnectionTracker tracker =
      new ConnectionTracker(
          (_, p) -> p == OWN ? new Owner("/test", "") : null,
          new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.LINUX),
          addresses);
  private final RequestMetrics requests = new RequestMetrics(tracker.lock());
  private final List<Process> namespaces = new ArrayList<>();
  private final List<HttpServer> servers = new ArrayList<>();
  private int client;
  private int router;
  private int server;

  @BeforeEach
  void buildNetwork() throws Exception {
    assumeTrue(isRoot(), "not root: network namespaces cannot be made");
    for (String tool : TOOLS) {
      assumeTrue(
          Path.of("/usr/sbin", tool).toFile().canExecute()
              || Path.of("/usr/bin", tool).toFile().canExecute()
              || Path.of("/sbin", tool).toFile().canExecute(),
          "there is no " + tool);
    }
    client = namespace();
    router = namespace();
    server = namespace();
    link("tc", client, "10.91.1.2/24", "fd91:1::2/64", "10.91.1.1/24", "fd91:1::1/64");
    link("ts", server, "10.91.2.2/24", "fd91:2::2/64", "10.91.2.1/24", "fd91:2::1/64");
    in(router, "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    for (String address : List.of("10.91.2.2", "fd91:2::2")) {
      servers.add(
          call(
              server,
              () -> {
                HttpServer s =
                    HttpServer.create(
                        new InetSocketAddress(InetAddress.ofLiteral(address), 8080), 0);
                s.createContext(
                    "/",
                    exchange -> {
                      exchange.sendResponseHeaders(200, -1);
                      exchange.close();
                    });
                s.start();
                return s;
              }));
    }
  }

  private static boolean isRoot() throws IOException {
    return Files.readString(PROC.resolve("self/status"))
        .lines()
        .anyMatch(l -> l.startsWith("Uid:") && l.split("\\s+")[2].equals("0"));
  }

  /** A process in a new namespace; returns its number. */
  private int namespace() throws IOException {
    Process p = new ProcessBuilder("unshare", "-n", "sleep", "600").start();
    namespaces.add(p);
    int own = addresses.namespaceOf(OWN);
    for (int i = 0; i < 1_000; i++) {
      int its = addresses.namespaceOf((int) p.pid());
      if (its != own && its != 0) {
        return (int) p.pid();
      }
      LockSupport.parkNanos(10_000_000);
    }
    throw new IOException("unshare made no network namespace");
  }

  private void link(String name, int at, String four, String six, String router4, String router6)
      throws Exception {
    in(
        at,
        "ip",
        "link",
        "add",
        name,
        "type",
        "veth",
        "peer",
        "name",
        name + "r",
        "netns",
        Integer.toString(router));
    up(at, name, four, six);
    up(router, name + "r", router4, router6);
    in(at, "ip", "link", "set", "lo", "up");
    in(at, "ip", "route", "add", "default", "via", router4.substring(0, router4.indexOf('/')));
    in(
        at,
        "ip",
        "-6",
        "route",
        "add",
        "default",
        "via",
        router6.substring(0, router6.indexOf('/')));
  }

  private static void up(int at, String device, String four, String six) throws Exception {
    in(at, "ip", "addr", "add", four, "dev", device);
    in(at, "ip", "addr", "add", six, "dev", device, "nodad");
    in(at, "ip", "link", "set", device, "up");
  }

  private static void rules(int at, String hook) throws Exception {
    Path file = Files.createTempFile("rules", ".nft");
    try {
      Files.writeString(file, RULES.formatted(hook));
      in(at, "nft", "-f", file.toString());
    } finally {
      Files.delete(file);
    }
  }

  /** Runs a program in the network namespace of a process. */
  private static void in(int process, String... command) throws Exception {
    List<String> all =
        new ArrayList<>(List.of("nsenter", "--net=/proc/" + process + "/ns/net", "--"));
    all.addAll(List.of(command));
    Process p = new ProcessBuilder(all).redirectErrorStream(true).start();
    String output = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(String.join(" ", all) + ": " + output).isZero();
  }

  /** Calls code whose sockets are in the network namespace of a process. */
  private static <T> T call(int process, Callable<T> code) throws Exception {
    FutureTask<T> task =
        new FutureTask<>(
            () -> {
              NetworkNamespace.enter(PROC, process);
              return code.call();
            });
    Thread.ofPlatform().start(task);
    return task.get();
  }

  /** Status line of a response; the socket is closed, so that other tests do not see it. */
  private static String get(String address, int port) throws IOException {
    try (Socket s = new Socket(InetAddress.ofLiteral(address), port)) {
      s.getOutputStream()
          .write(
              "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      String answer = new String(s.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return answer.lines().findFirst().orElse("");
    }
  }

  @AfterEach
  void removeNetwork() throws Exception {
    servers.forEach(s -> s.stop(0));
    for (Process p : namespaces) {
      p.destroyForcibly().waitFor();
    }
  }

  private TreeMap<String, Double> all() {
    TreeMap<String, Double> all = ConnectionTrackerTest.metrics(tracker);
    requests.collect(
        f ->
            f.metrics()
                .forEach(
                    m -> {
                      if (m.point() instanceof Value v) {
                        all.put(f.name() + m.labels(), v.value());
                      }
                    }));
    return all;
  }

  private static String labels(String destination, String actual, String more) {
    return "{actual_destination=\""
        + actual
        + "\", container_id=\"/test\", destination=\""
        + destination
        + "\""
        + more
        + "}";
  }

  private void seesTheServersBehindServices() throws Exception {
    DnsMetrics dns = new DnsMetrics(tracker.lock(), 50);
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads =
            PayloadCapture.open(tracker, requests, dns, new ProtocolCounters(), 0, false);
        AddressTranslation translation =
            AddressTranslation.start(tracker, PROC, addresses, router)) {
      connections.readSockets(() -> {});
      for (String to : List.of("10.96.0.10", "fd96::10")) {
        assertThat(call(client, () -> get(to, 80))).isEqualTo("HTTP/1.1 200 OK");
      }
      assertThat(call(client, () -> get("10.91.2.2", 8080))).isEqualTo("HTTP/1.1 200 OK");
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while ((translation.translated() < 2 || translation.direct() < 1)
          && System.nanoTime() < end) {
        payloads.read(payloads.end(), connections::readEvents);
        connections.readEvents(System.nanoTime());
        LockSupport.parkNanos(20_000_000);
      }
      assertThat(translation.translated()).isEqualTo(2);
    } // which waits for the thread that gives its answers to the tracker
    String connects = "tcp_successful_connects_total";
    String answers = "container_http_requests_total";
    String ok = ", status=\"2xx\"";
    assertThat(all())
        .containsEntry(connects + labels("10.96.0.10:80", "10.91.2.2:8080", ""), 1.0)
        .containsEntry(connects + labels("[fd96::10]:80", "[fd91:2::2]:8080", ""), 1.0)
        .containsEntry(connects + labels("10.91.2.2:8080", "10.91.2.2:8080", ""), 1.0)
        .containsEntry(answers + labels("10.96.0.10:80", "10.91.2.2:8080", ok), 1.0)
        .containsEntry(answers + labels("[fd96::10]:80", "[fd91:2::2]:8080", ok), 1.0)
        .containsEntry(answers + labels("10.91.2.2:8080", "10.91.2.2:8080", ok), 1.0)
        .containsEntry(
            "tcp_listen_info{container_id=\"/test\", listen_addr=\"10.91.2.2:8080\"}", 1.0)
        .doesNotContainKey(connects + labels("10.96.0.10:80", "10.96.0.10:80", ""));
    assertThat(tracker.shedTranslations()).isZero();
  }

  @Test
  @Timeout(120)
  void resolvesServersBehindMachineRules() throws Exception {
    rules(router, "prerouting");
    seesTheServersBehindServices();
  }

  @Test
  @Timeout(120)
  void resolvesServersBehindClientNamespaceRules() throws Exception {
    rules(client, "output");
    seesTheServersBehindServices();
  }

  @Test
  @Timeout(120)
  void resolvesServersOfExistingConnections() throws Exception {
    rules(router, "prerouting");
    try (Socket open = call(client, () -> new Socket(InetAddress.ofLiteral("10.96.0.10"), 80));
        PolledConnections source = new PolledConnections(tracker, PROC, addresses);
        AddressTranslation translation =
            AddressTranslation.start(tracker, PROC, addresses, router)) {
      assertThat(open.isConnected()).isTrue();
      source.readSockets(() -> {});
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (translation.translated() < 1 && System.nanoTime() < end) {
        LockSupport.parkNanos(20_000_000);
      }
    }
    assertThat(all())
        .containsEntry(
            "tcp_active_connections" + labels("10.96.0.10:80", "10.91.2.2:8080", ""), 1.0);
  }
}
