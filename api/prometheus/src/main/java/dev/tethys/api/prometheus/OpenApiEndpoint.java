package dev.tethys.api.prometheus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * {@code /api/v1/openapi.yaml}: the API described in OpenAPI 3.1, or in 3.2 if {@code
 * openapi_version} requests it. The resource {@code openapi.yaml} holds both; its header explains
 * how.
 */
final class OpenApiEndpoint {
  private static final String ONLY_32 = " # 3.2";

  private final ServerView server;
  private final ApiSettings settings;

  OpenApiEndpoint(ServerView server, ApiSettings settings) {
    this.server = server;
    this.settings = settings;
  }

  void register(ApiRoutes routes) {
    routes.get("/openapi.yaml", this::answer);
  }

  private void answer(ApiCall call) throws IOException {
    String asked = call.request().query().first("openapi_version", "");
    boolean is32 = asked.equals("3.2") || asked.equals("3.2.0");
    call.response()
        .header("Cache-Control", "no-cache, no-store, must-revalidate")
        .send("application/yaml; charset=utf-8", document(is32).getBytes(StandardCharsets.UTF_8));
  }

  private String document(boolean is32) throws IOException {
    String url = server.externalUrl().toString();
    Map<String, String> values =
        Map.of(
            "${openapi}",
            is32 ? "3.2.0" : "3.1.0",
            "${version}",
            server.build().version(),
            "${server}",
            (url.endsWith("/") ? url.substring(0, url.length() - 1) : url) + ApiRoutes.PREFIX,
            "${searchLimit}",
            String.valueOf(SearchEndpoints.defaultLimit(settings)));
    String text = version(resource(), is32);
    for (Map.Entry<String, String> v : values.entrySet()) {
      text = text.replace(v.getKey(), v.getValue());
    }
    return text;
  }

  private static String resource() throws IOException {
    try (InputStream in = OpenApiEndpoint.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        throw new IOException("openapi.yaml is missing in the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /**
   * Returns the lines of one version, without markers and without comments at the start of a line.
   */
  private static String version(String both, boolean is32) {
    StringBuilder out = new StringBuilder(both.length());
    int leftOut = Integer.MAX_VALUE; // deeper indented lines are omitted
    for (String line : both.lines().toList()) {
      int indent = line.length() - line.stripLeading().length();
      if (indent > leftOut || line.startsWith("#")) {
        continue;
      }
      leftOut = Integer.MAX_VALUE;
      boolean marked = line.endsWith(ONLY_32);
      if (marked && !is32) {
        leftOut = indent;
        continue;
      }
      out.append(line, 0, line.length() - (marked ? ONLY_32.length() : 0)).append('\n');
    }
    return out.toString();
  }
}
