package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every exporter that uses TLS shows its certificate to a server that asks for one, and delivers
 * nothing to it without. The HTTP server answers that all is well; the other one only checks
 * certificates.
 */
@Tag("contrib")
@Tag("slow")
class MutualTlsTest {
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);
  private static final Queue<String> SHOWN = new ConcurrentLinkedQueue<>();

  @TempDir static Path folder;

  private static HttpsServer http;
  private static ServerSocket raw;

  @BeforeAll
  static void start() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("client", "dns:client");
    SSLContext context = certificates.context("server");
    http = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    http.setHttpsConfigurator(
        new HttpsConfigurator(context) {
          @Override
          public void configure(HttpsParameters p) {
            SSLParameters s = context.getDefaultSSLParameters();
            s.setNeedClientAuth(true);
            p.setSSLParameters(s);
          }
        });
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", MutualTlsTest::answer);
    http.start();
    raw = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> accept(raw, context));
  }

  @AfterAll
  static void stop() throws IOException {
    http.stop(0);
    raw.close();
  }

  @BeforeEach
  void nobody() {
    SHOWN.clear();
  }

  private static void shown(SSLSession s) throws SSLPeerUnverifiedException {
    SHOWN.add(s.getPeerPrincipal().getName());
  }

  /** Says that all is well, in the words of whom a request is meant for. */
  private static void answer(HttpExchange x) throws IOException {
    try (x) {
      shown(((HttpsExchange) x).getSSLSession());
      x.getRequestBody().transferTo(OutputStream.nullOutputStream());
      String path = x.getRequestURI().getPath();
      String say =
          path.contains("_bulk")
              ? "{\"errors\":false,\"items\":[]}"
              : path.contains("collector") ? "{\"text\":\"Success\",\"code\":0}" : "";
      boolean isWrite = path.contains("write") || path.contains("/api/put");
      int status = path.startsWith("/api/v2") ? 202 : isWrite ? 204 : 200;
      byte[] body = say.getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
      x.getResponseBody().write(body);
    }
  }

  private static void accept(ServerSocket at, SSLContext context) {
    while (!at.isClosed()) {
      try {
        Socket s = at.accept();
        Thread.ofVirtual().start(() -> look(s, context));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** PostgreSQL's clients ask first whether there is TLS: eight bytes, of which the last is 47. */
  private static void look(Socket s, SSLContext context) {
    try (s) {
      s.setSoTimeout(10_000);
      java.io.PushbackInputStream in = new java.io.PushbackInputStream(s.getInputStream(), 1);
      int first = in.read();
      SSLSocket tls;
      if (first == 0) {
        in.skipNBytes(7);
        s.getOutputStream().write('S');
        tls = (SSLSocket) context.getSocketFactory().createSocket(s, null, true);
      } else {
        java.io.ByteArrayInputStream read =
            new java.io.ByteArrayInputStream(new byte[] {(byte) first});
        tls = (SSLSocket) context.getSocketFactory().createSocket(s, read, true);
      }
      tls.setUseClientMode(false);
      tls.setNeedClientAuth(true);
      tls.startHandshake();
      shown(tls.getSession());
    } catch (IOException e) {
      // a handshake that comes to nothing is what is tried
    }
  }

  private static String tls(boolean withCertificate) {
    return "ca_file: '"
        + folder.resolve("ca.crt")
        + "'"
        + (withCertificate
            ? ", cert_file: '%1$s/client.crt', key_file: '%1$s/client.key'".formatted(folder)
            : "");
  }

  private static Batch batch(Signal signal) {
    switch (signal) {
      case LOGS -> {
        LogRecord r = new LogRecord();
        r.setTimeUnixNano(1_700_000_000_000_000_000L);
        r.setBody("a line");
        LogsData d = new LogsData();
        d.resources().add(group(r));
        return new Batch(signal, Encoding.OTLP, new OtlpWriter().write(d), 1, 0);
      }
      case TRACES -> {
        Span p = new Span();
        p.setTraceId(1, 2);
        p.setSpanId(3);
        p.setStartTimeUnixNano(1_700_000_000_000_000_000L);
        p.setEndTimeUnixNano(1_700_000_000_000_000_001L);
        TracesData d = new TracesData();
        d.resources().add(group(p));
        return new Batch(signal, Encoding.OTLP, new OtlpWriter().write(d), 1, 0);
      }
      default -> {
        byte[] body =
            new WriteRequestWriter()
                .beginSeries(Labels.of("__name__", "up", "job", "j"))
                .sample(1_700_000_000_000L, 1)
                .endSeries()
                .toByteArray();
        return new Batch(Signal.METRICS, Encoding.REMOTE_WRITE, body, 1, 0);
      }
    }
  }

  private static <T extends dev.tethys.model.telemetry.Item<T>> ResourceGroup<T> group(T item) {
    ScopeGroup<T> s = new ScopeGroup<>();
    s.items().add(item);
    ResourceGroup<T> g = new ResourceGroup<>();
    g.scopes().add(s);
    return g;
  }

  private static String keys(String keys, int port, boolean withCertificate) {
    String tls = tls(withCertificate);
    String all = keys.contains("{tls}") ? keys : keys + ", tls: {{tls}}";
    return all.replace("{at}", "localhost:" + port).replace("{tls}", tls) + ", timeout: 2s";
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = ';',
      value = {
        "otlp_http; METRICS; endpoint: 'https://{at}'",
        "prometheus_remote_write; METRICS; endpoint: 'https://{at}/api/v1/write'",
        "influxdb; METRICS; endpoint: 'https://{at}', v3: {database: d}",
        "elasticsearch; METRICS; endpoint: 'https://{at}'",
        "opensearch; METRICS; endpoint: 'https://{at}'",
        "opentsdb; METRICS; endpoint: 'https://{at}'",
        "tdengine; METRICS; endpoint: 'https://{at}'",
        "clickhouse; METRICS; endpoint: 'https://{at}'",
        "splunk_hec; METRICS; endpoint: 'https://{at}', token: t",
        "datadog; METRICS; endpoint: 'https://{at}', api: {key: 0123456789abcdef0123456789abcdef}",
        "loki; LOGS; endpoint: 'https://{at}/loki/api/v1/push'",
        "zipkin; TRACES; endpoint: 'https://{at}/api/v2/spans'",
        "clymene; METRICS; http: {endpoint: 'https://{at}', tls: {{tls}}}",
        "clymene; LOGS; http: {endpoint: 'https://{at}', tls: {{tls}}}",
        "parquet; METRICS; max_file_age: 100ms, s3: {bucket: telemetry, region: us-east-1,"
            + " endpoint: 'https://{at}', force_path_style: true, access_key: k, secret_key: s,"
            + " tls: {{tls}}}"
      })
  void overHttpCertificatesAreShown(String type, Signal signal, String keys) throws Exception {
    int port = http.getAddress().getPort();
    try (TestPipeline p = new TestPipeline(signal, type, keys(keys, port, true))) {
      p.send(batch(signal));
      p.drain(TIME_LIMIT);
      assertThat(p.balance().out()).as(p.balance().toString()).isEqualTo(1);
      assertThat(SHOWN).isNotEmpty().allMatch(n -> n.contains("CN=client"));
    }
    SHOWN.clear();
    try (TestPipeline p = new TestPipeline(signal, type, keys(keys, port, false))) {
      p.send(batch(signal));
      TestPipeline.await("it was refused", TIME_LIMIT, () -> !p.refusal().isEmpty());
      assertThat(p.balance().out()).isZero();
      assertThat(SHOWN).isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "carbon; endpoint: '{at}'",
        "statsd; endpoint: '{at}', transport: tcp",
        "kdb; endpoint: '{at}'",
        "postgresql; endpoint: 'postgresql://{at}/d', username: u",
        "mqtt; endpoint: 'mqtts://{at}'",
        "otlp_grpc; endpoint: '{at}'",
        "clymene; grpc: {endpoint: '{at}', tls: {{tls}}}",
        "kafka; brokers: ['{at}']"
      })
  void elsewhereTheyAreShownToo(String type, String keys) throws Exception {
    int port = raw.getLocalPort();
    try (TestPipeline p = new TestPipeline(Signal.METRICS, type, keys(keys, port, true))) {
      p.send(batch(Signal.METRICS));
      TestPipeline.await("the certificate was shown", TIME_LIMIT, () -> !SHOWN.isEmpty());
      assertThat(SHOWN).allMatch(n -> n.contains("CN=client"));
    }
    SHOWN.clear();
    try (TestPipeline p = new TestPipeline(Signal.METRICS, type, keys(keys, port, false))) {
      p.send(batch(Signal.METRICS));
      TestPipeline.await("it was refused", TIME_LIMIT, () -> !p.refusal().isEmpty());
      assertThat(SHOWN).isEmpty();
    }
  }
}
