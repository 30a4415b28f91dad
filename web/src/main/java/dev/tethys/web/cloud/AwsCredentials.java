package dev.tethys.web.cloud;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.CloudAuth;
import dev.tethys.config.CloudAuth.SigV4.RoleSession;
import dev.tethys.config.Secret;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * AWS credentials, searched in the order of AWS's own libraries: the configuration, a named
 * profile, the environment, a web identity, the default profile, the container's endpoint, the
 * machine's metadata (IMDSv2). If a role is configured, they are then exchanged for credentials of
 * the role. Cached until five minutes before they expire. Thread-safe; one thread fetches at a
 * time.
 */
public final class AwsCredentials {
  /**
   * Settings of the configuration; {@code ""} for those that are not set.
   *
   * @param sessionToken session token of temporary credentials
   * @param roleArn role to assume with the keys that were found
   * @param fips whether the role is assumed at a FIPS endpoint
   * @param session options of the assumed role
   */
  public record Settings(
      String region,
      String accessKey,
      Secret secretKey,
      Secret sessionToken,
      String profile,
      String roleArn,
      String externalId,
      boolean fips,
      RoleSession session) {
    /** Settings from a signing configuration. */
    public static Settings of(CloudAuth.SigV4 c) {
      return new Settings(
          c.region(),
          c.accessKey(),
          c.secretKey(),
          Secret.NONE,
          c.profile(),
          c.roleArn(),
          c.externalId(),
          c.fips(),
          c.session());
    }

    /** With the usual session of roles. */
    public Settings(
        String region,
        String accessKey,
        Secret secretKey,
        Secret sessionToken,
        String profile,
        String roleArn,
        String externalId,
        boolean fips) {
      this(
          region,
          accessKey,
          secretKey,
          sessionToken,
          profile,
          roleArn,
          externalId,
          fips,
          RoleSession.USUAL);
    }

    /** Credentials that AWS's programs find on the machine. */
    public static Settings inRegion(String region) {
      return new Settings(region, "", Secret.NONE, "", "", "", false);
    }

    /** Returns a copy for another region. */
    public Settings in(String otherRegion) {
      return new Settings(
          otherRegion, accessKey, secretKey, sessionToken, profile, roleArn, externalId, fips);
    }

    /** Creates credentials without a session. */
    public Settings(
        String region,
        String accessKey,
        Secret secretKey,
        String profile,
        String roleArn,
        String externalId,
        boolean fips) {
      this(region, accessKey, secretKey, Secret.NONE, profile, roleArn, externalId, fips);
    }
  }

  static final Duration EARLY = Duration.ofMinutes(5);
  private static final int MAX_PROFILES = 10;
  private static final Duration LOCAL_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration PROCESS_TIMEOUT = Duration.ofSeconds(60);
  private static final String CONTAINER = "http://169.254.170.2";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Settings settings;
  private final CredentialDependencies dependencies;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable AwsIdentity kept;

  @GuardedBy("lock")
  private @Nullable String region;

  public AwsCredentials(Settings settings, CredentialDependencies dependencies) {
    this.settings = settings;
    this.dependencies = dependencies;
  }

