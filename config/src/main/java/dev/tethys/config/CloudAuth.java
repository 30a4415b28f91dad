package dev.tethys.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Authentication of a client by the method of a cloud provider. */
public sealed interface CloudAuth {
  /** Returns the key of the block that selects it. */
  String key();

  /** Returns the block as a tree to be written. */
  Map<String, @Nullable Object> tree();

  /**
   * Signatures of AWS.
   *
   * @param fips whether roles are assumed at FIPS endpoints
   * @param service service name used for signing
   * @param session session name of assumed roles
   */
  record SigV4(
      String region,
      String accessKey,
      Secret secretKey,
      String profile,
      String roleArn,
      String externalId,
      boolean fips,
      String service,
      RoleSession session)
      implements CloudAuth {
    /**
     * Options for assuming a role.
     *
     * @param name session name; "" for the default
     * @param region region of the request; "" to use the region of the signed requests
     * @param tokenFile web identity token; "" to use the credentials that were found
     */
    public record RoleSession(String name, String region, String tokenFile) {
      public static final RoleSession USUAL = new RoleSession("", "", "");
    }

    /** AWS service name of Amazon Managed Service for Prometheus. */
    private static final String PROMETHEUS = "aps";

    private static final Section SECTION =
        new Section("sigv4", "Signing of requests for Amazon Managed Service for Prometheus.");
    private static final Keys KEYS = new Keys(SECTION);

    /** Type in configurations. */
    public static final Type<CloudAuth> TYPE = SECTION.type(o -> KEYS.read(o, PROMETHEUS));

    /** Creates a signature with the default session. */
    public SigV4(
        String region,
        String accessKey,
        Secret secretKey,
        String profile,
        String roleArn,
        String externalId,
        boolean fips,
        String service) {
      this(
          region,
          accessKey,
          secretKey,
          profile,
          roleArn,
          externalId,
          fips,
          service,
          RoleSession.USUAL);
    }

    /** Creates settings for AWS's managed Prometheus. */
    public SigV4(
        String region,
        String accessKey,
        Secret secretKey,
        String profile,
        String roleArn,
        String externalId,
        boolean fips) {
      this(region, accessKey, secretKey, profile, roleArn, externalId, fips, PROMETHEUS);
    }

    /**
     * Returns a type for configurations that may use one of several services.
     *
     * @param usual the default service
     */
    public static Type<CloudAuth> of(String usual, String about) {
      Section s = new Section("sigv4", about);
      Keys keys = new Keys(s);
      Key<String> service =
          s.key("service", Type.STRING, usual, "Service that requests are signed for.");
      return s.type(o -> keys.read(o, o.get(service)));
    }

    /** Empty settings: everything is discovered as in AWS's tools. */
    public static final SigV4 FOUND = new SigV4("", "", Secret.NONE, "", "", "", false);

    /** Returns a type for configurations with a single service. */
    public static Type<CloudAuth> keys(String block, String about) {
      Section s = new Section(block, about);
      Keys keys = new Keys(s);
      return s.type(o -> keys.read(o, ""));
    }

    /**
     * Returns a type for configurations with a single service.
     *
     * @param taken key that is accepted without effect
     */
    public static Type<CloudAuth> keys(String block, String about, String taken) {
      Section s = new Section(block, about);
      Keys keys = new Keys(s);
      Key<String> ignored = s.key(taken, Type.STRING, "", "Read, without effect.");
      return s.type(
          o -> {
            o.get(ignored);
            return keys.read(o, "");
          });
    }

    private static final class Keys {
      private final Key<String> region;
      private final Key<String> accessKey;
      private final Key<Secret> secretKey;
      private final Key<String> profile;
      private final Key<String> roleArn;
      private final Key<String> externalId;
      private final Key<Boolean> fips;

      Keys(Section s) {
        region =
            s.key(
                "region", Type.STRING, "", "AWS region; by default from the AWS credential chain.");
        accessKey =
            s.key(
                "access_key",
                Type.STRING,
                "",
                "Access key; by default from the AWS credential chain.");
        secretKey = s.key("secret_key", Type.SECRET, Secret.NONE, "Secret key.");
        profile =
            s.key("profile", Type.STRING, "", "Profile of the shared AWS configuration files.");
        roleArn = s.key("role_arn", Type.STRING, "", "ARN of the role to assume.");
        externalId = s.key("external_id", Type.STRING, "", "External ID for assuming the role.");
        fips =
            s.key(
                "use_fips_sts_endpoint",
                Type.BOOL,
                false,
                "If true, the role is assumed at a FIPS endpoint of STS.");
      }

      CloudAuth read(YamlObject o, String service) {
        SigV4 c =
            new SigV4(
                o.get(region),
                o.get(accessKey),
                o.get(secretKey),
                o.get(profile),
                o.get(roleArn),
                o.get(externalId),
                o.get(fips),
                service);
        if (c.accessKey.isEmpty() != c.secretKey.isEmpty()) {
          throw o.error(
              "must provide a AWS SigV4 Access key and Secret Key if credentials are specified in"
                  + " the SigV4 config");
        }
        return c;
      }
    }

    @Override
    public String key() {
      return "sigv4";
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("region", HttpClientConfig.orNull(region));
      m.put("access_key", HttpClientConfig.orNull(accessKey));
      m.put("secret_key", secretKey.isEmpty() ? null : secretKey);
      m.put("profile", HttpClientConfig.orNull(profile));
      m.put("role_arn", HttpClientConfig.orNull(roleArn));
      m.put("external_id", HttpClientConfig.orNull(externalId));
      m.put("use_fips_sts_endpoint", fips ? true : null);
      m.put("service", service.equals(PROMETHEUS) ? null : service);
      return m;
    }
  }

