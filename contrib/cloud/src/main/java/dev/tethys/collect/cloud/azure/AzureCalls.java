package dev.tethys.collect.cloud.azure;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.AzureTokens;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Calls Azure Resource Manager: JSON over HTTP with bearer tokens. */
final class AzureCalls implements CloudCalls.Protocol {
  private static final int MAX_ITEMS = 10_000;

  private final String base;
  private final AzureTokens tokens;
  private final CloudCalls calls;

  AzureCalls(AzureAccount account, CloudContext context) {
    this.base =
        account.endpoints().getOrDefault(AzureAccount.MANAGEMENT, account.cloud().management());
    this.tokens =
        new AzureTokens(
            account.cloud(),
            account.who(),
            account.cloud().managementScope(),
            context.credentials());
    this.calls = new CloudCalls(context, this);
  }

  /** Answer for a path with its query. */
  JsonNode get(String service, String action, String path)
      throws CloudException, InterruptedException {
    return ask(service, action, base + path);
  }

  private JsonNode ask(String service, String action, String url)
      throws CloudException, InterruptedException {
    return calls.send(service, action, ClientRequest.get(URI.create(url))).json(action);
  }

  /** Items of all pages of a list. */
  List<JsonNode> list(String service, String action, String path)
      throws CloudException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String url = base + path;
    for (int page = 0; page < CloudCalls.MAX_PAGES && out.size() <= MAX_ITEMS; page++) {
      JsonNode n = ask(service, action, url);
      if (!n.path("value").isArray()) {
        throw new CloudException(Failure.ANSWER, action + ": the answer is not a list");
      }
      n.path("value").forEach(out::add);
      String next = n.path("nextLink").asString("");
      if (next.isEmpty()) {
        return out;
      }
      url = sameHost(action, url, next);
    }
    throw new CloudException(
        Failure.ANSWER,
        action + ": more than " + CloudCalls.MAX_PAGES + " pages or " + MAX_ITEMS + " items");
  }

  /** Next page; the token is sent to no other host. */
  private String sameHost(String action, String url, String next) throws CloudException {
    if (next.equals(url)) {
      throw new CloudException(Failure.ANSWER, action + ": the same page was sent twice");
    }
    try {
      if (next.startsWith(base + "/") && URI.create(next).getHost() != null) {
        return next;
      }
    } catch (IllegalArgumentException e) {
      // reported below
    }
    throw new CloudException(Failure.ANSWER, action + ": the next page is at another host");
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
    String code = "";
    String message = "";
    try {
      JsonNode e = a.json(action).path("error");
      code = e.path("code").asString("");
      message = e.path("message").asString("");
    } catch (CloudException e) {
      // an error page of something between; only the status is known
    }
    Failure f =
        switch (a.status()) {
          case 401 -> Failure.LOGIN;
          case 403 -> Failure.DENIED;
          case 404 -> Failure.ABSENT;
          case 429, 503 -> Failure.THROTTLED;
          // A service that was never used in a subscription has no resources there.
          case 409 ->
              code.equals("MissingSubscriptionRegistration") ? Failure.ABSENT : Failure.ANSWER;
          default -> Failure.ANSWER;
        };
    return a.error(f, action, code, f == Failure.LOGIN ? "" : message);
  }
}