  /** Returns the region: configured, of the environment, of the profile, or of the machine. */
  public String region() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      String r = region;
      if (r == null) {
        r = findRegion();
        region = r;
      }
      return r;
    } finally {
      lock.unlock();
    }
  }

  private String findRegion() throws IOException, InterruptedException {
    for (String s :
        List.of(
            settings.region,
            dependencies.variable("AWS_REGION"),
            dependencies.variable("AWS_DEFAULT_REGION"))) {
      if (!s.isEmpty()) {
        return s;
      }
    }
    Map<String, String> profile = AwsProfiles.read(dependencies).find(profileName());
    String r = profile == null ? "" : profile.getOrDefault("region", "");
    if (!r.isEmpty()) {
      return r;
    }
    try {
      return metadata("/latest/meta-data/placement/region");
    } catch (IOException e) {
      throw new IOException("could not determine AWS region: " + e.getMessage(), e);
    }
  }

  /** Discards cached keys, so that rejected ones are not used again. */
  public void refused() {
    lock.lock();
    try {
      kept = null;
    } finally {
      lock.unlock();
    }
  }

  /** Keys that hold for some minutes at least. */
  public AwsIdentity identity() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      AwsIdentity i = kept;
      if (i == null || !dependencies.clock().instant().isBefore(early(i.expires()))) {
        i = own();
        kept = i;
      }
      return i;
    } finally {
      lock.unlock();
    }
  }

  /** Credentials of the configured role, or the discovered ones. */
  private AwsIdentity own() throws IOException, InterruptedException {
    if (settings.roleArn.isEmpty()) {
      return base();
    }
    RoleSession s = settings.session;
    return s.tokenFile().isEmpty()
        ? assume(
            base(),
            settings.roleArn,
            settings.externalId,
            s.name().isEmpty() ? "tethys" : s.name(),
            s.region().isEmpty() ? region() : s.region())
        : webIdentity(s.tokenFile(), settings.roleArn, s.name(), s.region());
  }

  private static Instant early(Instant expires) {
    return expires.equals(Instant.MAX) ? expires : expires.minus(EARLY);
  }

  private String profileName() {
    if (!settings.profile.isEmpty()) {
      return settings.profile;
    }
    String v = dependencies.variable("AWS_PROFILE");
    return v.isEmpty() ? "default" : v;
  }

  private AwsIdentity base() throws IOException, InterruptedException {
    if (!settings.accessKey.isEmpty() && !settings.secretKey.isEmpty()) {
      return new AwsIdentity(
          settings.accessKey,
          settings.secretKey.value(),
          settings.sessionToken.value(),
          Instant.MAX);
    }
    boolean named = !settings.profile.isEmpty() || !dependencies.variable("AWS_PROFILE").isEmpty();
    if (!named) {
      AwsIdentity i = fromEnvironment();
      if (i != null) {
        return i;
      }
      String file = dependencies.variable("AWS_WEB_IDENTITY_TOKEN_FILE");
      if (!file.isEmpty()) {
        return webIdentity(
            file,
            dependencies.variable("AWS_ROLE_ARN"),
            dependencies.variable("AWS_ROLE_SESSION_NAME"),
            "");
      }
    }
    Map<String, String> profile = AwsProfiles.read(dependencies).find(profileName());
    if (profile == null && named) {
      throw new IOException("the AWS profile \"" + profileName() + "\" does not exist");
    }
    AwsIdentity i = profile == null ? null : fromProfile(profileName(), 0);
    return i == null ? fromContainerOrMachine() : i;
  }

  private @Nullable AwsIdentity fromEnvironment() {
    String key = dependencies.variable("AWS_ACCESS_KEY_ID");
    String secret = dependencies.variable("AWS_SECRET_ACCESS_KEY");
    return key.isEmpty() || secret.isEmpty()
        ? null
        : new AwsIdentity(key, secret, dependencies.variable("AWS_SESSION_TOKEN"), Instant.MAX);
  }

  private @Nullable AwsIdentity fromProfile(String name, int depth)
      throws IOException, InterruptedException {
    Map<String, String> p = AwsProfiles.read(dependencies).find(name);
    if (p == null) {
      throw new IOException("the AWS profile \"" + name + "\" does not exist");
    }
    if (depth > MAX_PROFILES) {
      throw new IOException("AWS profiles refer to each other in a cycle: " + name);
    }
    String key = p.getOrDefault("aws_access_key_id", "");
    String role = p.getOrDefault("role_arn", "");
    if (!role.isEmpty() && p.containsKey("web_identity_token_file")) {
      return webIdentity(
          p.getOrDefault("web_identity_token_file", ""),
          role,
          p.getOrDefault("role_session_name", ""),
          "");
    }
    if (!role.isEmpty()) {
      String source = p.getOrDefault("source_profile", "");
      AwsIdentity base;
      if (source.isEmpty()) {
        String kind = p.getOrDefault("credential_source", "");
        base =
            switch (kind) {
              case "Environment" -> fromEnvironment();
              case "EcsContainer" -> container();
              case "Ec2InstanceMetadata" -> machine();
              default ->
                  throw new IOException(
                      "the AWS profile \""
                          + name
                          + "\" has a role_arn without source_profile or credential_source");
            };
      } else if (source.equals(name)) {
        base = keys(p);
      } else {
        base = fromProfile(source, depth + 1);
      }
      if (base == null) {
        throw new IOException("the AWS profile \"" + name + "\" finds no keys for its role");
      }
      String session = p.getOrDefault("role_session_name", "");
      return assume(
          base,
          role,
          p.getOrDefault("external_id", ""),
          session.isEmpty() ? "tethys" : session,
          region());
    }
    if (!key.isEmpty()) {
      return keys(p);
    }
    if (p.containsKey("sso_start_url") || p.containsKey("sso_session")) {
      return new AwsSignIn(name, p, AwsProfiles.read(dependencies), dependencies).identity();
    }
    String process = p.getOrDefault("credential_process", "");
    return process.isEmpty() ? null : process(process);
  }

  private static AwsIdentity keys(Map<String, String> p) {
    return new AwsIdentity(
        p.getOrDefault("aws_access_key_id", ""),
        p.getOrDefault("aws_secret_access_key", ""),
        p.getOrDefault("aws_session_token", ""),
        Instant.MAX);
  }

  private static AwsIdentity process(String command) throws IOException, InterruptedException {
    String failed = "credential_process \"" + command + "\" failed";
    CredentialProgram.Printed p;
    try {
      p = CredentialProgram.run(new ProcessBuilder("/bin/sh", "-c", command), PROCESS_TIMEOUT);
    } catch (IOException e) {
      throw new IOException(failed + ": " + e.getMessage(), e);
    }
    if (p.status() != 0) {
      throw new IOException(failed);
    }
    try {
      return identity("credential_process", JSON.readTree(p.text()));
    } catch (JacksonException e) {
      throw new IOException("credential_process printed invalid JSON", e);
    }
  }

  private AwsIdentity fromContainerOrMachine() throws IOException, InterruptedException {
    boolean container =
        !dependencies.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").isEmpty()
            || !dependencies.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").isEmpty();
    return container ? container() : machine();
  }

  private AwsIdentity container() throws IOException, InterruptedException {
    String relative = dependencies.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    String url =
        relative.isEmpty()
            ? dependencies.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
            : CONTAINER + relative;
    ClientRequest call =
        ClientRequest.get(CredentialDependencies.url(url)).withTimeout(LOCAL_TIMEOUT);
    String file = dependencies.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    String token =
        file.isEmpty()
            ? dependencies.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")
            : Files.readString(Path.of(file)).strip();
    return identity(
        url, dependencies.json(token.isEmpty() ? call : call.withHeader("Authorization", token)));
  }

  private AwsIdentity machine() throws IOException, InterruptedException {
    String base = "/latest/meta-data/iam/security-credentials/";
    String role;
    try {
      role = metadata(base);
    } catch (IOException e) {
      throw new IOException(
          "no AWS credentials: neither in the configuration, nor in the environment, nor in a"
              + " profile, nor from the machine ("
              + e.getMessage()
              + ")",
          e);
    }
    String path = base + role.lines().findFirst().orElse("");
    try {
      return identity(path, JSON.readTree(metadata(path)));
    } catch (JacksonException e) {
      throw new IOException(path + " sent a response that is not JSON", e);
    }
  }

  private String metadata(String path) throws IOException, InterruptedException {
    Imds imds = Imds.of(dependencies::variable);
    String token = dependencies.text(imds.token(LOCAL_TIMEOUT));
    return dependencies.text(imds.get(path, token).withTimeout(LOCAL_TIMEOUT));
  }

  private static AwsIdentity identity(String from, JsonNode n) throws IOException {
    String key = n.path("AccessKeyId").asString("");
    String secret = n.path("SecretAccessKey").asString("");
    String token = n.path("Token").asString(n.path("SessionToken").asString(""));
    if (key.isEmpty() || secret.isEmpty()) {
      throw new IOException(from + " gave no keys: " + n.path("Message").asString(""));
    }
    return new AwsIdentity(key, secret, token, time(from, n.path("Expiration").asString("")));
  }

  private static Instant time(String from, String s) throws IOException {
    try {
      return s.isEmpty() ? Instant.MAX : Instant.parse(s);
    } catch (DateTimeParseException e) {
      throw new IOException(from + ": \"" + s + "\" is not a time", e);
    }
  }

  private String sts(String r) {
    String own = dependencies.variable("AWS_ENDPOINT_URL_STS");
    return own.isEmpty()
        ? "https://sts" + (settings.fips ? "-fips." : ".") + r + "." + domain(r) + "/"
        : own;
  }

  /** Returns the domain after service and region in host names. */
  public static String domain(String region) {
    return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  }

  private AwsIdentity webIdentity(String file, String role, String session, String where)
      throws IOException, InterruptedException {
    Map<String, String> f = new LinkedHashMap<>();
    f.put("Action", "AssumeRoleWithWebIdentity");
    f.put("Version", "2011-06-15");
    f.put("RoleArn", role);
    f.put("RoleSessionName", session.isEmpty() ? "tethys" : session);
    f.put("WebIdentityToken", Files.readString(Path.of(file)).strip());
    String url = sts(where.isEmpty() ? region() : where);
    return role(
        url,
        dependencies.ok(CredentialDependencies.form(url, f)),
        "AssumeRoleWithWebIdentityResult");
  }

  private AwsIdentity assume(
      AwsIdentity base, String role, String externalId, String session, String where)
      throws IOException, InterruptedException {
    Map<String, String> f = new LinkedHashMap<>();
    f.put("Action", "AssumeRole");
    f.put("Version", "2011-06-15");
    f.put("RoleArn", role);
    f.put("RoleSessionName", session);
    if (!externalId.isEmpty()) {
      f.put("ExternalId", externalId);
    }
    String url = sts(where);
    ClientRequest call =
        AwsSigner.sign(
            CredentialDependencies.form(url, f),
            base,
            where,
            "sts",
            dependencies.clock().instant());
    return role(url, dependencies.ok(call), "AssumeRoleResult");
  }

  private static AwsIdentity role(String url, byte[] xml, String result) throws IOException {
    Element c = XmlReader.child(XmlReader.root(url, xml), result, "Credentials");
    if (c == null) {
      throw new IOException(url + " gave no credentials");
    }
    return new AwsIdentity(
        XmlReader.text(c, "AccessKeyId"),
        XmlReader.text(c, "SecretAccessKey"),
        XmlReader.text(c, "SessionToken"),
        time(url, XmlReader.text(c, "Expiration")));
  }
}
