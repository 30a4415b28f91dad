package dev.tethys.app.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Ports;
import dev.tethys.testkit.ServerProcess;
import dev.tethys.testkit.Shared;
import dev.tethys.testkit.TestCertificates;
import dev.tethys.web.client.HttpClientFactory;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Probes over HTTP/3 of a server that is not ours, by Tethys and by the real blackbox_exporter. */
@Tag("contrib")
@Tag("slow")
class BlackboxHttp3PeersTest {
  /** Times, and what 0.28 does not show. */
  private static final Set<String> NOT_COMPARED =
      Set.of(
          "probe_duration_seconds",
          "probe_dns_lookup_time_seconds",
          "probe_http_duration_seconds",
          "probe_timeout_seconds");

  private static final String SITE =
      """
      {
        admin off
        auto_https off
        servers {
          protocols h1 h2 h3
          strict_sni_host insecure_off
        }
      }
      https://localhost:PORT, https://127.0.0.1:PORT, https://named.test:PORT {
        bind 127.0.0.1
        tls CERT KEY {
          CLIENTS
        }
        header X-Kind test
        header Last-Modified "Mon, 02 Jan 2023 03:04:05 GMT"
        encode {
          gzip
          minimum_length 200
        }
        redir /moved /there 302
        redir /loop /loop 301
        redir /away https://127.0.0.1:PORT/there 302
        redir /plain http://127.0.0.1:1/ 302
        respond /no "nope" 404
        respond /none 204
        respond /json `{"status": "ok", "errors": []}`
        respond /method {http.request.method}|{http.request.body}|{http.request.proto}|{http.request.header.X-A}
        respond /host {http.request.host}
        respond /auth {http.request.header.Authorization}
        handle /files/* {
          root * FOLDER
          file_server
        }
        respond "hello world"
      }
      """;

  private static final String MODULES =
      """
      modules:
        h3: {prober: http, http: {H3, valid_http_versions: [HTTP/3.0], tls_config: {ca_file: CA}}}
        post: {prober: http, http: {H3, method: POST, body: said, headers: {X-A: b}, fail_if_body_not_matches_regexp: ['^POST.said.HTTP/3.0.b$'], tls_config: {ca_file: CA}}}
        head: {prober: http, http: {H3, method: HEAD, tls_config: {ca_file: CA}}}
        stay: {prober: http, http: {H3, follow_redirects: false, valid_status_codes: [302], tls_config: {ca_file: CA}}}
        ssl: {prober: http, http: {H3, fail_if_ssl: true, tls_config: {ca_file: CA}}}
        gzip: {prober: http, http: {H3, compression: gzip, headers: {Accept-Encoding: gzip}, tls_config: {ca_file: CA}}}
        ungzip: {prober: http, http: {H3, compression: gzip, headers: {Accept-Encoding: 'br, gzip'}, tls_config: {ca_file: CA}}}
        small: {prober: http, http: {H3, body_size_limit: 5B, tls_config: {ca_file: CA}}}
        matches: {prober: http, http: {H3, fail_if_body_matches_regexp: [world], tls_config: {ca_file: CA}}}
        header: {prober: http, http: {H3, fail_if_header_not_matches: [{header: X-Kind, regexp: '^t'}], tls_config: {ca_file: CA}}}
        header_no: {prober: http, http: {H3, fail_if_header_matches: [{header: X-Kind, regexp: '^t'}], tls_config: {ca_file: CA}}}
        cel: {prober: http, http: {H3, fail_if_body_json_not_matches_cel: 'body.status == "ok"', tls_config: {ca_file: CA}}}
        named: {prober: http, http: {H3, headers: {Host: named.test}, fail_if_body_not_matches_regexp: ['^named.test$'], tls_config: {ca_file: CA}}}
        server_name: {prober: http, http: {H3, tls_config: {ca_file: CA, server_name: named.test}}}
        any: {prober: http, http: {H3, tls_config: {insecure_skip_verify: true}}}
        trusting: {prober: http, http: {H3}}
        shows: {prober: http, http: {H3, tls_config: {ca_file: CA, cert_file: CCERT, key_file: CKEY}}}
      """;

