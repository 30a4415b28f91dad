package dev.tethys.app.collector;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.control.ControlServer;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.extension.opamp.PackageFile;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Upgrades of a real process by its real launcher: distributions are the launcher with a jar that
 * refers to the classes of this build.
 */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
@Tag("slow")
class UpgradeTest {
  private static final Path LAUNCHER =
      Path.of(System.getProperty("tethys.root", "..")).resolve("tethys");

  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private KeyPair keys;
  private ControlServer server;
  private @Nullable Process process;
  private int otlp;
  private int sends;

  @BeforeEach
  void start() throws Exception {
    keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    Files.writeString(
        folder.resolve("key.pem"),
        "-----BEGIN PUBLIC KEY-----\n"
            + Base64.getEncoder().encodeToString(keys.getPublic().getEncoded())
            + "\n-----END PUBLIC KEY-----\n");
    server =
        ControlServer.start(
            HttpListenerOptions.on("127.0.0.1:0"),
            folder.resolve("control"),
            null,
            BuiltIn.components(),
            10);
  }

  @AfterEach
  void stop() throws Exception {
    if (process != null) {
      process.destroy();
      if (!process.waitFor(60, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    }
    server.close();
  }

  private static byte[] libraries() throws IOException {
    Manifest m = new Manifest();
    StringBuilder path = new StringBuilder();
    for (String p : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      path.append(Path.of(p).toAbsolutePath().toUri()).append(' ');
    }
    m.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    m.getMainAttributes().put(Attributes.Name.CLASS_PATH, path.toString().strip());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new JarOutputStream(out, m).close();
    return out.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }

  /** A package with a launcher; no start-up cache is made for it. */
  private static byte[] archive(byte[] launcher, String revision) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      put(zip, "tethys", launcher);
      put(zip, "revision", revision.getBytes(StandardCharsets.UTF_8));
      put(zip, "app/target/lib/tethys-classes.jar", libraries());
      put(zip, "app/target/lib/other.jar", libraries());
      put(zip, ".build/tethys-25-server.aot", new byte[] {0});
    }
    return out.toByteArray();
  }

