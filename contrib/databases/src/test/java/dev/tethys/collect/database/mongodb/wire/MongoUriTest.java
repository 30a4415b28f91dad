package dev.tethys.collect.database.mongodb.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.SimpleResolver;
import org.xbill.DNS.Type;

final class MongoUriTest {
  /** The table of MongoDB's specification of logins. */
  @ParameterizedTest
  @CsvSource({
    "sts.amazonaws.com,us-east-1",
    "sts.us-west-2.amazonaws.com,us-west-2",
    "sts.us-west-2.amazonaws.com.ch,us-west-2",
    "example.com,com",
    "localhost,us-east-1"
  })
  void regionsAreThoseOfTheHost(String host, String region) throws Exception {
    assertThat(AwsLogin.region(host)).isEqualTo(region);
  }

  @ParameterizedTest
  @CsvSource({"sts..com", ".amazonaws.com", "sts.amazonaws.", "''", "a/b"})
  void hostsThatThereAreNotHaveNoRegion(String host) {
    assertThatThrownBy(() -> AwsLogin.region(host)).hasMessageContaining("not name an AWS host");
    assertThatThrownBy(() -> AwsLogin.region("a".repeat(256))).hasMessageContaining("AWS host");
  }

  @Test
  void readsAndDecodesParts() {
    MongoUri u =
        MongoUri.parse(
            "mongodb://us%3Aer:p%40ss%2Fw+rd@a:1,b,[::1]:3,%2Ftmp%2Fmongodb-27017.sock/my%20db"
                + "?replicaSet=rs0&w=majority&ReadPreference=secondary&connectTimeoutMS=250");
    assertThat(u.hosts().stream().map(MongoHost::toString))
        .containsExactly("a:1", "b:27017", "::1:3", "/tmp/mongodb-27017.sock");
    MongoUri.Login login = Objects.requireNonNull(u.login());
    assertThat(login.user()).isEqualTo("us:er");
    assertThat(login.password()).isEqualTo(new Secret("p@ss/w+rd"));
    assertThat(u.source()).isEqualTo("my db");
    assertThat(u.replicaSet()).isEqualTo("rs0");
    assertThat(u.readPreference()).isEqualTo(MongoUri.ReadPreference.SECONDARY);
    assertThat(Objects.requireNonNull(u.millis("connecttimeoutms")).toMillis()).isEqualTo(250);
    assertThat(u.tls()).isNull();
    assertThat(u.toString()).doesNotContain("p@ss").doesNotContain("p%40ss");
  }

  @Test
  void missingOptionsHaveDefaults() {
    MongoUri u = MongoUri.parse("db.example.org");
    assertThat(u.hosts().getFirst().port()).isEqualTo(27017);
    assertThat(u.login()).isNull();
    assertThat(u.source()).isEqualTo("admin");
    assertThat(u.direct()).isNull();
    assertThat(u.readPreference()).isEqualTo(MongoUri.ReadPreference.PRIMARY);
    MongoUri x = MongoUri.parse("mongodb://h/?authMechanism=MONGODB-X509&tls=true");
    assertThat(x.source()).isEqualTo("$external");
  }

  @Test
  void readsTlsInAllSpellings() {
    TlsConfig one =
        Objects.requireNonNull(
            MongoUri.parse("mongodb://h/?tlsCAFile=/ca.pem&tlsCertificateKeyFile=/both.pem").tls());
    assertThat(one.caFile()).isEqualTo("/ca.pem");
    assertThat(one.certFile()).isEqualTo("/both.pem");
    assertThat(one.keyFile()).isEqualTo("/both.pem");
    assertThat(one.insecureSkipVerify()).isFalse();
    TlsConfig two =
        Objects.requireNonNull(MongoUri.parse("mongodb://h/?ssl=true&tlsInsecure=true").tls());
    assertThat(two.insecureSkipVerify()).isTrue();
    assertThat(MongoUri.parse("mongodb://h/?tls=false&tlsCAFile=/ca.pem").tls()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "http://h                                  | begins with mongodb://",
        "mongodb://h:0                             | invalid port",
        "mongodb://h:99999                         | invalid port",
        "mongodb://a,,b                            | a host is empty",
        "mongodb://::1                             | brackets",
        "mongodb+srv://h:1                         | without a port",
        "mongodb+srv://a,b                         | one name",
        "mongodb://u:%zz@h                         | the password is not percent-encoded",
        "mongodb://h/?maxpool=1                    | unknown option maxpool",
        "mongodb://h/?tls=yes                      | true or false",
        "mongodb://h/?tls=true&TLS=true            | twice",
        "mongodb://h/?authMechanism=GSSAPI         | requires a user",
        "mongodb://u@h/?authMechanism=GSSAPI&authMechanismProperties=CANONICALIZE_HOST_NAME:maybe |"
            + " must be none, forward or",
        "mongodb://u@h/?authMechanism=GSSAPI&authMechanismProperties=REALM:r | the property REALM",
        "mongodb://h/?authMechanismProperties=SERVICE_NAME:r | the property SERVICE_NAME",
        "mongodb://u@h/?authMechanism=MONGODB-AWS  | with its secret key",
        "mongodb://h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:t | with"
            + " its secret key",
        "mongodb://h/?authMechanism=MONGODB-OIDC   | azure, gcp, k8s or test",
        "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp | requires"
            + " a TOKEN_RESOURCE",
        "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s,TOKEN_RESOURCE:a"
            + " | requires ENVIRONMENT",
        "mongodb://u@h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:gcp,TOKEN_RESOURCE:a"
            + " | user in Azure alone",
        "mongodb://h/?maxStalenessSeconds=120 | not valid for the primary",
        "mongodb://h/?readPreference=nearest&maxStalenessSeconds=89 | at least 90",
        "mongodb://h/?readPreference=nearest&maxStalenessSeconds=100&heartbeatFrequencyMS=90001 |"
            + " at least 10 more",
        "mongodb://h/?readPreference=nearest&maxStalenessSeconds=-2 | not a number of seconds",
        "mongodb://u@h/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s | user"
            + " in Azure alone",
        "mongodb://h/?authMechanism=MONGODB-CR     | authMechanism MONGODB-CR is not built",
        "mongodb://h/?authMechanism=MONGODB-X509   | requires tls=true",
        "mongodb://h/?readPreference=best          | is not a mode of MongoDB",
        "mongodb://a,b/?loadBalanced=true          | requires one host",
        "mongodb://h/?loadBalanced=true&replicaSet=r | cannot be combined with directConnection",
        "mongodb://h/?readPreferenceTags=dc:ny     | not valid for the primary",
        "mongodb://h/?readPreference=nearest&readPreferenceTags=dc | name:value",
        "mongodb://h/?connectTimeoutMS=soon        | not a number of milliseconds",
        "mongodb://h/?tls=true&tlsCertificateFile=a | must be set together",
        "mongodb+srv://h/?directConnection=true    | no direct connections"
      })
  void namesTheInvalidPart(String uri, String reason) {
    assertThatThrownBy(() -> MongoUri.parse(uri))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(reason);
  }