  /** Tokens of Microsoft Entra ID (Azure AD). */
  record AzureAd(String cloud, String method, Identity identity, String scope)
      implements CloudAuth {
    /** Settings of one authentication method; {@code ""} for unset keys. */
    public record Identity(
        String clientId,
        Secret clientSecret,
        String tenantId,
        String tokenFile,
        String certificate,
        String certificateKey,
        Secret certificatePassword,
        boolean sendChain) {
      private static final Section SECTION = new Section("azuread_identity", "Client identity.");
      private static final Key<String> CLIENT_ID =
          SECTION.key("client_id", Type.STRING, "", "ID of the application or managed identity.");
      private static final Key<Secret> CLIENT_SECRET =
          SECTION.key("client_secret", Type.SECRET, Secret.NONE, "Client secret, for oauth.");
      private static final Key<String> TENANT_ID =
          SECTION.key("tenant_id", Type.STRING, "", "Tenant ID.");
      private static final Key<String> TOKEN_FILE_PATH =
          SECTION.key(
              "token_file_path", Type.STRING, "", "File of the token, for workload_identity.");
      private static final Key<String> CERTIFICATE_PATH =
          SECTION.key(
              "certificate_path",
              Type.STRING,
              "",
              "File of the certificate as PEM text or PFX, for certificate.");
      private static final Key<String> CERTIFICATE_KEY_PATH =
          SECTION.key(
              "certificate_key_path",
              Type.STRING,
              "",
              "File of the certificate's key if it is a separate file.");
      private static final Key<Boolean> SEND_CERTIFICATE_CHAIN =
          SECTION.key(
              "send_certificate_chain",
              Type.BOOL,
              false,
              "If true, the certificate chain is sent.");

      private static final Key<Secret> CERTIFICATE_PASSWORD =
          SECTION.key("certificate_password", Type.SECRET, Secret.NONE, "Password of a PFX file.");

      static final Type<Identity> TYPE =
          SECTION.type(
              o ->
                  new Identity(
                      o.get(CLIENT_ID),
                      o.get(CLIENT_SECRET),
                      o.get(TENANT_ID),
                      o.get(TOKEN_FILE_PATH),
                      o.get(CERTIFICATE_PATH),
                      o.get(CERTIFICATE_KEY_PATH),
                      o.get(CERTIFICATE_PASSWORD),
                      o.get(SEND_CERTIFICATE_CHAIN)));

      private Map<String, @Nullable Object> tree() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("client_id", HttpClientConfig.orNull(clientId));
        m.put("client_secret", clientSecret.isEmpty() ? null : clientSecret);
        m.put("tenant_id", HttpClientConfig.orNull(tenantId));
        m.put("token_file_path", HttpClientConfig.orNull(tokenFile));
        m.put("certificate_path", HttpClientConfig.orNull(certificate));
        m.put("certificate_key_path", HttpClientConfig.orNull(certificateKey));
        m.put("certificate_password", certificatePassword.isEmpty() ? null : certificatePassword);
        m.put("send_certificate_chain", sendChain ? true : null);
        return m;
      }
    }

    private static final Section SECTION =
        new Section("azuread", "Tokens of Microsoft Entra ID, for Azure Monitor.");
    private static final Key<String> CLOUD =
        SECTION.key(
            "cloud", Type.STRING, "AzurePublic", "AzurePublic, AzureChina or AzureGovernment.");
    private static final Map<String, Key<Identity>> METHODS = new LinkedHashMap<>();