  @TempDir Path dir;
  private ServerProcess caddy;
  private ServerProcess strict;
  private Path file;

  @BeforeEach
  void start() throws Exception {
    String problem = HttpClientFactory.http3Problem();
    Assumptions.assumeTrue(problem.isEmpty(), problem);
    Path program = ServerProcess.find("caddy");
    TestCertificates certificates = new TestCertificates(dir);
    certificates.issue("server", "dns:localhost,ip:127.0.0.1,dns:named.test");
    certificates.issue("client", "dns:client");
    Path files = Files.createDirectories(dir.resolve("www/files"));
    Files.write(files.resolve("large.txt"), new byte[3_000_000]);
    file =
        Files.writeString(
            dir.resolve("blackbox.yml"),
            MODULES
                .replace(
                    "H3", "enable_http3: true, enable_http2: false, preferred_ip_protocol: ip4")
                .replace("CCERT", certificates.certificate("client").toString())
                .replace("CKEY", certificates.key("client").toString())
                .replace("CA}", certificates.ca() + "}")
                .replace("CA,", certificates.ca() + ","));
    caddy = caddy(program, certificates, "");
    strict =
        caddy(
            program,
            certificates,
            "client_auth {\nmode require_and_verify\ntrusted_ca_cert_file "
                + certificates.ca()
                + "\n}");
  }

  private ServerProcess caddy(Path program, TestCertificates certificates, String clients)
      throws Exception {
    int port = Ports.free();
    Path site =
        Files.writeString(
            dir.resolve("Caddyfile" + port),
            SITE.replace("PORT", Integer.toString(port))
                .replace("CERT", certificates.certificate("server").toString())
                .replace("KEY", certificates.key("server").toString())
                .replace("FOLDER", dir.resolve("www").toString())
                .replace("CLIENTS", clients));
    return new ServerProcess(
        port,
        dir.resolve("caddy" + port + ".log"),
        Map.of("HOME", dir.toString(), "XDG_DATA_HOME", dir.toString()),
        List.of(program.toString(), "run", "--config", site.toString(), "--adapter", "caddyfile"));
  }

  @AfterEach
  void stop() {
    for (ServerProcess p : new ServerProcess[] {caddy, strict}) {
      if (p != null) {
        p.close();
      }
    }
  }

  private BuiltInExporter ours() throws Exception {
    return new BuiltInExporter(
        Kinds.of("blackbox"), List.of("--config.file=" + file, "--web.listen-address=127.0.0.1:0"));
  }

  private static String path(String module, String target) {
    return "/probe?module="
        + module
        + "&target="
        + URLEncoder.encode(target, StandardCharsets.UTF_8);
  }

  @Test
  void queriesForeignServer() throws Exception {
    String site = "https://localhost:" + caddy.port();
    try (BuiltInExporter ours = ours();
        HttpClient client = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + ours.port();
      assertThat(RealExporter.get(client, base + path("h3", "localhost:" + caddy.port())))
          .contains(
              "probe_success 1",
              "probe_http_version 3",
              "probe_http_ssl 1",
              "probe_tls_version_info{version=\"TLS 1.3\"} 1",
              "probe_http_duration_seconds{phase=\"tls\"}");
      assertThat(RealExporter.get(client, base + path("h3", site + "/files/large.txt")))
          .contains("probe_success 1", "probe_http_uncompressed_body_length 3e+06");
      assertThat(RealExporter.get(client, base + path("shows", "localhost:" + strict.port())))
          .contains("probe_success 1");
      assertThat(RealExporter.get(client, base + path("h3", "localhost:" + strict.port())))
          .contains("probe_success 0", "probe_http_status_code 0");
      // A server without HTTP/3 is not asked over anything else.
      assertThat(
              RealExporter.get(
                  client, base + path("h3", base.replace("http:", "https:")) + "&debug=true"))
          .contains("probe_success 0", "connection refused");
      assertThat(RealExporter.get(client, base + "/config")).contains("enable_http3: true");
    }
  }

