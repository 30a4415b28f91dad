package dev.tethys.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real kube-apiserver over its own etcd, with RBAC, users by token and by certificate, and a log
 * of every request. Nothing else of a cluster runs: tests write statuses, endpoints and slices
 * themselves. Tests are skipped if the two programs are not among the peers, in {@code
 * kubernetes/}.
 */
public final class KubernetesProcess implements AutoCloseable {
  private static final String ADMIN = "token-of-admin";
  private static final Duration TIME_LIMIT = Duration.ofSeconds(60);

  private final Path dir;
  private final int port = Ports.free();
  private final ServerProcess etcd;
  private final HttpClient client;
  private @Nullable ServerProcess api;

  /** Starts both, with the options of the API server that are given. */
  public KubernetesProcess(Path dir, String... options) throws Exception {
    String program = Shared.peerFolder("kubernetes/etcd").toString();
    Shared.peerFolder("kubernetes/kube-apiserver");
    this.dir = dir;
    prepare();
    int clients = Ports.free();
    this.etcd =
        new ServerProcess(
            clients,
            dir.resolve("etcd.log"),
            Map.of(),
            List.of(
                program,
                "--data-dir=" + dir.resolve("etcd"),
                "--unsafe-no-fsync",
                "--listen-client-urls=http://127.0.0.1:" + clients,
                "--advertise-client-urls=http://127.0.0.1:" + clients,
                "--listen-peer-urls=http://127.0.0.1:" + Ports.free()));
    try {
      launch(options);
      this.client =
          HttpClient.newBuilder().sslContext(trusting(ca())).connectTimeout(TIME_LIMIT).build();
      awaitReady();
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private void prepare() throws IOException, GeneralSecurityException {
    Path keys = Files.createDirectory(dir.resolve("client"));
    new TestCertificates(keys).issue("someone", "dns:someone");
    KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
    rsa.initialize(2048);
    Files.writeString(
        dir.resolve("accounts.key"),
        "-----BEGIN PRIVATE KEY-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(rsa.generateKeyPair().getPrivate().getEncoded())
            + "\n-----END PRIVATE KEY-----\n");
    Files.writeString(
        dir.resolve("audit.yml"),
        """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules: [{level: Metadata}]
        """);
    users("admin", "system:masters");
  }

  /**
   * Sets the users with tokens {@code token-of-NAME}, in addition to the administrator: names, each
   * followed by its group or {@code ""}. The server reads this at start.
   */
  public void users(String... namesAndGroups) throws IOException {
    StringBuilder b = new StringBuilder(ADMIN + ",admin,0,\"system:masters\"\n");
    for (int i = 0; i < namesAndGroups.length; i += 2) {
      String name = namesAndGroups[i];
      if (!name.equals("admin")) {
        b.append("token-of-%s,%s,%d,\"%s\"%n".formatted(name, name, i + 1, namesAndGroups[i + 1]));
      }
    }
    Files.writeString(dir.resolve("tokens.csv"), b);
  }

  private void launch(String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Shared.peerFolder("kubernetes/kube-apiserver").toString(),
                "--etcd-servers=http://127.0.0.1:" + etcd.port(),
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--secure-port=" + port,
                "--cert-dir=" + dir.resolve("certificates"),
                "--client-ca-file=" + dir.resolve("client/ca.crt"),
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-account-key-file=" + dir.resolve("accounts.key"),
                "--service-account-signing-key-file=" + dir.resolve("accounts.key"),
                "--authorization-mode=RBAC",
                "--token-auth-file=" + dir.resolve("tokens.csv"),
                "--service-cluster-ip-range=10.96.0.0/16",
                "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none",
                "--runtime-config=discovery.k8s.io/v1beta1=false", // v1 may be in its place
                "--audit-policy-file=" + dir.resolve("audit.yml"),
                "--audit-log-path=" + dir.resolve("audit.log")));
    command.addAll(Arrays.asList(options));
    api = new ServerProcess(port, dir.resolve("api.log"), Map.of(), command);
  }

