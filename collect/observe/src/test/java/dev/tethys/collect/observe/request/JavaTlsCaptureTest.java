package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.connection.ConnectionFilter;
import dev.tethys.collect.observe.connection.ConnectionTracker;
import dev.tethys.collect.observe.connection.IpPrefix;
import dev.tethys.collect.observe.connection.KernelConnections;
import dev.tethys.collect.observe.connection.LocalAddresses;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.kernel.KernelAssumptions;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.tls.JavaTls;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests of Java programs over TLS: engines at the server, sockets at the client. */
@Tag("slow")
class JavaTlsCaptureTest {
  private static final int REQUESTS = 200; // of the client after it is told to go on

  private static final String PROGRAM =
      """
      import com.sun.net.httpserver.*;
      import java.io.*; import java.net.*; import java.security.*; import java.util.concurrent.*;
      import javax.net.ssl.*;
      public class Program {
        static SSLContext context(String file) throws Exception {
          KeyStore k = KeyStore.getInstance("PKCS12");
          try (InputStream in = new FileInputStream(file)) { k.load(in, "secret".toCharArray()); }
          KeyManagerFactory f = KeyManagerFactory.getInstance("PKIX"); f.init(k, "secret".toCharArray());
          TrustManagerFactory t = TrustManagerFactory.getInstance("PKIX"); t.init(k);
          SSLContext c = SSLContext.getInstance("TLS"); c.init(f.getKeyManagers(), t.getTrustManagers(), null);
          return c;
        }
        public static void main(String[] a) throws Exception {
          if (a.length == 1) {
            HttpsServer s = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
            s.setHttpsConfigurator(new HttpsConfigurator(context(a[0])));
            s.setExecutor(Executors.newFixedThreadPool(4));
            s.createContext("/", e -> {
              e.getRequestBody().readAllBytes();
              byte[] body = new byte[5000];
              e.sendResponseHeaders(e.getRequestURI().getPath().equals("/none") ? 404 : 200, body.length);
              e.getResponseBody().write(body); e.close(); });
            s.start();
            System.out.println(s.getAddress().getPort());
            Thread.sleep(Long.MAX_VALUE);
          }
          HttpsURLConnection.setDefaultSSLSocketFactory(context(a[0]).getSocketFactory());
          HttpsURLConnection.setDefaultHostnameVerifier((h, s) -> true);
          System.out.println("ready");
          while (System.in.read() >= 0) {
            ExecutorService threads = Executors.newFixedThreadPool(4);
            for (int i = 0; i < 200; i++) {
              String path = i % 4 == 0 ? "/none" : "/";
              threads.submit(() -> {
                try {
                  HttpURLConnection c = (HttpURLConnection) new URL("https://127.0.0.1:" + a[1] + path).openConnection();
                  c.setDoOutput(true); c.getOutputStream().write(new byte[3000]);
                  InputStream in = c.getResponseCode() == 200 ? c.getInputStream() : c.getErrorStream();
                  in.readAllBytes();
                } catch (Throwable e) { e.printStackTrace(); System.exit(1); } });
            }
            threads.shutdown(); threads.awaitTermination(60, TimeUnit.SECONDS);
            System.out.println("done");
          }
        }
      }
      """;

