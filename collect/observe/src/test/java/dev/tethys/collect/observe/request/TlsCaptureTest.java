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
import dev.tethys.collect.observe.tls.TlsProbes;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS between processes that use OpenSSL, measured at both ends. */
@Tag("slow")
class TlsCaptureTest {
  private static final int REQUESTS = 40;

  /** Server and client; the client waits for a line before it asks. */
  private static final String SERVER =
      """
      import http.server, ssl, sys
      class H(http.server.BaseHTTPRequestHandler):
          protocol_version = 'HTTP/1.1'
          def do_GET(self):
              self.send_response(200 if self.path == '/' else 404)
              self.send_header('Content-Length', '2')
              self.end_headers()
              self.wfile.write(b'ok')
          def log_message(self, *a): pass
      s = http.server.ThreadingHTTPServer(('127.0.0.1', 0), H)
      c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
      c.load_cert_chain(sys.argv[1], sys.argv[2])
      s.socket = c.wrap_socket(s.socket, server_side=True)
      print(s.server_address[1], flush=True)
      s.serve_forever()
      """;

  private static final String CLIENT =
      """
      import http.client, ssl, sys
      sys.stdin.readline()
      c = ssl._create_unverified_context()
      for path in ['/', '/none']:
          for k in range(2):
              h = http.client.HTTPSConnection('127.0.0.1', int(sys.argv[1]), context=c)
              for i in range(10):
                  h.request('GET', path)
                  h.getresponse().read()
              h.close()
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

  private Process python(String program, String owner, String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of("python3", "-c", program));
    command.addAll(List.of(args));
    Process p = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    owners.put((int) p.pid(), owner);
    return p;
  }

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

  /** The programs of the test. */
  String group() {
    return "payload_tls";
  }

  @Test
  void countsEachEncryptedRequestOnceAtBothEnds() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("sockets");
    KernelAssumptions.assumeLoads(group());
    assumeTrue(
        addresses.isHost(addresses.namespaceOf((int) ProcessHandle.current().pid())),
        "loopback connections are counted in the network namespace of the host alone");
    Path key = folder.resolve("key.pem");
    Path certificate = folder.resolve("cert.pem");
    assumeTrue(works("python3", "-c", "import ssl"), "python3 has no module ssl");
    assumeTrue(
        works(
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            "/CN=localhost",
            "-keyout",
            key.toString(),
            "-out",
            certificate.toString()),
        "openssl is not installed");
    Process server = python(SERVER, "/server", certificate.toString(), key.toString());
    try (BufferedReader line =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String port = line.readLine();
      Process client = python(CLIENT, "/client", port);
      try (KernelConnections connections = KernelConnections.open(tracker);
          PayloadCapture payloads =
              PayloadCapture.open(
                  tracker, metrics, dns, new ProtocolCounters(), 0, List.of(group()));
          TlsProbes probes =
              TlsProbes.start(Path.of("/proc"), (p, f, o) -> payloads.attach(p, f, o)::close, 1)) {
        connections.readSockets(() -> {});
        // Other programs of this machine are attached as well, perhaps before those of this test.
        int[] before = {0};
        long[] since = {System.nanoTime()};
        until(
            () -> {
              int attached = probes.counts().attached();
              if (attached != before[0]) {
                before[0] = attached;
                since[0] = System.nanoTime();
              }
              return attached > 0 && System.nanoTime() - since[0] > 3_000_000_000L;
            },
            connections,
            payloads);
        try (OutputStream in = client.getOutputStream()) {
          in.write('\n');
        }
        assertThat(client.waitFor()).isZero();
        until(
            () -> count("container_http_inbound_requests_total", "4xx") == REQUESTS / 2.0,
            connections,
            payloads);
        for (String name :
            List.of("container_http_requests_total", "container_http_inbound_requests_total")) {
          assertThat(count(name, "2xx")).as(name).isEqualTo(REQUESTS / 2.0);
          assertThat(count(name, "4xx")).as(name).isEqualTo(REQUESTS / 2.0);
        }
      } finally {
        client.destroyForcibly().waitFor();
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
  }

  private static boolean works(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static void until(
      BooleanSupplier done, KernelConnections connections, PayloadCapture from) {
    for (int tries = 0; tries < 2000 && !done.getAsBoolean(); tries++) {
      long now = System.nanoTime();
      from.read(from.end(), connections::readEvents);
      connections.readEvents(now);
      LockSupport.parkNanos(10_000_000);
    }
  }
}