  /** DNS that has these records of these names. */
  private static final class Names extends SimpleResolver {
    private final Map<String, List<String>> records;

    Names(Map<String, List<String>> records) throws IOException {
      super("127.0.0.1");
      this.records = records;
    }

    @Override
    public CompletionStage<Message> sendAsync(Message query) {
      try {
        Message m = new Message(query.getHeader().getID());
        m.getHeader().setFlag(Flags.QR);
        Record q = query.getQuestion();
        m.addRecord(q, Section.QUESTION);
        String asked = Type.string(q.getType()) + " " + q.getName();
        for (String data : records.getOrDefault(asked, List.of())) {
          m.addRecord(
              Record.fromString(q.getName(), q.getType(), DClass.IN, 60, data, q.getName()),
              Section.ANSWER);
        }
        return CompletableFuture.completedFuture(m);
      } catch (IOException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    @Override
    public CompletionStage<Message> sendAsync(Message query, Executor executor) {
      return sendAsync(query);
    }
  }

  @Test
  void ticketNameIsTheServersOwn() throws Exception {
    assertThat(CanonicalName.of("localhost", "none")).isEqualTo("localhost");
    assertThat(CanonicalName.of("127.0.0.1", "true"))
        .isEqualTo(java.net.InetAddress.getByName("127.0.0.1").getCanonicalHostName());
  }

  private static MongoUri resolve(String uri, Map<String, List<String>> records)
      throws IOException {
    return new SeedList(new Names(records)).resolve(MongoUri.parse(uri));
  }

  @Test
  void readsServersAndOptionsFromDns() throws Exception {
    MongoUri u =
        resolve(
            "mongodb+srv://user:pw@db.example.org/?authSource=mine",
            Map.of(
                "SRV _mongodb._tcp.db.example.org.",
                List.of("0 5 27018 m1.example.org.", "0 5 27019 m2.example.org."),
                "TXT db.example.org.",
                List.of("\"replicaSet=rs1&authSource=theirs\"")));
    assertThat(u.srv()).isFalse();
    assertThat(u.hosts().stream().map(MongoHost::toString))
        .containsExactlyInAnyOrder("m1.example.org:27018", "m2.example.org:27019");
    assertThat(u.replicaSet()).isEqualTo("rs1");
    assertThat(u.source()).isEqualTo("mine");
    assertThat(u.tls()).isNotNull();
    assertThat(u.login()).isNotNull();
    MongoUri plain = MongoUri.parse("mongodb://h");
    assertThat(SeedList.SYSTEM.resolve(plain)).isSameAs(plain);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 5 1 evil.org.                 | ''                    | not in the domain",
        "0 5 1 example.org.              | ''                    | not in the domain",
        "''                              | ''                    | has no servers",
        "0 5 1 m.example.org.            | \"tls=false\"         | may not say tls"
      })
  void rejectsUntrustedDnsRecords(String srv, String txt, String reason) {
    Map<String, List<String>> records =
        Map.of(
            "SRV _mongodb._tcp.db.example.org.", srv.isEmpty() ? List.of() : List.of(srv),
            "TXT db.example.org.", txt.isEmpty() ? List.of() : List.of(txt));
    assertThatThrownBy(() -> resolve("mongodb+srv://db.example.org", records))
        .hasMessageContaining(reason);
  }
}