  @Test
  void sendsCredentialsWithoutUsingProxies() throws Exception {
    Files.writeString(
        file,
        """
          auth: {prober: http, http: {%1$s, basic_auth: {username: u, password: p}, fail_if_body_not_matches_regexp: ['^Basic dTpw$']}}
          proxied: {prober: http, http: {%1$s, proxy_url: 'http://127.0.0.1:1'}}
        """
            .formatted(
                "enable_http3: true, enable_http2: false, tls_config: {insecure_skip_verify: true}"),
        java.nio.file.StandardOpenOption.APPEND);
    try (BuiltInExporter ours = ours();
        HttpClient client = HttpClient.newHttpClient()) {
      String base = "http://127.0.0.1:" + ours.port();
      assertThat(
              RealExporter.get(
                  client, base + path("auth", "https://127.0.0.1:" + caddy.port() + "/auth")))
          .contains("probe_success 1");
      assertThat(RealExporter.get(client, base + path("proxied", "localhost:" + caddy.port())))
          .contains("module proxied is unavailable: enable_http3: HTTP/3 goes through no proxy");
    }
  }

  @Test
  void exposesSameMetricsAsReference() throws Exception {
    Path peer = Shared.peer("prometheus-blackbox-exporter");
    String site = "https://localhost:" + caddy.port();
    List<List<String>> probes =
        List.of(
            List.of("h3", site),
            List.of("h3", "http://127.0.0.1:" + caddy.port() + "/moved"),
            List.of("h3", site + "/away"),
            List.of("h3", site + "/loop"),
            List.of("h3", site + "/plain"),
            List.of("h3", site + "/no"),
            List.of("h3", site + "/none"),
            List.of("h3", site + "/files/large.txt"),
            List.of("h3", "https://localhost:" + strict.port()),
            List.of("shows", "https://localhost:" + strict.port()),
            List.of("post", site + "/method"),
            List.of("head", site),
            List.of("stay", site + "/moved"),
            List.of("ssl", site),
            List.of("gzip", site + "/files/large.txt"),
            List.of("ungzip", site),
            List.of("small", site),
            List.of("matches", site),
            List.of("header", site),
            List.of("header_no", site),
            List.of("cel", site + "/json"),
            List.of("cel", site),
            List.of("named", site + "/host"),
            List.of("server_name", site),
            List.of("any", site),
            List.of("trusting", site),
            List.of("h3", "https://name.invalid/"));
    Map<String, String> differences = new TreeMap<>();
    try (RealExporter real =
            new RealExporter(
                dir,
                List.of(peer.toString(), "--config.file=" + file, "--web.listen-address=ADDRESS"));
        BuiltInExporter ours = ours();
        HttpClient client = HttpClient.newHttpClient()) {
      for (List<String> p : probes) {
        String path = path(p.get(0), p.get(1));
        ExposedText theirs = ExposedText.parse(real.get(path));
        ExposedText our =
            ExposedText.parse(RealExporter.get(client, "http://127.0.0.1:" + ours.port() + path));
        Map<String, Object> theirSamples = compared(theirs);
        if (!theirSamples.equals(compared(our))) {
          differences.put(path, theirSamples + "\n" + compared(our));
        }
      }
    }
    assertThat(differences).isEmpty();
  }

  /** Samples and types by name, without the values of times. */
  private static Map<String, Object> compared(ExposedText t) {
    Map<String, Object> all = new TreeMap<>();
    t.samples()
        .forEach(
            (name, value) -> {
              int brace = name.indexOf('{');
              String family = brace < 0 ? name : name.substring(0, brace);
              if (!family.equals("probe_timeout_seconds")) {
                all.put(name, NOT_COMPARED.contains(family) ? "a time" : value);
              }
            });
    t.types()
        .forEach(
            (name, type) -> {
              if (!name.equals("probe_timeout_seconds")) {
                all.put("# " + name, type + " " + t.helps().get(name));
              }
            });
    return all;
  }
}