  private void awaitReady() throws IOException, InterruptedException {
    long until = System.nanoTime() + TIME_LIMIT.toNanos();
    HttpResponse<String> r = send("GET", "/readyz", "", "");
    while (r.statusCode() != 200) {
      assertThat(System.nanoTime()).as(r.body()).isLessThan(until);
      TimeUnit.MILLISECONDS.sleep(50);
      r = send("GET", "/readyz", "", "");
    }
  }

  /** Kills the API server; stored data stays. */
  public void kill() {
    ServerProcess running = api;
    api = null;
    if (running != null) {
      running.kill();
    }
  }

  /** Restarts the API server at its previous address. */
  public void start(String... options) throws IOException, InterruptedException {
    launch(options);
    awaitReady();
  }

  /** Makes the store remove all versions before the current one. */
  public void compact() throws IOException, InterruptedException {
    String base = "http://127.0.0.1:" + etcd.port() + "/v3/kv/";
    String status = post(base + "range", "{\"key\":\"AA==\"}");
    String revision =
        JsonMapper.shared().readTree(status).path("header").path("revision").asString("");
    post(base + "compaction", "{\"revision\":\"" + revision + "\",\"physical\":true}");
  }

  private String post(String url, String body) throws IOException, InterruptedException {
    HttpResponse<String> r =
        client.send(
            HttpRequest.newBuilder(URI.create(url)).POST(BodyPublishers.ofString(body)).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return r.body();
  }

  /** Returns the server URL. */
  public String url() {
    return "https://127.0.0.1:" + port;
  }

  /** Returns the authority that signed the server's certificate. */
  public Path ca() {
    return dir.resolve("certificates/apiserver.crt");
  }

  /** Returns the certificate of {@code someone}; its key is next to it. */
  public Path certificate() {
    return dir.resolve("client/someone.crt");
  }

  /** Creates an object in the list at a path; returns it. */
  public JsonNode create(String path, String json) throws IOException, InterruptedException {
    return done(send("POST", path, "application/json", json));
  }

  /** Changes an object (RFC 7396); returns it. */
  public JsonNode patch(String path, String json) throws IOException, InterruptedException {
    return done(send("PATCH", path, "application/merge-patch+json", json));
  }

  public void delete(String path) throws IOException, InterruptedException {
    done(send("DELETE", path + "?gracePeriodSeconds=0", "", ""));
  }

  public JsonNode get(String path) throws IOException, InterruptedException {
    return done(send("GET", path, "", ""));
  }

  /** Returns the status of the response to a GET. */
  public int status(String path) throws IOException, InterruptedException {
    return send("GET", path, "", "").statusCode();
  }

  private static JsonNode done(HttpResponse<String> r) {
    assertThat(r.statusCode()).as(r.request() + ": " + r.body()).isBetween(200, 299);
    return JsonMapper.shared().readTree(r.body());
  }

  private HttpResponse<String> send(String method, String path, String type, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder b =
        HttpRequest.newBuilder(URI.create(url() + path))
            .timeout(TIME_LIMIT)
            .header("Authorization", "Bearer " + ADMIN)
            .method(method, BodyPublishers.ofString(body));
    if (!type.isEmpty()) {
      b.header("Content-Type", type);
    }
    return client.send(b.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Paths and queries requested by a user, in order, from the server's log. */
  public List<String> requestsOf(String user) throws IOException {
    try (Stream<String> lines = Files.lines(dir.resolve("audit.log"), StandardCharsets.UTF_8)) {
      return lines
          .map(l -> JsonMapper.shared().readTree(l))
          .filter(e -> e.path("user").path("username").asString("").equals(user))
          .filter(
              e ->
                  e.path("stage").asString("").equals("ResponseStarted")
                      || !e.path("verb").asString("").equals("watch"))
          .map(e -> e.path("requestURI").asString(""))
          .toList();
    }
  }

  private static SSLContext trusting(Path pem) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int n = 0;
    try (var in = Files.newInputStream(pem)) {
      for (var c : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("ca" + n++, c);
      }
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  @Override
  public void close() {
    kill();
    etcd.close();
  }
}
