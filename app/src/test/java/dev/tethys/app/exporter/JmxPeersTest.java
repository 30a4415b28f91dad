package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.app.TethysProcess;
import dev.tethys.config.ConfigException;
import dev.tethys.testkit.Ports;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same JVM shown by Tethys and by jmx_exporter's own collector. */
@Timeout(240)
@Tag("contrib")
@Tag("slow")
class JmxPeersTest {
  private static final String TIMEOUT = "X-Prometheus-Scrape-Timeout-Seconds";

  @TempDir Path dir;

  private JvmProcess beans(String... args) throws Exception {
    List<String> main = new ArrayList<>(List.of(BeansProgram.class.getName()));
    main.addAll(List.of(args));
    return new JvmProcess(dir, JvmProcess.open(), main);
  }

  /**
   * Tethys as its own process, since remote JMX sets the deserialization filter of a process. Its
   * file is written anew for each question.
   */
  private final class Program implements AutoCloseable {
    private final Path file;
    private final RealExporter process;
    private int writes;

    Program(String yaml, String... flags) throws Exception {
      file = Files.writeString(Files.createTempFile(dir, "jmx", ".yml"), yaml);
      List<String> command = TethysProcess.small("exporter", "jmx", "ADDRESS", file.toString());
      command.addAll(List.of(flags));
      process = new RealExporter(dir, command);
    }

    void write(String yaml) throws Exception {
      Files.writeString(file, yaml);
      Files.setLastModifiedTime(
          file, FileTime.from(Instant.ofEpochSecond(1_900_000_000).plusSeconds(++writes)));
    }

    String page(String yaml, String... headers) throws Exception {
      write(yaml);
      return get("/metrics", headers).body();
    }

    HttpResponse<String> get(String path, String... headers) throws Exception {
      HttpRequest.Builder b = HttpRequest.newBuilder(URI.create(process.base + path));
      if (headers.length > 0) {
        b.headers(headers);
      }
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client.send(
            b.header("Accept", "text/plain;version=0.0.4").build(),
            HttpResponse.BodyHandlers.ofString());
      }
    }