    static {
      for (String m :
          List.of("managed_identity", "workload_identity", "oauth", "sdk", "certificate")) {
        METHODS.put(
            m, SECTION.optional(m, Identity.TYPE, "Credentials of this authentication method."));
      }
    }

    private static final Key<String> SCOPE =
        SECTION.key("scope", Type.STRING, "", "Token scope; defaults to that of Azure Monitor.");

    /** Type in configurations. */
    public static final Type<CloudAuth> TYPE = SECTION.type(AzureAd::read);

    private static final String UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

    private static CloudAuth read(YamlObject o) {
      String cloud = o.get(CLOUD);
      if (!List.of("AzurePublic", "AzureChina", "AzureGovernment").contains(cloud)) {
        throw o.error("must provide a cloud in the Azure AD config");
      }
      List<String> given = METHODS.keySet().stream().filter(m -> isConfigured(o, m)).toList();
      if (given.isEmpty()) {
        throw o.error(
            "must provide an Azure Managed Identity, Azure Workload Identity, Azure OAuth, Azure"
                + " Certificate or Azure SDK in the Azure AD config");
      }
      if (given.size() > 1) {
        throw o.error("cannot provide multiple authentication methods in the Azure AD config");
      }
      String method = given.getFirst();
      Identity i = o.get(Objects.requireNonNull(METHODS.get(method)));
      check(o, method, i);
      if (!o.get(SCOPE).matches("[\\w\\s:/.\\-]*")) {
        throw o.error(SCOPE, "the provided scope contains invalid characters");
      }
      return new AzureAd(cloud, method, i, o.get(SCOPE));
    }

    private static boolean isConfigured(YamlObject o, String method) {
      Key<Identity> key = Objects.requireNonNull(METHODS.get(method));
      YamlNode at = o.at(key);
      return at != null && !at.isNull();
    }

    private static void check(YamlObject o, String method, Identity i) {
      String name =
          switch (method) {
            case "managed_identity" -> "Managed Identity";
            case "workload_identity" -> "Workload Identity";
            case "oauth" -> "OAuth";
            case "sdk" -> "SDK";
            default -> "Certificate";
          };
      boolean free = method.equals("managed_identity") || method.equals("sdk");
      if (!free && i.clientId.isEmpty()) {
        throw o.error("must provide an Azure " + name + " client_id in the Azure AD config");
      }
      if (method.equals("oauth") && i.clientSecret.isEmpty()) {
        throw o.error("must provide an Azure OAuth client_secret in the Azure AD config");
      }
      if (!free && i.tenantId.isEmpty()) {
        throw o.error("must provide an Azure " + name + " tenant_id in the Azure AD config");
      }
      if (method.equals("certificate") && i.certificate.isEmpty()) {
        throw o.error("must provide an Azure Certificate certificate_path in the Azure AD config");
      }
      if (!i.clientId.isEmpty() && !i.clientId.matches(UUID)) {
        throw o.error("the provided Azure " + name + " client_id is invalid");
      }
      if (method.equals("workload_identity") && !i.tenantId.matches(UUID)) {
        throw o.error("the provided Azure Workload Identity tenant_id is invalid");
      }
      if (!i.tenantId.matches("[0-9a-zA-Z.-]*")) {
        throw o.error("the provided Azure " + name + " tenant_id is invalid");
      }
    }

    @Override
    public String key() {
      return "azuread";
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put(method, identity.tree());
      m.put("cloud", cloud);
      m.put("scope", HttpClientConfig.orNull(scope));
      return m;
    }
  }

  /**
   * Tokens of Google.
   *
   * @param scope scope of the tokens
   */
  record GoogleIam(String credentialsFile, String scope) implements CloudAuth {
    private static final String MONITORING = "https://www.googleapis.com/auth/monitoring.write";

    /** Creates settings for Google's managed Prometheus. */
    public GoogleIam(String credentialsFile) {
      this(credentialsFile, MONITORING);
    }

    private static final Section SECTION =
        new Section("google_iam", "Tokens of Google, for Cloud Monitoring.");
    private static final Key<String> CREDENTIALS_FILE =
        SECTION.key(
            "credentials_file",
            Type.STRING,
            "",
            "Service account key file; empty for Google's application default credentials.");

    /** Type in configurations. */
    public static final Type<CloudAuth> TYPE =
        SECTION.type(o -> new GoogleIam(o.get(CREDENTIALS_FILE)));

    @Override
    public String key() {
      return "google_iam";
    }

    @Override
    public Map<String, @Nullable Object> tree() {
      Map<String, @Nullable Object> m = new LinkedHashMap<>();
      m.put("credentials_file", HttpClientConfig.orNull(credentialsFile));
      return m;
    }
  }
}
