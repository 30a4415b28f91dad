package dev.tethys.collect.cloud.gcp;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.GoogleTokens;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Calls services of Google Cloud: JSON over HTTP with bearer tokens. */
final class GcpCalls implements CloudCalls.Protocol {
  static final String SQLADMIN = "sqladmin";
  static final String REDIS = "redis";
  static final String MEMCACHE = "memcache";
  static final String MEMORYSTORE = "memorystore";
  static final String MONITORING = "monitoring";
  static final String LOGGING = "logging";

  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final int MAX_ITEMS = 10_000;
  private static final Set<String> THROTTLED =
      Set.of("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "RATE_LIMIT_EXCEEDED");

  private final Map<String, String> endpoints;
  private final GoogleTokens tokens;
  private final CloudCalls calls;

  GcpCalls(GcpAccount account, CloudContext context) {
    this.endpoints = account.endpoints();
    this.tokens = new GoogleTokens(account.credentialsFile(), SCOPE, context.credentials());
    this.calls = new CloudCalls(context, this);
  }

  private String url(String service) {
    String own = endpoints.get(service);
    return own != null ? own : "https://" + service + ".googleapis.com";
  }

  /** Answer for a path with its query. */
  JsonNode get(String service, String action, String path)
      throws CloudException, InterruptedException {
    return calls
        .send(service, action, ClientRequest.get(URI.create(url(service) + path)))
        .json(action);
  }

  /** Answer to a body. */
  JsonNode post(String service, String action, String path, Object body)
      throws CloudException, InterruptedException {
    return calls
        .send(
            service,
            action,
            ClientRequest.post(
                URI.create(url(service) + path), "application/json", CloudCalls.json(body)))
        .json(action);
  }

  /**
   * Items of all pages of a list.
   *
   * @param path with a query, to which the token of the page is added
   * @param list name of the field that has the items
   */
  List<JsonNode> list(String service, String action, String path, String list)
      throws CloudException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String token = "";
    for (int page = 0; page < CloudCalls.MAX_PAGES; page++) {
      JsonNode n =
          get(
              service,
              action,
              path + (token.isEmpty() ? "" : "&pageToken=" + CloudCalls.encoded(token)));
      n.path(list).forEach(out::add);
      String next = n.path("nextPageToken").asString("");
      if (next.isEmpty()) {
        return out;
      }
      if (next.equals(token)) {
        throw new CloudException(Failure.ANSWER, action + ": the same page was sent twice");
      }
      if (out.size() > MAX_ITEMS) {
        break;
      }
      token = next;
    }
    throw new CloudException(
        Failure.ANSWER,
        action
            + ": more than "
            + CloudCalls.MAX_PAGES
            + " pages or "
            + MAX_ITEMS
            + " items; select a region or fewer projects");
  }

  @Override
  public ClientRequest sign(String service, ClientRequest request)
      throws IOException, InterruptedException {
    return request.withHeader("Authorization", "Bearer " + tokens.token());
  }

  @Override
  public void refused() {
    tokens.refused();
  }

  @Override
  public CloudException error(String action, CloudCalls.Answer a) {
    String message = "";
    String reason = "";
    try {
      JsonNode e = a.json(action).path("error");
      message = e.path("message").asString("");
      reason = e.path("errors").path(0).path("reason").asString("");
      for (JsonNode d : e.path("details")) {
        reason = d.path("reason").asString(reason);
      }
    } catch (CloudException e) {
      // an error page of something between; only the status is known
    }
    Failure f =
        switch (a.status()) {
          case 401 -> Failure.LOGIN;
          case 403 ->
              THROTTLED.contains(reason)
                  ? Failure.THROTTLED
                  // A service that is not enabled has no instances.
                  : reason.equals("SERVICE_DISABLED") || reason.equals("accessNotConfigured")
                      ? Failure.ABSENT
                      : Failure.DENIED;
          case 404 -> Failure.ABSENT;
          case 429, 503 -> Failure.THROTTLED;
          default -> Failure.ANSWER;
        };
    return a.error(f, action, reason, message);
  }
}