  private static byte[] script(String whenRun) {
    return ("#!/usr/bin/env bash\n[[ $2 == --help ]] && exit 0\n" + whenRun + "\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private Path distribution() throws IOException {
    Path own = folder.resolve("own");
    Files.createDirectories(own.resolve("app/target/lib"));
    Files.createDirectories(own.resolve(".build"));
    Files.copy(LAUNCHER, own.resolve("tethys"));
    Files.setPosixFilePermissions(
        own.resolve("tethys"), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.write(own.resolve("app/target/lib/tethys-classes.jar"), libraries());
    Files.write(own.resolve("app/target/lib/other.jar"), libraries());
    Files.write(own.resolve(".build/tethys-25-server.aot"), new byte[] {0});
    return own.resolve("tethys");
  }

  private void collector(String... more) throws Exception {
    otlp = Ports.free();
    Path config = folder.resolve("own.yaml");
    Files.writeString(
        config,
        """
        extensions: {file_storage: {directory: %s, create_directory: true}}
        receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:%d'}}}}
        exporters:
          otlp_http:
            endpoint: http://127.0.0.1:%d
            compression: none
            encoding: json
            sending_queue: {storage: file_storage}
            retry_on_failure: {initial_interval: 200ms, max_interval: 500ms, max_elapsed_time: 0s}
        service:
          extensions: [file_storage]
          telemetry: {metrics: {level: none}}
          pipelines: {logs: {receivers: [otlp], exporters: [otlp_http]}}
        """
            .formatted(folder.resolve("queues"), otlp, sinkPort));
    List<String> command =
        new ArrayList<>(
            List.of(
                distribution().toString(),
                "collector",
                "--config=" + config,
                "--control=http://127.0.0.1:" + server.port(),
                "--control.data=" + folder.resolve("agent"),
                "--control.upgrades=" + folder.resolve("upgrades"),
                "--control.upgrade-key=" + folder.resolve("key.pem")));
    command.addAll(List.of(more));
    ProcessBuilder b =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("agent.log").toFile());
    b.environment().put("JAVA_HOME", System.getProperty("java.home"));
    b.environment().remove("TETHYS_RUNNING");
    process = b.start();
    until(() -> agent().path("connected").asBoolean());
  }

  private int sinkPort = 1;

  private void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      if (process != null && !process.isAlive()) {
        throw new AssertionError(
            "the launcher ended: " + Files.readString(folder.resolve("agent.log")));
      }
      Waiting.pause();
    }
  }

  private HttpResponse<String> call(String method, String path, byte[] body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/api/v1/control" + path))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private JsonNode done(HttpResponse<String> r) {
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(r.body()).path("data");
  }

  private JsonNode get(String path) throws Exception {
    return done(call("GET", path, new byte[0]));
  }

  private JsonNode agent() throws Exception {
    return get("/agents").path(0);
  }

  private static String encoded(byte[] bytes) {
    return URLEncoder.encode(Base64.getEncoder().encodeToString(bytes), StandardCharsets.UTF_8);
  }

  private void push(String version, byte[] archive, String signedVersion) throws Exception {
    byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(archive);
    Signature s = Signature.getInstance("Ed25519");
    s.initSign(keys.getPrivate());
    s.update(PackageFile.statement("tethys", signedVersion, sha256));
    String signature = signedVersion.isEmpty() ? "" : "&signature=" + encoded(s.sign());
    JsonNode p =
        done(
            call(
                "POST",
                "/packages?name=tethys&reason=test&version=" + version + signature,
                archive));
    assertThat(p.path("sha256").asString()).isEqualTo(HexFormat.of().formatHex(sha256));
  }

  /** Rolls out a version; the state in which the rollout ends, and why. */
  private String rollout(String version) throws Exception {
    // The destination is away: that is not to look like an effect of the version.
    until(() -> sends == 0 || !agent().path("health").path("healthy").asBoolean(true));
    done(
        call(
            "POST",
            "/rollouts",
            ("{\"package\":\"tethys\",\"packageVersion\":\""
                    + version
                    + "\",\"soak\":\"0s\",\"minItems\":0,\"reason\":\"test\"}")
                .getBytes(StandardCharsets.UTF_8)));
    until(() -> !get("/rollouts").path(0).path("state").asString().equals("running"));
    JsonNode r = get("/rollouts").path(0);
    return r.path("state").asString() + " " + r.path("stateReason").asString();
  }

  private String running() {
    for (ProcessHandle h : requireNonNull(process).children().toList()) {
      try {
        String all = Files.readString(Path.of("/proc/" + h.pid() + "/environ"));
        for (String v : all.split("\0", -1)) {
          if (v.startsWith("TETHYS_RUNNING=")) {
            return v.substring("TETHYS_RUNNING=".length());
          }
        }
      } catch (IOException e) {
        // it has just ended
      }
    }
    return "";
  }

  private void sendLogs(int n) throws Exception {
    sends += n;
    for (int i = 0; i < n; i++) {
      HttpResponse<String> r =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otlp + "/v1/logs"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"body\":"
                              + "{\"stringValue\":\"line\"}}]}]}]}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    }
  }

  /** Up, failures of each kind, which return by themselves, and back, without a lost record. */
  @Test
  void versionChangesLoseNoAcknowledgedRecord() throws Exception {
    AtomicInteger received = new AtomicInteger();
    sinkPort = Ports.free();
    collector("--control.upgrade-timeout=60s"); // a busy machine starts versions slowly
    byte[] launcher = Files.readAllBytes(LAUNCHER);
    sendLogs(20);
    push("2", archive(launcher, "two"), "2");
    assertThat(rollout("2")).isEqualTo("done ");
    String second = running();
    assertThat(second).hasSize(64);
    assertThat(agent().path("packages").path("packages").path(0).path("version").asString())
        .isEqualTo("2");
    sendLogs(10);

    push("3-exits", archive(script("exit 3"), "exits"), "3-exits");
    assertThat(rollout("3-exits"))
        .startsWith("undone ")
        .contains("it ended with code 3 before it was connected to the control plane");
    until(() -> agent().path("connected").asBoolean() && running().equals(second));
    until(() -> agent().path("packages").path("state").asString().equals("applied"));

    push("4-unsigned", archive(launcher, "unsigned"), "");
    assertThat(rollout("4-unsigned")).startsWith("undone ").contains("has no signature");
    until(() -> agent().path("packages").path("state").asString().equals("applied"));
    push("5-renamed", archive(launcher, "renamed"), "6");
    assertThat(rollout("5-renamed")).startsWith("undone ").contains("the signature of the package");
    until(() -> agent().path("packages").path("state").asString().equals("applied"));
    byte[] failing = "#!/usr/bin/env bash\necho no JDK\nexit 7\n".getBytes(StandardCharsets.UTF_8);
    push("7-check", archive(failing, "check"), "7-check");
    assertThat(rollout("7-check"))
        .startsWith("undone ")
        .contains("the check of the new version ended with code 7: no JDK");
    assertThat(running()).isEqualTo(second);
    until(() -> agent().path("packages").path("state").asString().equals("applied"));

    // Undoing the first rollout returns to the version that was started by hand.
    done(
        call("POST", "/rollouts/1/undo", "{\"reason\":\"test\"}".getBytes(StandardCharsets.UTF_8)));
    until(() -> running().equals("own") && agent().path("connected").asBoolean());
    sendLogs(5);
    HttpServer sink =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), sinkPort), 0);
    sink.createContext(
        "/",
        e -> {
          String body = new String(e.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          received.addAndGet(body.split("\"line\"", -1).length - 1);
          e.sendResponseHeaders(200, -1);
          e.close();
        });
    sink.start();
    until(() -> received.get() >= 35);
    Process ended = requireNonNull(process);
    ended.destroy();
    assertThat(ended.waitFor(60, TimeUnit.SECONDS)).isTrue();
    sink.stop(0);
    assertThat(received.get()).isEqualTo(35);
  }

  @Test
  void endsHangingVersion() throws Exception {
    sinkPort = Ports.free();
    collector("--control.upgrade-timeout=20s");
    push("2-hangs", archive(script("trap '' TERM; while :; do sleep 1; done"), "hangs"), "2-hangs");
    assertThat(rollout("2-hangs"))
        .startsWith("undone ")
        .contains("it was not connected to the control plane within 20 s");
    until(() -> running().equals("own") && agent().path("connected").asBoolean());
    Process ended = requireNonNull(process);
    ended.destroy();
    assertThat(ended.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(folder.resolve("agent.log"))).contains("is not kept");
  }
}