  @TempDir Path folder;
  private final Map<Integer, String> owners = new ConcurrentHashMap<>();
  private final LocalAddresses addresses = new LocalAddresses(Path.of("/proc"));
  private final ConnectionTracker tracker =
      new ConnectionTracker(
          (_, p) -> owners.containsKey(p) ? new Owner(owners.get(p), "") : null,
          new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.NONE),
          addresses);
  private final RequestMetrics metrics = new RequestMetrics(tracker.lock());
  private final DnsMetrics dns = new DnsMetrics(tracker.lock(), 50);

  private double count(String name, String status) {
    double[] sum = new double[1];
    metrics.collect(
        f ->
            f.metrics()
                .forEach(
                    m -> {
                      if (f.name().equals(name)
                          && m.labels().toString().contains("status=\"" + status + "\"")) {
                        sum[0] += ((Value) m.point()).value();
                      }
                    }));
    return sum[0];
  }

  private static final String OUT = "container_http_requests_total";
  private static final String IN = "container_http_inbound_requests_total";

  @ParameterizedTest
  @ValueSource(strings = {"", "/usr/lib/jvm/java-17-openjdk-amd64"})
  void countsRequestsFromAttachToDetach(String home) throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("sockets");
    KernelAssumptions.assumeLoads("payload_tls");
    assumeTrue(
        addresses.isHost(addresses.namespaceOf((int) ProcessHandle.current().pid())),
        "loopback connections are counted in the network namespace of the host alone");
    Path java = Path.of(home.isEmpty() ? System.getProperty("java.home") : home);
    assumeTrue(Files.exists(java.resolve("bin/javac")), java + " is not installed");
    Path store = folder.resolve("keys.p12");
    run(
        java.resolve("bin/keytool").toString(),
        "-genkeypair",
        "-alias",
        "a",
        "-keyalg",
        "RSA",
        "-dname",
        "CN=localhost",
        "-storetype",
        "PKCS12",
        "-keystore",
        store.toString(),
        "-storepass",
        "secret");
    Path source = Files.writeString(folder.resolve("Program.java"), PROGRAM);
    run(java.resolve("bin/javac").toString(), "-nowarn", source.toString());
    String program = java.resolve("bin/java").toString();
    Process server =
        start(
            "/server",
            program,
            "-Xverify:all",
            "-cp",
            folder.toString(),
            "Program",
            store.toString());
    try (BufferedReader port = server.inputReader(StandardCharsets.UTF_8)) {
      Process client =
          start(
              "/client",
              program,
              "-Xverify:all",
              "-cp",
              folder.toString(),
              "Program",
              store.toString(),
              port.readLine());
      try (BufferedReader says = client.inputReader(StandardCharsets.UTF_8);
          OutputStream to = client.getOutputStream();
          KernelConnections connections = KernelConnections.open(tracker);
          PayloadCapture payloads =
              PayloadCapture.open(tracker, metrics, dns, new ProtocolCounters(), 0, true)) {
        assertThat(says.readLine()).isEqualTo("ready");
        connections.readSockets(() -> {});
        Set<Path> before = folders();
        try (JavaTls tls = JavaTls.start(Path.of("/proc"), registry(payloads), 1)) {
          tls.suspect((int) server.pid());
          tls.suspect((int) client.pid());
          until(() -> tls.attached() == 2 || tls.failures() > 0, connections, payloads);
          assertThat(tls.failures()).isZero();
          go(to, says, connections, payloads);
          until(() -> count(IN, "4xx") >= REQUESTS / 4.0, connections, payloads);
          assertThat(payloads.unattributed()).as("unattributed").isZero();
          assertThat(count(IN, "2xx")).isEqualTo(REQUESTS * 0.75);
          assertThat(count(IN, "4xx")).isEqualTo(REQUESTS * 0.25);
          assertThat(count(OUT, "2xx")).isEqualTo(REQUESTS * 0.75);
          assertThat(count(OUT, "4xx")).isEqualTo(REQUESTS * 0.25);
        }
        assertThat(folders()).as("files of the agent in /tmp").isEqualTo(before);
        go(to, says, connections, payloads);
        assertThat(count(IN, "2xx")).as("after detach").isEqualTo(REQUESTS * 0.75);
        assertThat(client.isAlive()).isTrue();
        assertThat(server.isAlive()).isTrue();
      } finally {
        client.destroyForcibly().waitFor();
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static Set<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/tmp"))) {
      return all.filter(p -> String.valueOf(p.getFileName()).startsWith(".tethys-tls-"))
          .collect(Collectors.toSet());
    }
  }

  private static JavaTls.Registry registry(PayloadCapture payloads) {
    return new JavaTls.Registry() {
      @Override
      public void add(int pid) throws IOException {
        payloads.addJava(pid);
      }

      @Override
      public void remove(int pid) throws IOException {
        payloads.removeJava(pid);
      }
    };
  }

  private void go(
      OutputStream to, BufferedReader says, KernelConnections connections, PayloadCapture payloads)
      throws Exception {
    to.write('\n');
    to.flush();
    until(
        () -> {
          try {
            return says.ready();
          } catch (IOException e) {
            return true;
          }
        },
        connections,
        payloads);
    assertThat(says.readLine()).isEqualTo("done");
    for (int i = 0; i < 5; i++) {
      read(connections, payloads);
    }
  }

  private static void read(KernelConnections connections, PayloadCapture payloads) {
    LockSupport.parkNanos(20_000_000);
    payloads.read(payloads.end(), connections::readEvents);
    connections.readEvents(System.nanoTime());
  }

  private static void until(
      BooleanSupplier condition, KernelConnections connections, PayloadCapture payloads) {
    for (int i = 0; i < 1500 && !condition.getAsBoolean(); i++) {
      read(connections, payloads);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }

  private Process start(String owner, String... command) throws IOException {
    Process p = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    owners.put((int) p.pid(), owner);
    return p;
  }

  private static void run(String... command) throws Exception {
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
  }
}
