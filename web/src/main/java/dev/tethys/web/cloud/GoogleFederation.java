package dev.tethys.web.cloud;

import dev.tethys.config.Secret;
import dev.tethys.web.client.BasicCredentials;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Google tokens by workload identity federation (https://google.aip.dev/auth/4117). A credential of
 * another provider (a file, a URL, a program, AWS) is exchanged for a Google token. If a service
 * account is to be impersonated, that token is exchanged for one of the account.
 */
final class GoogleFederation {
  private static final String EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
  private static final String ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
  private static final String ALL = "https://www.googleapis.com/auth/cloud-platform";
  private static final String ABOUT = "GOOGLE_EXTERNAL_ACCOUNT_";
  private static final String ALLOWED = ABOUT + "ALLOW_EXECUTABLES";
  private static final Pattern ACCOUNT =
      Pattern.compile("/serviceAccounts/([^/:]+):generateAccessToken$");
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int USUAL_LIFETIME = 3600;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final BearerTokens tokens;
  private final CredentialDependencies dependencies;
  private final String scope;

  /**
   * @param tokens reads responses of token servers
   */
  GoogleFederation(BearerTokens tokens, String scope) {
    this.tokens = tokens;
    this.dependencies = tokens.dependencies();
    this.scope = scope;
  }

  /** Reads a file of type {@code external_account}. */
  BearerTokens.Token external(JsonNode n) throws IOException, InterruptedException {
    String account = n.path("service_account_impersonation_url").asString("");
    String url = n.path("token_url").asString("https://sts.googleapis.com/v1/token");
    Map<String, String> f = new TreeMap<>();
    f.put("grant_type", EXCHANGE);
    f.put("audience", n.path("audience").asString(""));
    f.put("scope", account.isEmpty() ? scope : ALL);
    f.put("requested_token_type", ACCESS_TOKEN);
    f.put("subject_token_type", n.path("subject_token_type").asString(""));
    f.put("subject_token", proof(n));
    String project = n.path("workforce_pool_user_project").asString("");
    if (!project.isEmpty()) {
      f.put(
          "options",
          new String(
              CredentialDependencies.toJson(Map.of("userProject", project)),
              StandardCharsets.UTF_8));
    }
    BearerTokens.Token t =
        tokens.token(url, dependencies.json(asClient(n, CredentialDependencies.form(url, f))));
    int lifetime =
        n.path("service_account_impersonation")
            .path("token_lifetime_seconds")
            .asInt(USUAL_LIFETIME);
    return account.isEmpty() ? t : impersonated(account, t.value(), List.of(), lifetime);
  }

  /** Reads a file of type {@code external_account_authorized_user}. */
  BearerTokens.Token user(JsonNode n) throws IOException, InterruptedException {
    String url = n.path("token_url").asString("https://sts.googleapis.com/v1/oauthtoken");
    Map<String, String> f = new TreeMap<>();
    f.put("grant_type", "refresh_token");
    f.put("refresh_token", n.path("refresh_token").asString(""));
    return tokens.token(url, dependencies.json(asClient(n, CredentialDependencies.form(url, f))));
  }

  /**
   * A token of a service account, in whose name another may act.
   *
   * @param source the other's
   * @param delegates accounts in between
   */
  BearerTokens.Token impersonated(String url, String source, List<String> delegates, int lifetime)
      throws IOException, InterruptedException {
    Map<String, Object> question = new LinkedHashMap<>();
    question.put("scope", List.of(scope.split(" ", -1)));
    question.put("lifetime", lifetime + "s");
    if (!delegates.isEmpty()) {
      question.put("delegates", delegates);
    }
    JsonNode n =
        dependencies.json(
            ClientRequest.post(
                    CredentialDependencies.url(url),
                    "application/json",
                    CredentialDependencies.toJson(question))
                .withHeader("Authorization", "Bearer " + source));
    String token = n.path("accessToken").asString("");
    if (token.isEmpty()) {
      throw new IOException(url + " answered without accessToken");
    }
    String expires = n.path("expireTime").asString("");
    try {
      return new BearerTokens.Token(token, Instant.parse(expires));
    } catch (DateTimeParseException e) {
      throw new IOException(url + ": expireTime is not a valid time: " + expires, e);
    }
  }

  private static ClientRequest asClient(JsonNode n, ClientRequest call) {
    String id = n.path("client_id").asString("");
    if (id.isEmpty()) {
      return call;
    }
    return call.withHeader(
        "Authorization", BasicCredentials.header(id, n.path("client_secret").asString("")));
  }

  private String proof(JsonNode n) throws IOException, InterruptedException {
    JsonNode source = n.path("credential_source");
    String file = source.path("file").asString("");
    String url = source.path("url").asString("");
    if (source.path("environment_id").asString("").startsWith("aws")) {
      return aws(n, source);
    }
    if (!file.isEmpty()) {
      return formatted(source, Files.readString(Path.of(file)), file);
    }
    if (!url.isEmpty()) {
      ClientRequest call = ClientRequest.get(CredentialDependencies.url(url)).withTimeout(TIMEOUT);
      for (Map.Entry<String, JsonNode> h : source.path("headers").properties()) {
        call = call.withHeader(h.getKey(), h.getValue().asString(""));
      }
      return formatted(source, dependencies.text(call), url);
    }
    JsonNode program = source.path("executable");
    if (program.isObject()) {
      return printed(n, program);
    }
    throw new IOException(
        "google: credential_source names neither a file nor a url, an executable or aws;"
            + " certificates are not built");
  }

  /** The text itself, or one of its fields. */
  private static String formatted(JsonNode source, String text, String from) throws IOException {
    JsonNode format = source.path("format");
    if (!format.path("type").asString("text").equals("json")) {
      return text.strip();
    }
    return field(parsed(text, from), format.path("subject_token_field_name").asString(""), from);
  }

  private static JsonNode parsed(String text, String from) throws IOException {
    try {
      return JSON.readTree(text);
    } catch (JacksonException e) { // its message shows what it met, which may be a proof as it is
      throw new IOException(from + " is not JSON");
    }
  }

  private static String field(JsonNode n, String name, String from) throws IOException {
    String v = n.path(name).asString("");
    if (v.isEmpty()) {
      throw new IOException(from + " has no " + name);
    }
    return v;
  }

  /** Output of a program; it runs only if the environment allows that. */
  private String printed(JsonNode n, JsonNode program) throws IOException, InterruptedException {
    if (!dependencies.variable(ALLOWED).equals("1")) {
      throw new IOException("google: executables are run where " + ALLOWED + " is 1");
    }
    String command = program.path("command").asString("");
    long millis = Math.clamp(program.path("timeout_millis").asLong(30_000), 5_000, 120_000);
    ProcessBuilder b = new ProcessBuilder(List.of(command.strip().split("\\s+", -1)));
    addVariables(n, program, b.environment());
    CredentialProgram.Printed p;
    try {
      p = CredentialProgram.run(b, Duration.ofMillis(millis));
    } catch (IOException e) {
      throw new IOException(command + " failed: " + e.getMessage(), e);
    }
    JsonNode reply = parsed(p.text(), command);
    if (p.status() != 0 || !reply.path("success").asBoolean(false)) {
      throw new IOException(command + " failed: " + reply.path("message").asString(""));
    }
    boolean saml = reply.path("token_type").asString("").endsWith(":saml2");
    return field(reply, saml ? "saml_response" : "id_token", command);
  }

  /** Environment variables of the credential program. */
  private static void addVariables(JsonNode n, JsonNode program, Map<String, String> environment) {
    environment.put(ABOUT + "AUDIENCE", n.path("audience").asString(""));
    environment.put(ABOUT + "TOKEN_TYPE", n.path("subject_token_type").asString(""));
    environment.put(ABOUT + "INTERACTIVE", "0");
    Matcher account = ACCOUNT.matcher(n.path("service_account_impersonation_url").asString(""));
    if (account.find()) {
      environment.put(ABOUT + "IMPERSONATED_EMAIL", account.group(1));
    }
    String file = program.path("output_file").asString("");
    if (!file.isEmpty()) {
      environment.put(ABOUT + "OUTPUT_FILE", file);
    }
  }

  /** A signed request for the caller's identity, which Google sends to AWS on our behalf. */
  private String aws(JsonNode n, JsonNode source) throws IOException, InterruptedException {
    AwsCredentials keys =
        new AwsCredentials(
            new AwsCredentials.Settings("", "", Secret.NONE, "", "", "", false), dependencies);
    String region = keys.region();
    String url =
        source
            .path("regional_cred_verification_url")
            .asString(
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15")
            .replace("{region}", region);
    URI uri = CredentialDependencies.url(url.replaceFirst("^(https?://[^/?]+)\\?", "$1/?"));
    ClientRequest call =
        AwsSigner.sign(
            new ClientRequest("POST", uri, Map.of(), null, TIMEOUT, null)
                .withHeader("x-goog-cloud-target-resource", n.path("audience").asString("")),
            keys.identity(),
            region,
            "sts",
            dependencies.clock().instant(),
            false);
    List<Map<String, String>> headers = new ArrayList<>();
    call.headers().forEach((k, v) -> headers.add(new TreeMap<>(Map.of("key", k, "value", v))));
    headers.add(new TreeMap<>(Map.of("key", "host", "value", uri.getHost())));
    Map<String, Object> question = new LinkedHashMap<>();
    question.put("url", url);
    question.put("method", "POST");
    question.put("headers", headers);
    return CredentialDependencies.encoded(
        new String(CredentialDependencies.toJson(question), StandardCharsets.UTF_8));
  }
}
