package dev.tethys.pipeline.extension;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.YamlDocument;
import dev.tethys.config.YamlNode;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Component;
import dev.tethys.pipeline.component.ComponentId;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.component.ServerAuth;
import dev.tethys.pipeline.component.Storage;
import dev.tethys.pipeline.delivery.DeliverySettings;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtensionsTest {
  private @Nullable Component other;

  private <S> Component make(ExtensionFactory<S> f, String yaml) {
    YamlNode n = YamlDocument.parse("c.yaml", null, yaml).root();
    return f.create(f.settings().read(n), new Alone());
  }

  @Test
  void supportsBasicAuth() throws IOException {
    ClientAuth a =
        (ClientAuth)
            make(new BasicAuth(), "client_auth: {username: Aladdin, password: open sesame}");
    assertThat(a.headers())
        .isEqualTo(Map.of("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assertThatThrownBy(() -> make(new BasicAuth(), "client_auth: {password: x}"))
        .hasMessageContaining("c.yaml:1:14: client_auth requires either username");
  }

  @Test
  void signsHttpRequestsForAws() throws Exception {
    ClientAuth a =
        (ClientAuth)
            make(
                new SigV4Auth(),
                "{region: eu-west-1, service: aps, assume_role: {arn: 'arn:aws:iam::1:role/x'}}");
    assertThat(a.cloud())
        .isEqualTo(
            new CloudAuth.SigV4(
                "eu-west-1", "", Secret.NONE, "", "arn:aws:iam::1:role/x", "", false, "aps"));
    assertThatThrownBy(a::headers).hasMessageContaining("signs complete HTTP requests");
    assertThat(
            ((ClientAuth)
                    make(
                        new SigV4Auth(),
                        "{region: a, assume_role: {arn: b, sts_region: c, session_name: d,"
                            + " external_id: e}}"))
                .cloud())
        .isEqualTo(
            new CloudAuth.SigV4(
                "a",
                "",
                Secret.NONE,
                "",
                "b",
                "e",
                false,
                "",
                new CloudAuth.SigV4.RoleSession("d", "c", "")));
    assertThat(
            ((ClientAuth)
                    make(
                        new SigV4Auth(),
                        "{assume_role_with_web_identity: {arn: b, token_file: /t, sts_region: c}}"))
                .cloud())
        .isEqualTo(
            new CloudAuth.SigV4(
                "",
                "",
                Secret.NONE,
                "",
                "b",
                "",
                false,
                "",
                new CloudAuth.SigV4.RoleSession("", "c", "/t")));
    CloudAuth.SigV4 byToken =
        (CloudAuth.SigV4)
            ((ClientAuth)
                    make(
                        new SigV4Auth(),
                        "{assume_role: {arn: b, web_identity_token_file: /t, session_name: s}}"))
                .cloud();
    assertThat(Objects.requireNonNull(byToken).session())
        .isEqualTo(new CloudAuth.SigV4.RoleSession("s", "", "/t"));
    assertThatThrownBy(() -> make(new SigV4Auth(), "assume_role: {web_identity_token_file: /t}"))
        .hasMessageContaining("requires arn");
    assertThatThrownBy(() -> make(new SigV4Auth(), "assume_role: {session_name: c}"))
        .hasMessageContaining("requires arn");
    assertThatThrownBy(
            () ->
                make(
                    new SigV4Auth(),
                    "{assume_role: {arn: a}, assume_role_with_web_identity: {arn: b, token_file:"
                        + " c}}"))
        .hasMessageContaining("are mutually exclusive");

    List<String> said = new CopyOnWriteArrayList<>();
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext(
        "/",
        x -> {
          said.add(String.valueOf(x.getRequestHeaders().getFirst("Authorization")));
          x.sendResponseHeaders(204, -1);
          x.close();
        });
    server.start();
    ClientAuth keyed =
        new ClientAuth() {
          @Override
          public Map<String, String> headers() throws IOException {
            return a.headers();
          }

          @Override
          public CloudAuth cloud() {
            return new CloudAuth.SigV4(
                "eu-west-1", "KEY", new Secret("s"), "", "", "", false, "aps");
          }
        };
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      HttpEndpoint to =
          new HttpEndpoint(
              HttpClientConfig.DEFAULT, keyed, Map.of(), Duration.ofSeconds(9), clients, () -> 0);
      URI url = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
      assertThat(to.call("POST", url, Map.of(), new byte[] {1}).status()).isEqualTo(204);
    } finally {
      server.stop(0);
    }
    assertThat(said).hasSize(1);
    assertThat(said.getFirst())
        .matches("AWS4-HMAC-SHA256 Credential=KEY/\\d{8}/eu-west-1/aps/aws4_request.*");
  }

  @Test
  void requestsGoogleAccessTokens() {
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      GoogleClientAuth google = new GoogleClientAuth(clients);
      assertThat(google.settings().read(YamlDocument.parse("c", null, "project: p").root()))
          .satisfies(
              s -> {
                assertThat(s.project()).isEqualTo("p");
                assertThat(s.scopes())
                    .hasSize(4)
                    .contains("https://www.googleapis.com/auth/monitoring.write");
              });
      assertThatThrownBy(() -> make(google, "token_type: id_token"))
          .hasMessageContaining("must be access_token");
    }
  }

  @Test
  void rereadsTokensFromTheirFile(@TempDir Path folder) throws IOException {
    Path f = folder.resolve("token");
    Files.writeString(f, "one\n");
    ClientAuth a =
        (ClientAuth)
            make(new BearerTokenAuth(), "{scheme: Token, header: X-Auth, filename: " + f + "}");
    assertThat(a.headers()).isEqualTo(Map.of("X-Auth", "Token one"));
    Files.writeString(f, "two\n");
    assertThat(a.headers()).isEqualTo(Map.of("X-Auth", "Token two"));
    assertThatThrownBy(() -> make(new BearerTokenAuth(), "{token: a, filename: b}"))
        .hasMessageContaining("requires one of");
  }

  private static boolean accepts(Component c, String header, String... values) {
    return ((ServerAuth) c)
        .accepts(name -> name.equalsIgnoreCase(header) ? List.of(values) : List.of());
  }

  private static String basic(String both) {
    return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(UTF_8));
  }

  @Test
  void authenticatesUsersOfHtpasswd(@TempDir Path folder) throws IOException {
    Path f = folder.resolve("users");
    // As crypt(3) and htpasswd -s write them.
    Files.writeString(
        f,
        "# who may send\n"
            + "anna:$2y$05$"
            + "abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a\n"
            + "bert:{SHA}PLzZCtxLGSqHpiWFC38jHK3fDrM=\n");
    Component c = make(new BasicAuth(), "htpasswd: {file: " + f + ", inline: 'carl:pa:ss'}");
    assertThat(accepts(c, "Authorization", basic("carl:pa:ss"))).as("not started").isFalse();
    c.start();
    assertThat(accepts(c, "authorization", basic("carl:pa:ss"))).isTrue();
    assertThat(accepts(c, "Authorization", basic("carl:pa"))).isFalse();
    assertThat(accepts(c, "Authorization", basic("bert:word"))).isTrue();
    assertThat(accepts(c, "Authorization", basic("bert:wort"))).isFalse();
    assertThat(accepts(c, "Authorization", basic("anna:secret"))).isTrue();
    assertThat(accepts(c, "Authorization", basic("anna:wrong"))).isFalse();
    assertThat(accepts(c, "Authorization", basic("dora:x"))).isFalse();
    assertThat(accepts(c, "Authorization", "Bearer x")).isFalse();
    assertThat(accepts(c, "Authorization", "Basic ???")).isFalse();
    assertThat(accepts(c, "X")).isFalse();
    for (String[] w :
        new String[][] {
          {"{}", "requires either client_auth or htpasswd"},
          {"{htpasswd: {}}", "requires either file or inline"},
          {
            "{htpasswd: {inline: 'a:$apr1$x$y'}}", "line 1: the hash of a has an unsupported format"
          },
          {"{htpasswd: {inline: 'nobody'}}", "line 1 is not user:password"},
          {"{htpasswd: {inline: 'a:b'}, client_auth: {username: a}}", "only one of"}
        }) {
      assertThatThrownBy(() -> make(new BasicAuth(), w[0])).hasMessageContaining(w[1]);
    }
    Files.writeString(f, "\n");
    Component none = make(new BasicAuth(), "htpasswd: {file: " + f + "}");
    assertThatThrownBy(none::start).hasMessageContaining("no users");
  }

  @Test
  void authenticatesTokens(@TempDir Path folder) throws IOException {
    Component c = make(new BearerTokenAuth(), "tokens: [one, two]");
    assertThat(accepts(c, "Authorization", "Bearer two")).isTrue();
    assertThat(accepts(c, "Authorization", "Bearer three")).isFalse();
    assertThat(accepts(c, "Authorization", "two")).isFalse();
    assertThat(accepts(c, "X", "Bearer two")).isFalse();
    assertThat(((ClientAuth) c).headers()).isEqualTo(Map.of("Authorization", "Bearer one"));
    Path f = folder.resolve("tokens");
    Component file =
        make(new BearerTokenAuth(), "{filename: " + f + ", header: X-Key, scheme: ''}");
    assertThat(accepts(file, "X-Key", "a")).as("file not found").isFalse();
    Files.writeString(f, "a\nb\n");
    assertThat(accepts(file, "X-Key", "b")).isTrue();
    Files.writeString(f, "");
    assertThat(accepts(file, "X-Key", "")).isFalse();
  }

  @Test
  void combinesHeadersOfSenderAndAuthenticator() throws IOException {
    other = make(new BearerTokenAuth(), "token: t");
    ClientAuth a =
        (ClientAuth)
            make(
                new HeadersSetter(),
                """
                additional_auth: bearertokenauth
                headers:
                  - {key: X-Fixed, value: f}
                  - {key: X-Scope-OrgID, from_context: tenant, default_value: nobody}
                  - {key: X-User, from_attribute: username}
                """);
    assertThat(a.headers()).isEqualTo(Map.of("Authorization", "Bearer t", "X-Fixed", "f"));
    assertThat(a.headers(new Metadata(Map.of("Tenant", List.of("me")))))
        .isEqualTo(Map.of("X-Scope-OrgID", "me"));
    assertThat(a.headers(Metadata.NONE)).isEqualTo(Map.of("X-Scope-OrgID", "nobody"));
    assertThat(
            a.headers(
                new Metadata(
                    Map.of("username", List.of("forged")),
                    new Metadata.Client(null, Map.of("username", "ada")))))
        .isEqualTo(Map.of("X-Scope-OrgID", "nobody", "X-User", "ada"));
  }

  /** Headers of a request from an exporter with headers of its own. */
  private static Map<String, String> sent(ClientAuth a, Metadata sender) throws IOException {
    Map<String, String> all = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    all.putAll(Map.of("X-Own", "exporter", "Content-Type", "text/plain"));
    all.putAll(a.headers());
    all.putAll(a.headers(sender));
    return new TreeMap<>(ClientAuth.edited(a, all));
  }

  @Test
  void insertsUpdatesAndDeletesHeadersInOrder() throws IOException {
    ClientAuth a =
        (ClientAuth)
            make(
                new HeadersSetter(),
                """
                headers:
                  - {action: insert, key: X-Own, value: late}
                  - {action: insert, key: X-New, from_context: tenant}
                  - {action: update, key: x-new, value: changed}
                  - {action: update, key: X-Absent, value: never}
                  - {action: delete, key: content-type}
                  - {action: upsert, key: X-Gone, from_context: tenant}
                  - {action: delete, key: X-Gone, value: ignored}
                  - {action: delete, key: X-Back}
                  - {action: upsert, key: X-Back, from_attribute: username, default_value: none}
                  - {key: X-Fixed, value: f}
                """);
    Metadata sender =
        new Metadata(
            Map.of("Tenant", List.of("me")), new Metadata.Client(null, Map.of("username", "ada")));
    assertThat(sent(a, sender))
        .isEqualTo(
            Map.of("X-Own", "exporter", "x-new", "changed", "X-Back", "ada", "X-Fixed", "f"));
    assertThat(sent(a, Metadata.NONE))
        .as("a header without a value of the sender is not inserted")
        .isEqualTo(Map.of("X-Own", "exporter", "X-Back", "none", "X-Fixed", "f"));
    ClientAuth update =
        (ClientAuth)
            make(
                new HeadersSetter(),
                "headers: [{action: update, key: x-own, from_context: tenant}]");
    assertThat(sent(update, sender)).isEqualTo(Map.of("Content-Type", "text/plain", "x-own", "me"));
    assertThat(sent(update, Metadata.NONE))
        .isEqualTo(Map.of("Content-Type", "text/plain", "X-Own", "exporter"));
    assertThatThrownBy(
            () -> make(new HeadersSetter(), "headers: [{action: replace, key: a, value: b}]"))
        .hasMessageContaining("replace");
  }

  @Test
  void sendsNoPrivateHeaderAfterTheAuthenticatorIsRemoved() throws IOException {
    Map<String, String> queued =
        new HashMap<>(Map.of(ClientAuth.PRIVATE + "tenant", "me", "a", "b"));
    assertThat(ClientAuth.edited(null, queued)).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void rereadsHeadersFromFiles(@TempDir Path folder) throws IOException {
    Path f = Files.writeString(folder.resolve("key"), "one\n");
    ClientAuth a =
        (ClientAuth) make(new HeadersSetter(), "headers: [{key: X-Key, value_file: " + f + "}]");
    assertThat(a.headers()).isEqualTo(Map.of("X-Key", "one"));
    Files.writeString(f, "two\n");
    assertThat(a.headers()).isEqualTo(Map.of("X-Key", "two"));
    Files.delete(f);
    assertThatThrownBy(a::headers).hasMessageContaining("file not found");
    assertThatThrownBy(
            () -> make(new HeadersSetter(), "headers: [{key: a, value: b, value_file: c}]"))
        .hasMessageContaining("one of value, value_file and from_context");
  }

  @Test
  void usesSeparateFoldersPerComponent(@TempDir Path folder) throws IOException {
    Component c = make(new FileStorage(), "{directory: " + folder.resolve("x") + ", fsync: true}");
    c.start();
    Storage s = (Storage) c;
    assertThat(s.durable()).isTrue();
    Path one = s.folder("exporter", ComponentId.parse("a/b"), "logs");
    assertThat(one.getParent()).isEqualTo(folder.resolve("x"));
    assertThat(one.getFileName()).hasToString("exporter_a%2Fb_logs");
    assertThat(s.folder("exporter", ComponentId.parse("a/b"), "traces")).isNotEqualTo(one);
    assertThat(s.maxBytes()).isEqualTo(Long.MAX_VALUE);
    Path z = folder.resolve("z");
    Component bounded =
        make(
            new FileStorage(),
            "{directory: " + z + ", max_size: 1048576, directory_permissions: '0750'}");
    bounded.start();
    assertThat(((Storage) bounded).maxBytes()).isEqualTo(1 << 20);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(z)))
        .startsWith("rwx")
        .endsWith("---");
    for (String wrong : List.of("max_size: -1", "directory_permissions: '0855'")) {
      assertThatThrownBy(() -> make(new FileStorage(), wrong))
          .hasMessageContaining(wrong.substring(0, wrong.indexOf(':')));
    }
    Component absent =
        make(
            new FileStorage(), "{directory: " + folder.resolve("y") + ", create_directory: false}");
    assertThatThrownBy(absent::start).hasMessageContaining("does not exist");
  }

  /** A context of an extension without a graph. */
  private final class Alone implements Context {
    @Override
    public ComponentId id() {
      return ComponentId.parse("x");
    }

    @Override
    public String name() {
      return "extension x";
    }

    @Override
    public ItemAccounting account(Signal signal) {
      return new ItemAccounting("extension", "x", signal);
    }

    @Override
    public Scheduler clock() {
      return Scheduler.system();
    }

    @Override
    public System.Logger logger() {
      return System.getLogger("test");
    }

    @Override
    public Registry metrics() {
      return new Registry();
    }

    @Override
    public <T> T extension(Reference reference, Class<T> capability) {
      return capability.cast(java.util.Objects.requireNonNull(other));
    }

    @Override
    public Exporter exporter(
        DeliverySettings settings, Signal signal, Encoder encoder, Sender sender) {
      throw new UnsupportedOperationException();
    }
  }
}
