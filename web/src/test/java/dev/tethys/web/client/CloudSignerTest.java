package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Secret;
import dev.tethys.web.cloud.AwsIdentity;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.CredentialDependencies;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Signature;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class CloudSignerTest {
  private static final String UUID = "11111111-2222-3333-4444-555555555555";

  @TempDir Path home;
  private final Map<String, String> environment = new HashMap<>();
  private final Map<String, String> answers = new ConcurrentHashMap<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> authorizations = new CopyOnWriteArrayList<>();
  private final AtomicReference<Instant> now =
      new AtomicReference<>(Instant.parse("2026-01-02T03:04:05Z"));
  private final HttpClientFactory factory =
      new HttpClientFactory("test", now::get, environment::get);
  private final HttpServer server;

  CloudSignerTest() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void handle(HttpExchange x) throws IOException {
    try (x) {
      String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String path = x.getRequestURI().getPath();
      requests.add(x.getRequestMethod() + " " + x.getRequestURI() + " " + body);
      if (path.equals("/write")) {
        authorizations.add(String.valueOf(x.getRequestHeaders().getFirst("Authorization")));
      }
      byte[] answer =
          answers
              .getOrDefault(x.getRequestMethod() + " " + path, "")
              .getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(answers.containsKey(x.getRequestMethod() + " " + path) ? 200 : 404, 0);
      x.getResponseBody().write(answer);
    }
  }

  @BeforeEach
  void start() {
    environment.put("HOME", home.toString());
    environment.put("AWS_EC2_METADATA_SERVICE_ENDPOINT", url());
    environment.put("AWS_ENDPOINT_URL_STS", url() + "/sts");
    environment.put("GCE_METADATA_HOST", url().substring("http://".length()));
    environment.put("AZURE_AUTHORITY_HOST", url() + "/azure/");
    answers.put("POST /write", "ok");
  }

  @AfterEach
  void stop() {
    factory.close();
    server.stop(0);
  }

  private String write(CloudAuth cloud) throws IOException, InterruptedException {
    HttpClientConfig d = HttpClientConfig.DEFAULT;
    HttpClientConfig c =
        new HttpClientConfig(null, null, null, d.tls(), true, false, d.proxy(), Map.of(), cloud);
    try (ClientResponse a =
        factory
            .client(c)
            .send(ClientRequest.post(URI.create(url() + "/write"), "text/plain", new byte[] {1}))) {
      assertThat(a.status()).isEqualTo(200);
    }
    return authorizations.getLast();
  }

  private static CloudAuth.SigV4 aws(String profile, String role) {
    return new CloudAuth.SigV4("eu-west-1", "", Secret.NONE, profile, role, "ext", false);
  }

  /** Examples of AWS's documentation and of its test suite. */
  @Test
  void signaturesMatchTheDocumentation() {
    AwsIdentity id = AwsIdentity.of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    Instant time = Instant.parse("2015-08-30T12:36:00Z");
    assertThat(
            AwsSigner.sign(
                    ClientRequest.get(
                            URI.create(
                                "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08"))
                        .withHeader(
                            "Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
                    id,
                    "us-east-1",
                    "iam",
                    time,
                    false)
                .headers()
                .get("Authorization"))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-date,"
                + " Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
    assertThat(
            AwsSigner.sign(
                    ClientRequest.get(URI.create("https://example.amazonaws.com/")),
                    id,
                    "us-east-1",
                    "service",
                    time,
                    false)
                .headers()
                .get("Authorization"))
        .endsWith("Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  }

  /** As the Collector's sigv4auth takes service and region of the names that AWS documents. */
  @Test
  void hostNamesDetermineServiceAndRegion() throws Exception {
    CredentialDependencies nowhere =
        new CredentialDependencies(
            c -> {
              throw new IOException("nobody is asked");
            },
            now::get,
            environment::get);
    CallSigner unsaid =
        CloudSigner.of(
            new CloudAuth.SigV4("", "K", new Secret("s"), "", "", "", false, ""), nowhere);
    for (String[] known :
        new String[][] {
          {"aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1", "eu-central-1/aps"},
          {"search-logs-abc.us-east-2.es.amazonaws.com/_bulk", "us-east-2/es"},
          {"logs.eu-west-3.amazonaws.com/v1/logs", "eu-west-3/logs"},
          {"xray.us-west-1.amazonaws.com/v1/traces", "us-west-1/xray"}
        }) {
      assertThat(signed(unsaid, known[0])).contains("/20260102/" + known[1] + "/aws4_request");
    }
    environment.put("AWS_REGION", "us-west-2");
    assertThatThrownBy(() -> signed(unsaid, "gateway.example.com/"))
        .hasMessageContaining("gateway.example.com does not identify an AWS service");
    CallSigner said =
        CloudSigner.of(
            new CloudAuth.SigV4("", "K", new Secret("s"), "", "", "", false, "aps"), nowhere);
    assertThat(signed(said, "gateway.example.com/")).contains("/us-west-2/aps/");
  }

  private static String signed(CallSigner signer, String to) throws Exception {
    ClientRequest c = ClientRequest.post(URI.create("https://" + to), "text/plain", new byte[] {1});
    return String.valueOf(signer.sign(c).call().headers().get("Authorization"));
  }

  @Test
  void getsGoogleTokensForSeveralScopes() throws Exception {
    answers.put(
        "GET /computeMetadata/v1/instance/service-accounts/default/token",
        "{\"access_token\":\"t\",\"expires_in\":3600}");
    assertThat(factory.bearer(new CloudAuth.GoogleIam("", "https://a https://b")).token())
        .isEqualTo("t");
    assertThat(requests.getLast()).contains("?scopes=https%3A%2F%2Fa%2Chttps%3A%2F%2Fb");
  }

  @Test
  void readsKeysFromConfigurationAndEnvironment() throws Exception {
    environment.put("AWS_ACCESS_KEY_ID", "ENV");
    environment.put("AWS_SECRET_ACCESS_KEY", "s");
    assertThat(write(aws("", "")))
        .startsWith(
            "AWS4-HMAC-SHA256 Credential=ENV/20260102/eu-west-1/aps/aws4_request,"
                + " SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date, Signature=");
    environment.put("AWS_REGION", "us-west-2");
    assertThat(write(new CloudAuth.SigV4("", "CONF", new Secret("s"), "", "", "", false)))
        .contains("Credential=CONF/20260102/us-west-2/aps/");
  }

  @Test
  void profilesReferToOthersAndRoles() throws Exception {
    Files.createDirectories(home.resolve(".aws"));
    Files.writeString(
        home.resolve(".aws/config"),
        """
        [default]
        region = us-east-2
        [profile prod]
        role_arn = arn:aws:iam::1:role/prod
        source_profile = base
        external_id = e1
        [profile proc]
        credential_process = echo '{"Version":1,"AccessKeyId":"PROC","SecretAccessKey":"s"}'
        """);
    Files.writeString(
        home.resolve(".aws/credentials"),
        "# keys\n[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
    answers.put(
        "POST /sts",
        """
        <AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>
        """);
    assertThat(write(aws("prod", "")))
        .contains("Credential=ROLE/")
        .contains("x-amz-security-token");
    assertThat(requests.getFirst())
        .contains("Action=AssumeRole&")
        .contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fprod")
        .contains("ExternalId=e1");
    write(aws("prod", ""));
    assertThat(requests.stream().filter(r -> r.contains("/sts"))).as("kept").hasSize(1);
    now.set(now.get().plusSeconds(56 * 60));
    write(aws("prod", ""));
    assertThat(requests.stream().filter(r -> r.contains("/sts"))).as("renewed").hasSize(2);
    assertThat(write(aws("base", ""))).contains("Credential=BASE/");
    assertThat(write(aws("proc", ""))).contains("Credential=PROC/");
    assertThat(write(aws("base", "arn:other"))).contains("Credential=ROLE/");
    assertThat(requests.stream().filter(r -> r.contains("ExternalId=ext"))).hasSize(1);
    assertThatThrownBy(() -> write(aws("none", "")))
        .hasMessageContaining("profile \"none\" does not exist");
  }

  @Test
  void assumesRolesByNameAndFromTheEnvironment() throws Exception {
    answers.put(
        "POST /sts",
        """
        <R><AssumeRoleResult><Credentials><AccessKeyId>ROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></R>
        """);
    environment.put("AWS_ACCESS_KEY_ID", "ENV");
    environment.put("AWS_SECRET_ACCESS_KEY", "s");
    assertThat(write(role(new CloudAuth.SigV4.RoleSession("mine", "us-west-2", ""))))
        .contains("Credential=ROLE/20260102/eu-west-1/aps/");
    assertThat(requests.getFirst()).contains("Action=AssumeRole&").contains("RoleSessionName=mine");

    Path token = Files.writeString(home.resolve("token"), "one\n");
    answers.put(
        "POST /sts",
        """
        <R><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></R>
        """);
    assertThat(write(role(new CloudAuth.SigV4.RoleSession("", "", token.toString()))))
        .contains("Credential=WEB/20260102/eu-west-1/aps/");
    assertThat(requests)
        .anyMatch(
            r ->
                r.contains("Action=AssumeRoleWithWebIdentity&")
                    && r.contains("RoleArn=arn%3Aother")
                    && r.contains("WebIdentityToken=one"));
  }

  private static CloudAuth.SigV4 role(CloudAuth.SigV4.RoleSession session) {
    return new CloudAuth.SigV4(
        "eu-west-1", "", Secret.NONE, "", "arn:other", "", false, "aps", session);
  }

  /** An invalid URL in a variable fails the call, not the program. */
  @Test
  void rejectsAnInvalidServiceUrl() {
    environment.put("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://me:secret@a b/");
    assertThatThrownBy(() -> write(aws("", "")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"http://me:xxxxx@a b\"")
        .hasMessageContaining("is not a valid URL")
        .hasMessageNotContaining("secret");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", "169.254.170.23/v1");
    assertThatThrownBy(() -> write(aws("", "")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a valid URL");
  }

  @Test
  void webIdentityContainerAndMachine() throws Exception {
    answers.put("PUT /latest/api/token", "imds");
    answers.put("GET /latest/meta-data/iam/security-credentials/", "role");
    answers.put(
        "GET /latest/meta-data/iam/security-credentials/role",
        "{\"AccessKeyId\":\"IMDS\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"2026-01-02T09:00:00Z\"}");
    answers.put("GET /latest/meta-data/placement/region", "ap-south-1");
    assertThat(write(new CloudAuth.SigV4("", "", Secret.NONE, "", "", "", false)))
        .contains("Credential=IMDS/20260102/ap-south-1/");
    answers.put(
        "GET /container", "{\"AccessKeyId\":\"CONT\",\"SecretAccessKey\":\"s\",\"Token\":\"t\"}");
    environment.put("AWS_CONTAINER_CREDENTIALS_FULL_URI", url() + "/container");
    assertThat(write(aws("", ""))).contains("Credential=CONT/");
    Path token = Files.writeString(home.resolve("token"), "jwt\n");
    environment.put("AWS_WEB_IDENTITY_TOKEN_FILE", token.toString());
    environment.put("AWS_ROLE_ARN", "arn:r");
    answers.put(
        "POST /sts",
        "<r><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
            + "</Credentials></AssumeRoleWithWebIdentityResult></r>");
    assertThat(write(new CloudAuth.SigV4("eu-west-2", "", Secret.NONE, "", "", "", false)))
        .contains("Credential=WEB/20260102/eu-west-2/");
    assertThat(requests)
        .anyMatch(r -> r.contains("WebIdentityToken=jwt") && r.contains("RoleArn=arn%3Ar"));
    environment.put("AWS_EC2_METADATA_DISABLED", "true");
    environment.remove("AWS_WEB_IDENTITY_TOKEN_FILE");
    environment.remove("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    assertThatThrownBy(() -> write(new CloudAuth.SigV4("x", "", Secret.NONE, "", "", "", false)))
        .hasMessageContaining("no AWS credentials")
        .hasMessageContaining("AWS_EC2_METADATA_DISABLED");
  }

  private static CloudAuth azure(String method, String tokenFile) {
    return new CloudAuth.AzureAd(
        "AzurePublic",
        method,
        new CloudAuth.AzureAd.Identity(
            UUID, new Secret("secret"), "tenant", tokenFile, "", "", Secret.NONE, false),
        "");
  }

  @Test
  void tokensOfAzure() throws Exception {
    answers.put(
        "POST /azure/tenant/oauth2/v2.0/token", "{\"access_token\":\"az\",\"expires_in\":3600}");
    assertThat(write(azure("oauth", ""))).isEqualTo("Bearer az");
    assertThat(requests.getFirst())
        .contains("client_secret=secret")
        .contains("scope=https%3A%2F%2Fmonitor.azure.com%2F%2F.default")
        .contains("grant_type=client_credentials");
    write(azure("oauth", ""));
    assertThat(requests.stream().filter(r -> r.contains("/azure/"))).as("kept").hasSize(1);
    now.set(now.get().plusSeconds(3400));
    write(azure("oauth", ""));
    assertThat(requests.stream().filter(r -> r.contains("/azure/"))).as("renewed").hasSize(2);
    Path file = Files.writeString(home.resolve("federated"), "federated\n");
    assertThat(write(azure("workload_identity", file.toString()))).isEqualTo("Bearer az");
    assertThat(requests).anyMatch(r -> r.contains("client_assertion=federated"));
    environment.put("IDENTITY_ENDPOINT", url() + "/msi");
    environment.put("IDENTITY_HEADER", "h");
    answers.put(
        "GET /msi",
        "{\"access_token\":\"msi\",\"expires_on\":\""
            + now.get().plusSeconds(9999).getEpochSecond()
            + "\"}");
    assertThat(write(azure("managed_identity", ""))).isEqualTo("Bearer msi");
    assertThat(requests)
        .anyMatch(
            r ->
                r.contains("resource=https%3A%2F%2Fmonitor.azure.com%2F")
                    && r.contains("client_id=" + UUID));
    answers.remove("POST /azure/tenant/oauth2/v2.0/token");
    now.set(now.get().plusSeconds(9999));
    assertThatThrownBy(() -> write(azure("oauth", "")))
        .hasMessageContaining("/azure/tenant/oauth2/v2.0/token")
        .hasMessageContaining("404");
  }

  @Test
  void tokensOfGoogle() throws Exception {
    answers.put(
        "GET /computeMetadata/v1/instance/service-accounts/default/token",
        "{\"access_token\":\"gce\",\"expires_in\":3600}");
    assertThat(write(new CloudAuth.GoogleIam(""))).isEqualTo("Bearer gce");
    answers.put("POST /google", "{\"access_token\":\"sa\",\"expires_in\":3600}");
    KeyPairGenerator g = KeyPairGenerator.getInstance("RSA");
    g.initialize(2048);
    KeyPair pair = g.generateKeyPair();
    String pem =
        "-----BEGIN PRIVATE KEY-----\\n"
            + Base64.getEncoder().encodeToString(pair.getPrivate().getEncoded())
            + "\\n-----END PRIVATE KEY-----\\n";
    Path key =
        Files.writeString(
            home.resolve("key.json"),
            "{\"type\":\"service_account\",\"client_email\":\"a@b\",\"private_key_id\":\"k\",\"token_uri\":\""
                + url()
                + "/google\",\"private_key\":\""
                + pem
                + "\"}");
    assertThat(write(new CloudAuth.GoogleIam(key.toString()))).isEqualTo("Bearer sa");
    String form = requests.stream().filter(r -> r.contains("/google")).findFirst().orElseThrow();
    String jwt = form.replaceAll(".*assertion=([^& ]*).*", "$1");
    String[] parts = jwt.split("\\.");
    Signature s = Signature.getInstance("SHA256withRSA");
    s.initVerify(pair.getPublic());
    s.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(s.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
    assertThat(new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8))
        .contains("\"iss\":\"a@b\"")
        .contains("monitoring.write");
    Path other = Files.writeString(home.resolve("other.json"), "{\"type\":\"passport\"}");
    assertThatThrownBy(() -> write(new CloudAuth.GoogleIam(other.toString())))
        .hasMessageContaining("passport");
  }

  private String google(String json) throws Exception {
    Path file = home.resolve("google" + System.nanoTime() + ".json");
    Files.writeString(file, json.replace("URL", url()).replace("HOME", home.toString()));
    return write(new CloudAuth.GoogleIam(file.toString()));
  }

  /** The exchanges of https://google.aip.dev/auth/4117. */
  @Test
  void exchangesForeignTokensForGoogleTokens() throws Exception {
    answers.put("POST /v1/token", "{\"access_token\":\"sts\",\"expires_in\":3600}");
    answers.put(
        "POST /sa:generateAccessToken",
        "{\"accessToken\":\"sa\",\"expireTime\":\"2026-01-02T04:04:05Z\"}");
    answers.put("GET /token", "{\"id\":\"from-url\"}");
    Files.writeString(home.resolve("jwt"), "from-file\n");
    String common =
        "{\"type\":\"external_account\",\"audience\":\"//iam/pool\",\"subject_token_type\":\"urn:jwt\","
            + "\"token_url\":\"URL/v1/token\",";
    String impersonates = "\"service_account_impersonation_url\":\"URL/sa:generateAccessToken\",";
    assertThat(google(common + "\"credential_source\":{\"file\":\"HOME/jwt\"}}"))
        .isEqualTo("Bearer sts");
    assertThat(requests.get(0))
        .contains("subject_token=from-file")
        .contains("audience=%2F%2Fiam%2Fpool")
        .contains("subject_token_type=urn%3Ajwt")
        .contains("scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fmonitoring.write");
    requests.clear();
    assertThat(
            google(
                common
                    + impersonates
                    + "\"credential_source\":{\"url\":\"URL/token\",\"headers\":{\"X\":\"y\"},"
                    + "\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"id\"}}}"))
        .isEqualTo("Bearer sa");
    assertThat(requests.get(1))
        .contains("subject_token=from-url")
        .contains("scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform");
    assertThat(requests.get(2)).contains("monitoring.write").contains("\"lifetime\":\"3600s\"");
    requests.clear();
    String program =
        common + "\"credential_source\":{\"executable\":{\"command\":\"/bin/cat HOME/said\"}}}";
    Files.writeString(
        home.resolve("said"),
        "{\"version\":1,\"success\":true,\"token_type\":\"urn:ietf:params:oauth:token-type:jwt\",\"id_token\":\"printed\"}");
    assertThatThrownBy(() -> google(program)).hasMessageContaining("ALLOW_EXECUTABLES");
    environment.put("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
    assertThat(google(program)).isEqualTo("Bearer sts");
    assertThat(requests.get(0)).contains("subject_token=printed");
    requests.clear();
    environment.put("AWS_ACCESS_KEY_ID", "AKID");
    environment.put("AWS_SECRET_ACCESS_KEY", "secret");
    environment.put("AWS_REGION", "us-east-2");
    assertThat(google(common + "\"credential_source\":{\"environment_id\":\"aws1\"}}"))
        .isEqualTo("Bearer sts");
    String question =
        URLDecoder.decode(
            URLDecoder.decode(
                requests.get(0).replaceAll(".*subject_token=([^& ]*).*", "$1"),
                StandardCharsets.UTF_8),
            StandardCharsets.UTF_8);
    assertThat(question)
        .contains("https://sts.us-east-2.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15")
        .contains("SignedHeaders=host;x-amz-date;x-goog-cloud-target-resource")
        .contains("{\"key\":\"host\",\"value\":\"sts.us-east-2.amazonaws.com\"}");
    requests.clear();
    assertThat(
            google(
                "{\"type\":\"external_account_authorized_user\",\"token_url\":\"URL/v1/token\","
                    + "\"refresh_token\":\"again\",\"client_id\":\"c\",\"client_secret\":\"s\"}"))
        .isEqualTo("Bearer sts");
    assertThat(requests.get(0)).contains("refresh_token=again");
    requests.clear();
    answers.put("POST /google", "{\"access_token\":\"user\",\"expires_in\":3600}");
    assertThat(
            google(
                "{\"type\":\"impersonated_service_account\","
                    + impersonates
                    + "\"source_credentials\":{\"type\":\"authorized_user\",\"token_uri\":\"URL/google\","
                    + "\"refresh_token\":\"r\"}}"))
        .isEqualTo("Bearer sa");
    assertThat(requests.get(0)).contains("/google").contains("refresh_token=r");
  }

  /** With what {@code aws sso login} leaves behind. */
  @Test
  void profilesSignInWithIdentityCenter() throws Exception {
    Path cache = Files.createDirectories(home.resolve(".aws/sso/cache"));
    Files.writeString(
        home.resolve(".aws/config"),
        """
        [profile sso]
        sso_session = my
        sso_account_id = 123456789012
        sso_role_name = Read Only
        [sso-session my]
        sso_region = eu-central-1
        sso_start_url = https://my.awsapps.com/start
        [profile old]
        sso_start_url = https://my.awsapps.com/start
        sso_region = eu-central-1
        sso_account_id = 1
        sso_role_name = r
        """);
    environment.put("AWS_ENDPOINT_URL_SSO", url());
    environment.put("AWS_ENDPOINT_URL_SSO_OIDC", url() + "/oidc");
    assertThatThrownBy(() -> write(aws("sso", "")))
        .hasMessageContaining("aws sso login --profile sso");
    // The names are the SHA-1 of "my" and of the start URL, by sha1sum.
    Path session = cache.resolve("MY.json".replace("MY", sha1("my")));
    Path old = cache.resolve(sha1("https://my.awsapps.com/start") + ".json");
    String token =
        "{\"accessToken\":\"tok\",\"expiresAt\":\"2026-01-02T03:34:05Z\",\"refreshToken\":\"ref\","
            + "\"clientId\":\"cid\",\"clientSecret\":\"cs\",\"registrationExpiresAt\":\"2026-03-02T03:34:05Z\",\"region\":\"eu-central-1\"}";
    Files.writeString(session, token);
    Files.writeString(old, "{\"accessToken\":\"o\",\"expiresAt\":\"2026-01-02T03:34:05UTC\"}");
    answers.put(
        "GET /federation/credentials",
        "{\"roleCredentials\":{\"accessKeyId\":\"SSO\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\",\"expiration\":"
            + now.get().plusSeconds(1200).toEpochMilli()
            + "}}");
    assertThat(write(aws("sso", ""))).contains("Credential=SSO/").contains("x-amz-security-token");
    assertThat(requests.getFirst()).contains("role_name=Read+Only&account_id=123456789012");
    assertThat(write(aws("old", ""))).contains("Credential=SSO/");
    now.set(now.get().plusSeconds(3600));
    assertThatThrownBy(() -> write(aws("old", ""))).hasMessageContaining("has ended");
    answers.put(
        "POST /oidc/token",
        "{\"accessToken\":\"next\",\"expiresIn\":28800,\"refreshToken\":\"ref2\"}");
    requests.clear();
    assertThat(write(aws("sso", ""))).contains("Credential=SSO/");
    assertThat(requests.getFirst())
        .contains("\"grantType\":\"refresh_token\"")
        .contains("\"refreshToken\":\"ref\"")
        .contains("\"clientId\":\"cid\"");
    assertThat(Files.readString(session))
        .contains("\"accessToken\":\"next\"")
        .contains("\"expiresAt\":\"2026-01-02T12:04:05Z\"")
        .contains("ref2")
        .contains("eu-central-1");
    assertThat(Files.getPosixFilePermissions(session)).hasSize(2);
  }

  private static String sha1(String s) throws Exception {
    Process p = new ProcessBuilder("sha1sum").start();
    p.getOutputStream().write(s.getBytes(StandardCharsets.UTF_8));
    p.getOutputStream().close();
    return new String(p.getInputStream().readNBytes(40), StandardCharsets.US_ASCII);
  }

  /** By openssl pkcs12 -export -nocerts, of a key made for it. */
  private static final String KEY_ALONE =
      "MIIBfgIBAzCCATQGCSqGSIb3DQEHAaCCASUEggEhMIIBHTCCARkGCSqGSIb3DQEHAaCCAQoEggEGMIIBAjCB/wYL"
          + "KoZIhvcNAQwKAQKgge8wgewwVwYJKoZIhvcNAQUNMEowKQYJKoZIhvcNAQUMMBwECPA92laiQH+TAgIIADAMBggq"
          + "hkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQBHDVK7/MF2tt6kMHvEbzxQSBkOxqNQK/9dYoJ8ypcTszOKBxhJS5DSrc"
          + "aqKr2mJoDLrVviTfhzGqZ/I3oF3iJld6jZcfadKB1juOzeYXtLmM69U/KkL9d85dQbTuR2m6mjRu/sgpS9EMdzwP"
          + "2ZvK2Ig0QEqpE6rYdWbrA6iudprEZd3wykOvFOWr2BmGFeHKSSkIk8dzvxQG/jTArVUSTWW3HzBBMDEwDQYJYIZI"
          + "AWUDBAIBBQAEIFmM/mmxC+M1ZKE7qNSc5SOZFIN0ooG7T47RYJIVmFvbBAipXRwPhBfI+wICCAA=";

  /** By keytool and openssl's own format of a key with its certificate. */
  @Test
  void azureApplicationSignsWithAPfxFile() throws Exception {
    Path pfx = home.resolve("app.pfx");
    Process p =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/keytool",
                "-genkeypair",
                "-alias",
                "app",
                "-keyalg",
                "RSA",
                "-dname",
                "CN=app",
                "-storetype",
                "PKCS12",
                "-storepass",
                "open-sesame",
                "-keystore",
                pfx.toString())
            .redirectErrorStream(true)
            .start();
    p.getInputStream().readAllBytes();
    assertThat(p.waitFor()).isZero();
    answers.put(
        "POST /azure/tenant/oauth2/v2.0/token", "{\"access_token\":\"az\",\"expires_in\":3600}");
    assertThat(write(certificate(pfx, "open-sesame"))).isEqualTo("Bearer az");
    String jwt = requests.getFirst().replaceAll(".*client_assertion=([^& ]*).*", "$1");
    String[] parts = jwt.split("\\.");
    KeyStore store = KeyStore.getInstance(pfx.toFile(), "open-sesame".toCharArray());
    Signature s = Signature.getInstance("SHA256withRSA");
    s.initVerify(store.getCertificate("app"));
    s.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(s.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
    now.set(now.get().plusSeconds(9999));
    assertThatThrownBy(() -> write(certificate(pfx, "wrong")))
        .hasMessageContaining("app.pfx: ")
        .hasMessageContaining("password");
    Files.write(pfx, Base64.getDecoder().decode(KEY_ALONE));
    assertThatThrownBy(() -> write(certificate(pfx, "p")))
        .hasMessageContaining("app.pfx holds no certificate of its key");
  }

  /** A file that holds the proof as it is, where JSON is expected. */
  @Test
  void doesNotShowProof() throws Exception {
    Files.writeString(home.resolve("proof"), "proofOfMine\n");
    assertThatThrownBy(
            () ->
                google(
                    "{\"type\":\"external_account\",\"credential_source\":{\"file\":\"HOME/proof\","
                        + "\"format\":{\"type\":\"json\",\"subject_token_field_name\":\"id\"}}}"))
        .rootCause() // in all texts of the exception, its stack trace, too
        .hasMessageEndingWith("/proof is not JSON");
  }

  /** By the variables of https://google.aip.dev/auth/4117. */
  @Test
  void passesTheAudienceToTheProgram() throws Exception {
    environment.put("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
    answers.put("POST /v1/token", "{\"access_token\":\"sts\",\"expires_in\":3600}");
    answers.put(
        "POST /serviceAccounts/me@x:generateAccessToken",
        "{\"accessToken\":\"sa\",\"expireTime\":\"2026-01-02T04:04:05Z\"}");
    Files.writeString(
        home.resolve("say.sh"),
        "p=GOOGLE_EXTERNAL_ACCOUNT\n"
            + "for v in AUDIENCE TOKEN_TYPE INTERACTIVE IMPERSONATED_EMAIL OUTPUT_FILE; do\n"
            + "  t=\"$t$(printenv ${p}_$v) \"\ndone\n"
            + "echo \"{\\\"success\\\":true,\\\"id_token\\\":\\\"$t\\\"}\"\n");
    assertThat(
            google(
                "{\"type\":\"external_account\",\"audience\":\"pool\",\"subject_token_type\":\"urn:jwt\","
                    + "\"token_url\":\"URL/v1/token\",\"service_account_impersonation_url\":"
                    + "\"URL/serviceAccounts/me@x:generateAccessToken\",\"credential_source\":{\"executable\":{\"command\":\"/bin/sh"
                    + " HOME/say.sh\",\"output_file\":\"/o\"}}}"))
        .isEqualTo("Bearer sa");
    assertThat(requests.get(0)).contains("subject_token=pool+urn%3Ajwt+0+me%40x+%2Fo+");
  }

  /** As a shell's script does that calls another program. */
  @Test
  @Timeout(30)
  void killsProgramAndItsChildrenAtTimeout() throws Exception {
    environment.put("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
    Path script = home.resolve("slow.sh");
    Files.writeString(script, "sleep 60\ntrue\n");
    String program =
        "{\"type\":\"external_account\",\"credential_source\":{\"executable\":"
            + "{\"command\":\"/bin/sh HOME/slow.sh\",\"timeout_millis\":5000}}}";
    assertThatThrownBy(() -> google(program))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("slow.sh failed: it did not end within 5000 ms");
  }

  private static CloudAuth certificate(Path file, String password) {
    return new CloudAuth.AzureAd(
        "AzurePublic",
        "certificate",
        new CloudAuth.AzureAd.Identity(
            UUID, Secret.NONE, "tenant", "", file.toString(), "", new Secret(password), true),
        "");
  }
}
