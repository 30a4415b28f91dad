package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.prometheus.collect.ExporterKinds;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.testkit.TestCertificates;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TLS and users of an exporter's own pages, and what variables say of its own server. */
@Tag("contrib")
@Tag("slow")
class OwnServerTest {
  private static final String NOBODY = "--redis.addr=redis://127.0.0.1:1";

  /** Of {@code U*U}: the first test vector of crypt_blowfish (Openwall). */
  private static final String HASH = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

  @TempDir Path folder;

  private static ExporterKind kind(String name) {
    return Objects.requireNonNull(ExporterKinds.find(ExporterKinds.ALL, name));
  }

  private static BuiltInExporter redis(Map<String, String> environment, String... flags)
      throws IOException {
    List<String> args = new ArrayList<>(List.of(flags));
    args.add(NOBODY);
    return new BuiltInExporter(kind("redis"), args, environment::get);
  }

  private static HttpResponse<String> get(
      HttpClient client, String url, @Nullable String userAndPassword) throws Exception {
    HttpRequest.Builder r = HttpRequest.newBuilder(URI.create(url));
    if (userAndPassword != null) {
      byte[] raw = userAndPassword.getBytes(StandardCharsets.UTF_8);
      r.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(raw));
    }
    return client.send(r.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static int status(BuiltInExporter e, String path, @Nullable String login)
      throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return get(client, "http://127.0.0.1:" + e.port() + path, login).statusCode();
    }
  }

  @Test
  void variablesOfRedisExporterSetTheListenAddress() throws Exception {
    Map<String, String> variables =
        Map.of(
            "REDIS_EXPORTER_WEB_LISTEN_ADDRESS", "127.0.0.1:0",
            "REDIS_EXPORTER_WEB_TELEMETRY_PATH", "/shown",
            "REDIS_EXPORTER_REDIS_ONLY_METRICS", "1");
    try (BuiltInExporter e = redis(variables);
        HttpClient client = HttpClient.newHttpClient()) {
      String page = get(client, "http://127.0.0.1:" + e.port() + "/shown", null).body();
      assertThat(page).contains("redis_up 0").doesNotContain("\nprocess_");
    }
    try (BuiltInExporter e = redis(variables, "-web.telemetry-path", "/metrics")) {
      assertThat(status(e, "/metrics", null)).isEqualTo(200);
    }
  }

  @Test
  void readsTelemetryPathFromVariableOfPostgresExporter() throws Exception {
    Map<String, String> variables = Map.of("PG_EXPORTER_WEB_TELEMETRY_PATH", "/shown");
    List<String> args = List.of("--web.listen-address=127.0.0.1:0");
    try (BuiltInExporter e = new BuiltInExporter(kind("postgres"), args, variables::get)) {
      assertThat(status(e, "/shown", null)).isEqualTo(200);
    }
  }

  @Test
  void requiresANameForUserInFlags() throws Exception {
    try (BuiltInExporter e =
        redis(
            Map.of(),
            "--web.listen-address=127.0.0.1:0",
            "--basic-auth-username=monitor",
            "--basic-auth-password",
            "secret")) {
      for (String path : List.of("/metrics", "/", "/health", "/-/healthy")) {
        assertThat(status(e, path, null)).as(path).isEqualTo(401);
        assertThat(status(e, path, "monitor:wrong")).isEqualTo(401);
        assertThat(status(e, path, "other:secret")).isEqualTo(401);
        assertThat(status(e, path, "monitor:secret")).isEqualTo(200);
      }
    }
  }

  @Test
  void requiresANameForUserInVariables() throws Exception {
    try (BuiltInExporter e =
        redis(
            Map.of(
                "REDIS_EXPORTER_BASIC_AUTH_USERNAME",
                "monitor",
                "REDIS_EXPORTER_BASIC_AUTH_HASH_PASSWORD",
                HASH),
            "--web.listen-address=127.0.0.1:0")) {
      assertThat(status(e, "/metrics", null)).isEqualTo(401);
      assertThat(status(e, "/metrics", "monitor:wrong")).isEqualTo(401);
      assertThat(status(e, "/metrics", "monitor:U*U")).isEqualTo(200);
    }
  }

  @Test
  void tlsVariablesRequireClientCertificates() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("client", "dns:client");
    certificates.selfSigned("stranger", "dns:stranger");
    Map<String, String> variables =
        Map.of(
            "REDIS_EXPORTER_TLS_SERVER_CERT_FILE", folder.resolve("server.crt").toString(),
            "REDIS_EXPORTER_TLS_SERVER_KEY_FILE", folder.resolve("server.key").toString());
    try (BuiltInExporter e = redis(variables, "--web.listen-address=127.0.0.1:0")) {
      assertThat(over(certificates.context("client"), e)).isEqualTo(200);
    }
    try (BuiltInExporter e =
        redis(
            variables,
            "--web.listen-address=127.0.0.1:0",
            "--tls-server-min-version=TLS1.3",
            "--tls-server-ca-cert-file=" + certificates.ca())) {
      assertThat(over(certificates.context("client"), e)).isEqualTo(200);
      SSLContext stranger = certificates.context("stranger");
      assertThatThrownBy(() -> over(stranger, e)).isInstanceOf(IOException.class);
    }
  }

  private static int over(SSLContext context, BuiltInExporter e) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
      return get(client, "https://localhost:" + e.port() + "/metrics", null).statusCode();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BASIC_AUTH_PASSWORD=x,--basic-auth-username and one of",
    "BASIC_AUTH_USERNAME=x,--basic-auth-username and one of",
    "BASIC_AUTH_USERNAME=x;BASIC_AUTH_PASSWORD=y;BASIC_AUTH_HASH_PASSWORD=z,only one can be set",
    "BASIC_AUTH_USERNAME=x;BASIC_AUTH_HASH_PASSWORD=z,not a bcrypt hash",
    "TLS_SERVER_CERT_FILE=x,must be set together",
    "TLS_SERVER_CA_CERT_FILE=x,must be set together",
    "TLS_SERVER_MIN_VERSION=TLS1.4,is unknown",
    "DEBUG=perhaps,expected true or false"
  })
  void halfOfItIsRefused(String variables, String reason) {
    Map<String, String> environment = new HashMap<>();
    for (String v : variables.split(";")) {
      environment.put("REDIS_EXPORTER_" + v.split("=")[0], v.split("=")[1]);
    }
    assertThatThrownBy(() -> redis(environment, "--web.listen-address=127.0.0.1:0").close())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource({
    "DEBUG=1,--log.level=debug",
    "DEBUG=0,",
    "LOG_LEVEL=WARN,--log.level=warn",
    "LOG_FORMAT=json,--log.format=json"
  })
  void variablesOfRedisExporterForItsLogAreTaken(String variable, @Nullable String taken) {
    Map<String, String> environment =
        Map.of("REDIS_EXPORTER_" + variable.split("=")[0], variable.split("=")[1]);
    assertThat(String.join(" ", kind("redis").arguments(List.of(), environment::get)))
        .isEqualTo(taken == null ? "" : taken);
  }

  @ParameterizedTest
  @CsvSource({
    "redis,-log-format json --debug=false --log-level info,--log.level=info --log.format=json",
    "redis,--debug=1 --log-level=error,--log.level=debug",
    "redis,-namespace a -namespace b,--namespace=b",
    "redis,-web.listen-address :1 --web.listen-address=:2,--web.listen-address=:1"
        + " --web.listen-address=:2",
    "process,-web.listen-address :1 --web.listen-address=:2,--web.listen-address=:1"
        + " --web.listen-address=:2",
    "redis,--web.systemd-socket --redis.addr=x --,--web.systemd-socket=true --redis.addr=x",
    "process,-web.systemd-socket -procfs /a,--web.systemd-socket=true --procfs=/a",
    "process,-procfs /a -procfs=/b -debug=T,--procfs=/b --log.level=debug",
    "process,-children=0 -man,--children=false --help"
  })
  void flagsAreReadAsGoReadsThem(String name, String given, String taken) {
    assertThat(String.join(" ", kind(name).arguments(List.of(given.split(" ")), v -> null)))
        .isEqualTo(taken);
  }

  @ParameterizedTest
  @CsvSource({
    "LOG_LEVEL=WARN,--log.level=error",
    "DEBUG=1,--log.level=error",
    "LOG_FORMAT=json,--log.format=logfmt",
    "LOG_LEVEL=WARN,--log-level=error",
    "LOG_FORMAT=json,--log-format=txt"
  })
  void aFlagGoesBeforeAVariable(String variable, String given) {
    Map<String, String> environment =
        Map.of("REDIS_EXPORTER_" + variable.split("=")[0], variable.split("=")[1]);
    assertThat(kind("redis").arguments(List.of(given), environment::get))
        .containsExactly(given.replace("log-", "log.").replace("txt", "logfmt"));
  }

  @ParameterizedTest
  @CsvSource({
    "redis,--debug=perhaps,expected true or false",
    "process,--debug=perhaps,expected true or false",
    "process,-man=perhaps,expected true or false",
    "process,-- -man,unexpected argument \"-man\" after --"
  })
  void rejectsInvalidFlags(String name, String given, String reason) {
    assertThatThrownBy(
            () -> new BuiltInExporter(kind(name), List.of(given.split(" ")), v -> null).close())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void rejectsUsersInBothFlagsAndFile() throws Exception {
    Path file = folder.resolve("web.yml");
    String[] flags = {
      "--web.listen-address=127.0.0.1:0",
      "--web.config.file=" + file,
      "--basic-auth-username=monitor",
      "--basic-auth-password=secret"
    };
    Files.writeString(file, "basic_auth_users:\n  other: " + HASH + "\n");
    assertThatThrownBy(() -> redis(Map.of(), flags).close())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("basic_auth_users of --web.config.file and a user");
    Files.writeString(file, "http_server_config:\n  http2: false\n");
    try (BuiltInExporter e = redis(Map.of(), flags)) {
      assertThat(status(e, "/metrics", "monitor:secret")).isEqualTo(200);
    }
  }

  @Test
  void rejectsTlsBelowMinimumVersion() throws Exception {
    TestCertificates certificates = new TestCertificates(folder);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1");
    certificates.issue("client", "dns:client");
    SSLContext context = certificates.context("client");
    assertThat(spoken("TLS1.3", context, "TLSv1.3")).isEqualTo("TLSv1.3");
    assertThatThrownBy(() -> spoken("TLS1.3", context, "TLSv1.2")).isInstanceOf(IOException.class);
    assertThat(spoken("TLS1.2", context, "TLSv1.2")).isEqualTo("TLSv1.2");
    assertThat(spoken("TLS1.0", context, "TLSv1.2")).isEqualTo("TLSv1.2");
  }

  /** Which version a client that knows one alone speaks with an exporter. */
  private String spoken(String oldest, SSLContext context, String version) throws Exception {
    try (BuiltInExporter e =
            redis(
                Map.of(),
                "--web.listen-address=127.0.0.1:0",
                "--tls-server-min-version=" + oldest,
                "--tls-server-cert-file=" + folder.resolve("server.crt"),
                "--tls-server-key-file=" + folder.resolve("server.key"));
        SSLSocket socket =
            (SSLSocket) context.getSocketFactory().createSocket("localhost", e.port())) {
      socket.setEnabledProtocols(new String[] {version});
      socket.startHandshake();
      return socket.getSession().getProtocol();
    }
  }

  @Test
  void getAlsoReloadsPasswords() throws Exception {
    Path file = Files.writeString(folder.resolve("passwords.json"), "{}");
    try (BuiltInExporter e =
        redis(Map.of(), "--web.listen-address=127.0.0.1:0", "--redis.password-file=" + file)) {
      assertThat(status(e, "/-/reload", null)).isEqualTo(200);
      Files.writeString(file, "no JSON");
      assertThat(status(e, "/-/reload", null)).isEqualTo(500);
    }
  }
}
