package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.OciIdentity;
import dev.tethys.web.cloud.OciInstanceIdentity;
import dev.tethys.web.cloud.OciRealm;
import dev.tethys.web.cloud.OciSigner;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Calls services of Oracle Cloud in one region: JSON over HTTP with signatures. */
final class OciCalls implements CloudCalls.Protocol {
  static final String MYSQL = "mysql";
  static final String POSTGRESQL = "postgresql";
  static final String REDIS = "redis";
  static final String TELEMETRY = "telemetry";
  static final String LOGGING = "logging";

  private static final int MAX_ITEMS = 10_000;

  private final String region;
  private final String domain;
  private final Map<String, String> endpoints;
  private final CloudContext context;
  private final OciIdentity identity;
  private final CloudCalls calls;

  OciCalls(OciAccount account, String region, CloudContext context) {
    this.region = region;
    String realm = context.environment().apply("OCI_DEFAULT_REALM");
    this.domain = OciRealm.domain(region, realm == null ? "" : realm);
    this.endpoints = account.endpoints();
    this.context = context;
    OciAccount.Login l = account.login();
    this.identity =
        l.isMachine()
            ? new OciInstanceIdentity(context.credentials())
            : new OciIdentity.ApiKey(
                l.tenancy(),
                l.user(),
                l.fingerprint(),
                l.keyFile(),
                l.passphrase().value(),
                l.passphraseFile());
    this.calls = new CloudCalls(context, this);
  }

  private String url(String service) {
    String own = endpoints.get(service);
    if (own != null) {
      return own;
    }
    String zone =
        switch (service) {
          case MYSQL -> ".ocp.";
          case TELEMETRY -> ".";
          default -> ".oci.";
        };
    return "https://" + service + "." + region + zone + domain;
  }

  /** Answer for a path with its query. */
  JsonNode get(String service, String action, String path)
      throws CloudException, InterruptedException {
    return calls
        .send(service, action, ClientRequest.get(URI.create(url(service) + path)))
        .json(action);
  }

  /** Answer to a body, with its headers. */
  CloudCalls.Answer post(String service, String action, String path, Object body)
      throws CloudException, InterruptedException {
    return calls.send(
        service,
        action,
        ClientRequest.post(
            URI.create(url(service) + path), "application/json", CloudCalls.json(body)));
  }

  /**
   * Items of all pages of a list, which is an array or has one in the field {@code items}.
   *
   * @param path with a query, to which the token of the page is added
   */
  List<JsonNode> list(String service, String action, String path)
      throws CloudException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String token = "";
    for (int page = 0; page < CloudCalls.MAX_PAGES && out.size() <= MAX_ITEMS; page++) {
      CloudCalls.Answer a =
          calls.send(
              service,
              action,
              ClientRequest.get(
                  URI.create(
                      url(service)
                          + path
                          + "&limit=100"
                          + (token.isEmpty() ? "" : "&page=" + CloudCalls.encoded(token)))));
      JsonNode n = a.json(action);
      if (!n.isArray() && !n.path("items").isArray()) {
        throw new CloudException(Failure.ANSWER, action + ": the answer is not a list");
      }
      (n.isArray() ? n : n.path("items")).forEach(out::add);
      String next = a.header("opc-next-page");
      if (next.isEmpty()) {
        return out;
      }
      if (next.equals(token)) {
        throw new CloudException(Failure.ANSWER, action + ": the same page was sent twice");
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
            + " items; list fewer compartments");
  }

  @Override
  public ClientRequest sign(String service, ClientRequest request)
      throws IOException, InterruptedException {
    return OciSigner.signed(request, identity.key(), context.clock().instant());
  }

  @Override
  public void refused() {
    identity.refused();
  }

  @Override
  public CloudException error(String action, CloudCalls.Answer a) {
    String code = "";
    String message = "";
    try {
      JsonNode e = a.json(action);
      code = e.path("code").asString("");
      message = e.path("message").asString("");
    } catch (CloudException e) {
      // an error page of something between; only the status is known
    }
    Failure f =
        switch (a.status()) {
          case 401 -> Failure.LOGIN;
          case 403 -> Failure.DENIED;
          // The cloud does not say whether a permission is missing or the compartment.
          case 404 ->
              code.equals("NotAuthorizedOrNotFound") || code.equals("NotAuthorized")
                  ? Failure.DENIED
                  : Failure.ABSENT;
          case 429, 503 -> Failure.THROTTLED;
          default -> Failure.ANSWER;
        };
    return a.error(f, action, code, f == Failure.LOGIN ? "" : message);
  }
}
