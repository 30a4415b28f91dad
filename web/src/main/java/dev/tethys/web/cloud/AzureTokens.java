package dev.tethys.web.cloud;

import dev.tethys.config.Secret;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.internal.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Tokens of Microsoft Entra ID (Azure AD) for one audience. */
public final class AzureTokens extends BearerTokens {
  /** Azure's separate worlds. */
  public enum Cloud {
    PUBLIC(
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://management.core.windows.net/"),
    CHINA(
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn"),
    GOVERNMENT(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net");

    private final String authority;
    private final String management;
    private final String audience;

    Cloud(String authority, String management, String audience) {
      this.authority = authority;
      this.management = management;
      this.audience = audience;
    }

    /** Returns the URL of the resource manager. */
    public String management() {
      return management;
    }

    /** Returns the scope of tokens for Azure Resource Manager. */
    public String managementScope() {
      return audience + "/.default";
    }
  }

  /** Identity that requests a token. */
  public sealed interface Identity {
    /** An application with a secret. */
    record Application(String tenantId, String clientId, Secret secret) implements Identity {}

    /**
     * An application with a certificate whose key signs, as PEM strings or as one PFX file.
     *
     * @param password password of a PFX file
     */
    record Certificate(
        String tenantId,
        String clientId,
        Path certificate,
        Path key,
        Secret password,
        boolean sendChain)
        implements Identity {}

    /** The identity of the machine; the client id may be {@code ""}. */
    record Managed(String clientId) implements Identity {}

    /** Pod with a Kubernetes service account token; empty values are taken from the environment. */
    record Workload(String tenantId, String clientId, String tokenFile) implements Identity {}

    /**
     * First identity that the environment offers: an application, a workload identity, a managed
     * identity.
     */
    record Environment(String tenantId) implements Identity {}
  }

  private static final String METADATA = "http://169.254.169.254/metadata/identity/oauth2/token";
  private static final String TOKEN_FILE = "/var/run/secrets/azure/tokens/azure-identity-token";
  private static final Duration LOCAL_TIMEOUT = Duration.ofSeconds(10);
  private static final String ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

  private final Cloud cloud;
  private final Identity who;
  private final String scope;

  /**
   * @param scope scope of the token, ending in {@code /.default}
   */
  public AzureTokens(Cloud cloud, Identity who, String scope, CredentialDependencies dependencies) {
    super(dependencies);
    this.cloud = cloud;
    this.who = who;
    this.scope = scope;
  }

  @Override
  Token fetch() throws IOException, InterruptedException {
    return fetch(who);
  }

  private Token fetch(Identity w) throws IOException, InterruptedException {
    return switch (w) {
      case Identity.Application a ->
          login(
              a.tenantId(), Map.of("client_id", a.clientId(), "client_secret", a.secret().value()));
      case Identity.Certificate c ->
          login(
              c.tenantId(),
              Map.of(
                  "client_id",
                  c.clientId(),
                  "client_assertion_type",
                  ASSERTION,
                  "client_assertion",
                  assertion(c)));
      case Identity.Workload k -> workload(k);
      case Identity.Managed m -> managed(m.clientId());
      case Identity.Environment e -> fetch(inEnvironment(e));
    };
  }

  private Identity inEnvironment(Identity.Environment e) {
    String tenant =
        e.tenantId().isEmpty() ? dependencies().variable("AZURE_TENANT_ID") : e.tenantId();
    String client = dependencies().variable("AZURE_CLIENT_ID");
    String secret = dependencies().variable("AZURE_CLIENT_SECRET");
    String certificate = dependencies().variable("AZURE_CLIENT_CERTIFICATE_PATH");
    if (!tenant.isEmpty() && !client.isEmpty() && !secret.isEmpty()) {
      return new Identity.Application(tenant, client, new Secret(secret));
    }
    if (!tenant.isEmpty() && !client.isEmpty() && !certificate.isEmpty()) {
      Path file = Path.of(certificate);
      Secret password = new Secret(dependencies().variable("AZURE_CLIENT_CERTIFICATE_PASSWORD"));
      return new Identity.Certificate(tenant, client, file, file, password, false);
    }
    return dependencies().variable("AZURE_FEDERATED_TOKEN_FILE").isEmpty()
        ? new Identity.Managed(client)
        : new Identity.Workload(tenant, client, "");
  }

  private Token workload(Identity.Workload k) throws IOException, InterruptedException {
    String tenant = valueOrVariable(k.tenantId(), "AZURE_TENANT_ID");
    String client = valueOrVariable(k.clientId(), "AZURE_CLIENT_ID");
    String named = dependencies().variable("AZURE_FEDERATED_TOKEN_FILE");
    String file = !k.tokenFile().isEmpty() ? k.tokenFile() : named.isEmpty() ? TOKEN_FILE : named;
    return login(
        tenant,
        Map.of(
            "client_id",
            client,
            "client_assertion_type",
            ASSERTION,
            "client_assertion",
            Files.readString(Path.of(file)).strip()));
  }

  private String valueOrVariable(String value, String variable) throws IOException {
    String v = value.isEmpty() ? dependencies().variable(variable) : value;
    if (v.isEmpty()) {
      throw new IOException("azure: workload identity requires " + variable);
    }
    return v;
  }

  private String loginUrl(String tenant) {
    String own = dependencies().variable("AZURE_AUTHORITY_HOST").replaceAll("/+$", "");
    return (own.isEmpty() ? cloud.authority : own) + "/" + tenant + "/oauth2/v2.0/token";
  }

  private Token login(String tenant, Map<String, String> fields)
      throws IOException, InterruptedException {
    String url = loginUrl(tenant);
    Map<String, String> f = new TreeMap<>(fields);
    f.put("grant_type", "client_credentials");
    f.put("scope", scope);
    return token(url, dependencies().json(CredentialDependencies.form(url, f)));
  }

  private Token managed(String clientId) throws IOException, InterruptedException {
    String resource = scope.replaceFirst("/\\.default$", "");
    String service = dependencies().variable("IDENTITY_ENDPOINT");
    String query =
        "resource="
            + CredentialDependencies.encoded(resource)
            + (clientId.isEmpty() ? "" : "&client_id=" + CredentialDependencies.encoded(clientId));
    ClientRequest call;
    if (service.isEmpty()) {
      call =
          ClientRequest.get(
                  CredentialDependencies.url(METADATA + "?api-version=2018-02-01&" + query))
              .withHeader("Metadata", "true");
    } else {
      call =
          ClientRequest.get(
                  CredentialDependencies.url(service + "?api-version=2019-08-01&" + query))
              .withHeader("X-IDENTITY-HEADER", dependencies().variable("IDENTITY_HEADER"));
    }
    return token(call.uri().toString(), dependencies().json(call.withTimeout(LOCAL_TIMEOUT)));
  }

  private String assertion(Identity.Certificate c) throws IOException {
    try {
      PfxFile pfx = PfxFile.find(c.certificate(), c.password());
      List<X509Certificate> chain = pfx == null ? Jwt.certificates(c.certificate()) : pfx.chain();
      Map<String, Object> header = new LinkedHashMap<>();
      header.put(
          "x5t",
          Jwt.base64(MessageDigest.getInstance("SHA-1").digest(chain.getFirst().getEncoded())));
      if (c.sendChain()) {
        List<String> all = new ArrayList<>();
        for (X509Certificate x : chain) {
          all.add(Base64.getEncoder().encodeToString(x.getEncoded()));
        }
        header.put("x5c", all);
      }
      long now = dependencies().clock().instant().getEpochSecond();
      Map<String, Object> claims = new LinkedHashMap<>();
      claims.put("aud", loginUrl(c.tenantId()));
      claims.put("iss", c.clientId());
      claims.put("sub", c.clientId());
      claims.put("jti", UUID.randomUUID().toString());
      claims.put("nbf", now);
      claims.put("exp", now + 600);
      return Jwt.signed(
          header, claims, pfx == null ? Pem.privateKey(Files.readString(c.key())) : pfx.key());
    } catch (GeneralSecurityException e) {
      throw new IOException(c.certificate() + ": " + e.getMessage(), e);
    }
  }
}