    @Override
    public void close() {
      process.close();
    }
  }

  /** What is of the program, or depends on how long something took. */
  private static ExposedText comparable(String text) {
    ExposedText e = ExposedText.parse(text);
    e.types().keySet().removeIf(JmxPeersTest::isOwn);
    e.helps().keySet().removeIf(JmxPeersTest::isOwn);
    e.samples().keySet().removeIf(JmxPeersTest::isOwn);
    return e;
  }

  private static boolean isOwn(String name) {
    return name.startsWith("jmx_exporter_build_info")
        || name.startsWith("jmx_scrape_duration_seconds")
        || name.startsWith("process_")
        || name.startsWith("jmx_scrape_timeout_total")
        || name.startsWith("jmx_config_reload")
        || name.contains("_LastGcInfo_"); // is there after a collection
  }

  /** That both show the same, constant values of beans, too. */
  private void same(Program ours, JvmProcess jvm, String rules, String... still) throws Exception {
    String yaml = "hostPort: " + jvm.address() + "\n" + rules;
    ExposedText their =
        comparable(RealJmxCollector.page(Files.writeString(dir.resolve("real.yml"), yaml)));
    ExposedText our = comparable(ours.page(yaml));
    assertThat(our.types()).isEqualTo(their.types());
    assertThat(our.samples().keySet()).isEqualTo(their.samples().keySet());
    TreeMap<String, String> helps = new TreeMap<>(our.helps());
    helps.entrySet().removeAll(their.helps().entrySet());
    // Where several beans have one name, the help is that of any of them.
    helps
        .keySet()
        .removeIf(n -> their.samples().keySet().stream().filter(k -> k.startsWith(n)).count() > 1);
    assertThat(helps).isEmpty();
    ExposedText fixed = their.only(still);
    assertThat(fixed.samples()).isNotEmpty();
    assertThat(our.only(still).samples()).isEqualTo(fixed.samples());
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    try (JvmProcess jvm = beans();
        Program ours = new Program("hostPort: a:1")) {
      same(ours, jvm, "", "own", "jmx_");
      same(
          ours,
          jvm,
          "lowercaseOutputName: true\n"
              + "lowercaseOutputLabelNames: true\n"
              + "inferCounterTypeFromName: true\n",
          "own",
          "jmx_");
      same(
          ours,
          jvm,
          """
          excludeObjectNames: ["java.lang:type=MemoryPool,*", "JMImplementation:*"]
          rules:
          - pattern: 'own<type=Shard, shard=(.+), topic=(.+)><>(\\w+)PerSec: (.*)'
            name: shard_$3_total
            type: COUNTER
            valueFactor: 100
            help: 'of $1, $4'
            labels: {shard: $1, "$2": "x", none: "", "a-b c": "$1/$2"}
          - pattern: 'own<type=Shard.*><>Value'
            name: shard_value
            type: GAUGE
          - pattern: 'own.dom-ain<type=All, name=n><>Text: ([\\d.]+) per cent'
            name: 9percent
            value: $1
            type: GAUGE
          - pattern: 'own.dom-ain<type=All, name=n><Outer, in>(.+):'
            name: inner_$1_info
          - pattern: 'own.dom-ain<type=All, name=n, type_=(.*), part_a=(\\d)><>Table'
            name: rows
            labels: {row: $1}
          - pattern: 'own.dom-ain.*Number in Text'
            name: never
            value: $0
          - pattern: 'own.dom-ain<type=All, name=n><>(.*)'
            attrNameSnakeCase: true
          - pattern: 'own<name=(.*)><>A'
            name: quoted
            labels: {name: $1}
          - pattern: 'java.lang<type=Memory><HeapMemoryUsage>max'
            name: heap_max
            type: GAUGE
          """,
          "shard",
          "_9percent",
          "inner",
          "rows",
          "own",
          "quoted",
          "heap_max",
          "jmx_");
      same(
          ours,
          jvm,
          """
          includeObjectNames: ["own:*", "own.dom-ain:*", "java.lang:type=Runtime"]
          excludeObjectNames: ["own:type=total"]
          excludeJvmMetrics: true
          excludeObjectNameAttributes:
            "own:type=Odd": [Good]
            "own:shard=s2,topic=t.1,type=Shard": [Value]
          autoExcludeObjectNameAttributes: false
          metricCustomizers:
          - mbeanFilter: {domain: own.dom-ain, properties: {name: n}}
            attributesAsLabels: [Text, State, missing]
            extraMetrics:
            - {name: isActive, value: true, description: Says so.}
            - {name: limit, value: 2.5}
          """,
          "own",
          "jmx_");
      same(
          ours,
          jvm,
          """
          whitelistObjectNames: ["own:*"]
          blacklistObjectNames: ["own:type=x*"]
          includeObjectNameAttributes:
            "own:type=Odd": [Good]
            "own:type=info": [Count, nothing]
          """,
          "own",
          "jmx_");
    }
  }

  @Test
  void cachedRulesKeepTheirMatches() throws Exception {
    try (JvmProcess jvm = beans();
        Program ours = new Program("hostPort: a:1")) {
      same(
          ours,
          jvm,
          """
          includeObjectNames: ["own:*", "own.dom-ain:*"]
          rules:
          - {pattern: 'own<type=Shard, shard=(.*), topic.*><>Value: 9', name: by_value, cache: true}
          - {pattern: 'own<type=Shard, shard=(.*), topic.*><>Value', name: cached, labels: {shard: $1}, cache: true}
          - {pattern: 'own<type=Shard, shard=(.*), topic.*><>Value: 9', name: uncached}
          """,
          "cached",
          "jmx_");
      List<String> first = cached(ours);
      assertThat(first).hasSize(2);
      assertThat(cached(ours)).isEqualTo(first);
    }
  }

  private static List<String> cached(Program p) throws Exception {
    return p.get("/metrics").body().lines().filter(l -> l.startsWith("cached{")).toList();
  }

  @Test
  void logsInOverTls() throws Exception {
    String password = "changeit";
    Path keys = dir.resolve("keys.p12");
    keytool(
        "-genkeypair",
        "-alias",
        "jvm",
        "-keyalg",
        "EC",
        "-dname",
        "CN=localhost",
        "-ext",
        "SAN=ip:127.0.0.1",
        "-keystore",
        keys.toString());
    Path certificate = dir.resolve("jvm.cer");
    keytool(
        "-exportcert",
        "-alias",
        "jvm",
        "-keystore",
        keys.toString(),
        "-file",
        certificate.toString());
    Path trust = dir.resolve("trust.p12");
    keytool(
        "-importcert",
        "-noprompt",
        "-alias",
        "jvm",
        "-keystore",
        trust.toString(),
        "-file",
        certificate.toString());
    Path users =
        Files.createFile(
            dir.resolve("jmx.password"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(users, "monitor s3cret\n");
    Path access = Files.writeString(dir.resolve("jmx.access"), "monitor readonly\n");
    List<String> options =
        List.of(
            "-Dcom.sun.management.jmxremote.authenticate=true",
            "-Dcom.sun.management.jmxremote.password.file=" + users,
            "-Dcom.sun.management.jmxremote.access.file=" + access,
            "-Dcom.sun.management.jmxremote.ssl=true",
            "-Dcom.sun.management.jmxremote.registry.ssl=true",
            "-Dcom.sun.management.jmxremote.ssl.need.client.auth=true",
            "-Djavax.net.ssl.keyStore=" + keys,
            "-Djavax.net.ssl.keyStorePassword=" + password,
            "-Djavax.net.ssl.trustStore=" + trust,
            "-Djavax.net.ssl.trustStorePassword=" + password);
    try (JvmProcess jvm = new JvmProcess(dir, options, List.of(BeansProgram.class.getName()))) {
      String common = "hostPort: " + jvm.address() + "\nusername: monitor\n";
      String ssl =
          """
          ssl:
            enabled: true
            keyStore: {filename: keys.p12, type: PKCS12, password: changeit}
            trustStore: {filename: trust.p12, password: changeit}
            protocols: TLSv1.2, TLSv1.3
          """;
      String right = common + "password: s3cret\n" + ssl;
      try (Program ours = new Program(right)) {
        assertThat(ours.page(right)).contains("jmx_scrape_error 0").contains("own_Odd_Good 1");
        for (String wrong :
            List.of(
                common + "password: other\n" + ssl,
                common + "password: s3cret\nssl: true\n",
                common + "password: s3cret\n")) {
          // RMI keeps connections, with the certificates that they were made with
          try (Program other = new Program(wrong)) {
            assertThat(other.page(wrong)).contains("jmx_scrape_error 1").doesNotContain("own_");
          }
        }
        assertThat(ours.page(right)).contains("jmx_scrape_error 0").contains("own_Odd_Good 1");
      }
    }
  }

  private static void keytool(String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(args));
    command.addAll(List.of("-storepass", "changeit", "-storetype", "PKCS12"));
    Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor()).as(said).isZero();
  }

  @Test
  void scrapeOfHangingBeanTimesOut() throws Exception {
    try (JvmProcess jvm = beans("Hangs");
        ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Program ours = new Program("hostPort: a:1")) {
      String yaml = "hostPort: " + jvm.address() + "\n";
      // Beans come sorted by name: the one that hangs is the last.
      assertThat(ours.page(yaml, TIMEOUT, "5"))
          .contains("jmx_scrape_error 1")
          .contains("own_Odd_Good 1");
      assertThat(ours.page(yaml + "httpServer: {maximumRequestSeconds: 5}\n"))
          .contains("jmx_scrape_error 1")
          .contains("own_Odd_Good 1")
          .as("not the minute of a scraper that says nothing")
          .containsPattern("\njmx_scrape_duration_seconds [1-5]?\\d\\.");
      assertThat(ours.page(yaml + "scrapeTimeoutSeconds: 1\n"))
          .contains("jmx_scrape_error 1")
          .contains("jmx_scrape_timeout_total 1");
      assertThat(
              ours.page(
                  yaml
                      + "includeObjectNames: ['own:type=Odd']\n"
                      + "rules:\n- pattern: '"
                      + "(.*)".repeat(14)
                      + "!!'\n",
                  TIMEOUT,
                  "2"))
          .contains("jmx_scrape_error 1");
      ours.write("hostPort: 127.0.0.1:" + silent.getLocalPort());
      for (int i = 0; i < 20; i++) { // more than may be under way: all of them have ended
        assertThat(ours.get("/metrics", TIMEOUT, "0.3").body()).contains("jmx_scrape_error 1");
      }
      assertThat(ours.page("hostPort: 127.0.0.1:" + Ports.free())).contains("jmx_scrape_error 1");
      ours.write("hostPort: x:1\nstartDelaySeconds: 3600\n");
      assertThat(ours.get("/metrics").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void servesPagesToTheirUserOnly() throws Exception {
    String users =
        "hostPort: 127.0.0.1:"
            + Ports.free()
            + "\nhttpServer:\n  metrics: {path: /jmx}\n  authentication:\n    basic:\n"
            + "      username: Prometheus\n";
    List<String> ways =
        List.of(
            "      password: secret\n",
            "      algorithm: SHA-256\n      salt: salt\n      passwordHash: "
                + sha256("salt:secret"),
            "      algorithm: PBKDF2WithHmacSHA256\n      salt: salt\n      iterations: 1000\n"
                + "      passwordHash: "
                + openssl());
    try (Program ours = new Program(users + ways.getFirst())) {
      for (String how : ways) {
        ours.write(users + how);
        ours.get("/jmx", "Authorization", basic("Prometheus:secret")); // the file is read then
        assertThat(ours.get("/jmx").statusCode()).isEqualTo(401);
        assertThat(ours.get("/").statusCode()).isEqualTo(401);
        assertThat(ours.get("/jmx", "Authorization", basic("Prometheus:secret")).statusCode())
            .isEqualTo(200);
        assertThat(ours.get("/jmx", "Authorization", basic("Prometheus:other")).statusCode())
            .isEqualTo(401);
        assertThat(ours.get("/jmx", "Authorization", basic("other:secret")).statusCode())
            .isEqualTo(401);
      }
    }
  }

  private static String sha256(String text) throws Exception {
    return java.util.HexFormat.ofDelimiter(":")
        .withUpperCase()
        .formatHex(
            java.security.MessageDigest.getInstance("SHA-256")
                .digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** PBKDF2 as a program that is not ours computes it. */
  private static String openssl() throws Exception {
    Process p =
        new ProcessBuilder(
                "openssl",
                "kdf",
                "-keylen",
                "16",
                "-kdfopt",
                "digest:SHA256",
                "-kdfopt",
                "pass:secret",
                "-kdfopt",
                "salt:salt",
                "-kdfopt",
                "iter:1000",
                "PBKDF2")
            .start();
    return new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  private static String basic(String pair) {
    return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void rereadsChangedFile() throws Exception {
    try (JvmProcess jvm = beans()) {
      String yaml = "hostPort: " + jvm.address() + "\nincludeObjectNames: ['own:type=Odd']\n";
      try (Program ours = new Program(yaml)) {
        assertThat(ours.get("/metrics").body()).contains("own_Odd_Good 1");
        assertThat(ours.page(yaml + "rules: [{pattern: '.*', name: other}]\n"))
            .contains("\nother 1")
            .contains("jmx_config_reload_success_total 1");
        assertThat(ours.page(yaml + "rules: [{patern: '.*'}]\n"))
            .contains("\nother 1")
            .contains("jmx_config_reload_failure_total 1");
      }
    }
  }

  /** These say no JVM, as the agent is in the one that it asks. */
  @Test
  void acceptsFilesOfTheAgent() throws Exception {
    try (JvmProcess jvm = beans()) {
      String yaml = "includeObjectNames: ['own:type=Odd']\n";
      try (Program ours = new Program(yaml, "--jmx.host-port=" + jvm.address())) {
        assertThat(ours.get("/metrics").body()).contains("own_Odd_Good 1");
        assertThat(ours.page(yaml + "rules: [{pattern: '.*', name: other}]\n"))
            .contains("\nother 1");
        assertThat(ours.page(yaml + "hostPort: a:1\n"))
            .contains("\nother 1")
            .contains("jmx_config_reload_failure_total 1");
      }
    }
  }

  @Test
  void reportsErrorsWithPosition() {
    refused("rules: []", "hostPort and jmxUrl", "--jmx.host-port");
    refused(
        "hostPort: a:1\njmxUrl: service:jmx:rmi:///jndi/rmi://a:1/jmxrmi", ":2:9: ", "At most one");
    refused("jmxUrl: service:jmx:jmxmp://a:1", ":1:9: ", "only rmi is supported");
    refused("hostPort: a:1\nrules:\n- pattern: '('", ":3:12: ", "is not a valid expression");
    refused("hostPort: a:1\nrules:\n- pattern: 'a(b)'\n  name: $2", ":4:9: ", "No group 2");
    refused("hostPort: a:1\nrules:\n- {pattern: a, name: n, type: SUMMARY}", ":3:31: ", "COUNTER");
    refused("hostPort: a:1\nrules:\n- name: a", ":3:3: ", "pattern");
    refused("hostPort: a:1\nexcludeObjectNames: ['a']", ":2:22: ", "not an object name");
    refused("hostPort: a:1\nlowercaseOutputNames: true", ":2:1: ", "lowercaseOutputName");
    refused("hostPort: a:1\npassword: ${NOT_SET_ANYWHERE}", ":2:11: ", "NOT_SET_ANYWHERE");
    refused("hostPort: a:1\nhttpServer: {maximumRequestSeconds: 0}", ":2:37: ", "at least 1");
    refused("hostPort: a:1\nssl: {enabled: true, trustStore: {filename: none.p12}}", "none.p12");
  }

  private void refused(String yaml, String... says) {
    assertThatThrownBy(
            () -> {
              Path file = Files.writeString(Files.createTempFile(dir, "jmx", ".yml"), yaml);
              new BuiltInExporter(Kinds.of("jmx"), List.of("127.0.0.1:0", file.toString())).close();
            })
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(says);
  }
}
