package dev.tethys.pipeline.extension;

import dev.tethys.config.CloudAuth;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.BearerTokens;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code googleclientauth}: adds Google access tokens to HTTP and gRPC requests of exporters, as
 * Google's Telemetry API (OTLP) requires. Credentials are located as in Google's client libraries.
 * They are found where Google's programs find them.
 */
public final class GoogleClientAuth implements ExtensionFactory<GoogleClientAuth.Settings> {
  /** The settings. */
  public record Settings(String project, String quotaProject, List<String> scopes) {}

  private static final String AUTH = "https://www.googleapis.com/auth/";

  private static final Section SECTION =
      new Section("googleclientauth", "Authentication with Google tokens.");
  private static final Key<String> PROJECT =
      SECTION.key("project", Type.STRING, "", "Project of items that name none.");
  private static final Key<String> QUOTA_PROJECT =
      SECTION.key("quota_project", Type.STRING, "", "Project whose quota is used.");
  private static final Key<String> TOKEN_TYPE =
      SECTION.key(
          "token_type",
          Type.STRING,
          "access_token",
          "Type of the tokens; only access_token is supported.");
  private static final Key<List<String>> SCOPES =
      SECTION.key(
          "scopes",
          Type.list(Type.STRING),
          List.of(
              AUTH + "cloud-platform",
              AUTH + "logging.write",
              AUTH + "monitoring.write",
              AUTH + "trace.append"),
          "Scopes of the tokens.");

  static {
    SECTION.notBuilt("audience", "Audience of ID tokens.");
  }

  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public GoogleClientAuth(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "googleclientauth";
  }

  @Override
  public String about() {
    return "Tokens of Google for the requests of exporters.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(GoogleClientAuth::read);
  }

  private static Settings read(YamlObject o) {
    if (!o.get(TOKEN_TYPE).equals("access_token")) {
      throw o.error(TOKEN_TYPE, "token_type must be access_token; ID tokens are not supported");
    }
    return new Settings(o.get(PROJECT), o.get(QUOTA_PROJECT), o.get(SCOPES));
  }

  @Override
  public Extension create(Settings s, Context context) {
    return new Running(s, clients.bearer(new CloudAuth.GoogleIam("", String.join(" ", s.scopes))));
  }

  private record Running(Settings settings, BearerTokens tokens) implements Extension, ClientAuth {
    @Override
    public Map<String, String> headers() throws IOException {
      Map<String, String> all = new LinkedHashMap<>();
      try {
        all.put("Authorization", BEARER + tokens.token());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while a token was fetched", e);
      }
      if (!settings.quotaProject.isEmpty()) {
        all.put("X-Goog-User-Project", settings.quotaProject);
      }
      if (!settings.project.isEmpty()) {
        all.put("X-Goog-Project-ID", settings.project);
      }
      return all;
    }

    @Override
    public void refused() {
      tokens.refused();
    }
  }
}
