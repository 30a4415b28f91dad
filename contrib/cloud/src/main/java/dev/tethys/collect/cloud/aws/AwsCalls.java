package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudCalls;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudException;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/**
 * Calls services of AWS in one region: the query protocol of RDS and ElastiCache with answers in
 * XML, and the JSON protocol of CloudWatch Logs.
 */
final class AwsCalls implements CloudCalls.Protocol {
  static final String RDS = "rds";
  static final String ELASTICACHE = "elasticache";
  static final String LOGS = "logs";

  private static final int MAX_ITEMS = 10_000;

  /** Codes of answers to requests that were too many. */
  private static final Set<String> THROTTLED =
      Set.of(
          "Throttling",
          "ThrottlingException",
          "ThrottledException",
          "RequestThrottled",
          "RequestThrottledException",
          "TooManyRequestsException",
          "RequestLimitExceeded",
          "BandwidthLimitExceeded",
          "LimitExceededException",
          "PriorRequestNotComplete",
          "SlowDown");

  /** Codes of refused signatures and keys. */
  private static final Set<String> LOGIN =
      Set.of(
          "AuthFailure",
          "ExpiredToken",
          "ExpiredTokenException",
          "IncompleteSignature",
          "IncompleteSignatureException",
          "InvalidClientTokenId",
          "InvalidAccessKeyId",
          "InvalidSignatureException",
          "MissingAuthenticationToken",
          "MissingAuthenticationTokenException",
          "RequestExpired",
          "SignatureDoesNotMatch",
          "UnrecognizedClientException");

  private final AwsAccount account;
  private final CloudContext context;
  private final AwsCredentials credentials;
  private final CloudCalls calls;

  AwsCalls(AwsAccount account, String region, CloudContext context) {
    this.account = account;
    this.context = context;
    this.credentials = new AwsCredentials(account.credentials().in(region), context.credentials());
    this.calls = new CloudCalls(context, this);
  }

  /**
   * Region of the calls.
   *
   * @throws CloudException if it is not configured and cannot be found
   */
  String region() throws CloudException, InterruptedException {
    try {
      return credentials.region();
    } catch (IOException e) {
      throw new CloudException(Failure.LOGIN, String.valueOf(e.getMessage()), e);
    }
  }

  private String url(String service) throws CloudException, InterruptedException {
    String own = account.endpoints().get(service);
    return own != null
        ? own
        : "https://" + service + "." + region() + "." + AwsCredentials.domain(region());
  }

  /** Calls an action of the query protocol; returns the element with its result. */
  Element query(String service, String action, String version, Map<String, String> parameters)
      throws CloudException, InterruptedException {
    StringBuilder b = new StringBuilder("Action=").append(action).append("&Version=");
    b.append(version);
    parameters.forEach((k, v) -> b.append('&').append(k).append('=').append(CloudCalls.encoded(v)));
    CloudCalls.Answer a =
        calls.send(
            service,
            service + ":" + action,
            ClientRequest.post(
                URI.create(url(service) + "/"),
                "application/x-www-form-urlencoded; charset=utf-8",
                b.toString().getBytes(StandardCharsets.UTF_8)));
    try {
      Element result = XmlReader.child(XmlReader.root(action, a.body()), action + "Result");
      if (result != null) {
        return result;
      }
    } catch (IOException e) {
      throw new CloudException(Failure.ANSWER, service + ":" + e.getMessage(), e);
    }
    throw new CloudException(
        Failure.ANSWER, service + ":" + action + ": the answer has no " + action + "Result");
  }

  /**
   * Items of all pages of a list.
   *
   * @param list name of the element that has the items
   */
  List<Element> list(
      String service, String action, String version, Map<String, String> parameters, String list)
      throws CloudException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>(parameters);
    List<Element> out = new ArrayList<>();
    for (int page = 0; page < CloudCalls.MAX_PAGES; page++) {
      Element result = query(service, action, version, p);
      out.addAll(XmlReader.children(XmlReader.child(result, list)));
      if (out.size() > MAX_ITEMS) {
        break;
      }
      String marker = XmlReader.text(result, "Marker");
      if (marker.isEmpty()) {
        return out;
      }
      if (marker.equals(p.put("Marker", marker))) {
        throw new CloudException(
            Failure.ANSWER, service + ":" + action + ": the same page was sent twice");
      }
    }
    throw new CloudException(
        Failure.ANSWER,
        service
            + ":"
            + action
            + ": more than "
            + CloudCalls.MAX_PAGES
            + " pages or "
            + MAX_ITEMS
            + " items; select fewer by tag filters or regions");
  }

  /** Calls an action of CloudWatch Logs. */
  JsonNode logs(String action, Map<String, Object> body)
      throws CloudException, InterruptedException {
    ClientRequest call =
        ClientRequest.post(
                URI.create(url(LOGS) + "/"), "application/x-amz-json-1.1", CloudCalls.json(body))
            .withHeader("X-Amz-Target", "Logs_20140328." + action);
    return calls.send(LOGS, LOGS + ":" + action, call).json(LOGS + ":" + action);
  }

  @Override
  public ClientRequest sign(String service, ClientRequest request)
      throws IOException, InterruptedException {
    return AwsSigner.sign(
        request, credentials.identity(), credentials.region(), service, context.clock().instant());
  }

  @Override
  public void refused() {
    credentials.refused();
  }

  @Override
  public CloudException error(String action, CloudCalls.Answer a) {
    String code = "";
    String message = "";
    try {
      if (a.text().stripLeading().startsWith("{")) {
        JsonNode n = a.json(action);
        String type = n.path("__type").asString("");
        code = type.substring(type.indexOf('#') + 1);
        message = n.path("message").asString(n.path("Message").asString(""));
      } else {
        Element error = XmlReader.child(XmlReader.root(action, a.body()), "Error");
        code = XmlReader.text(error, "Code");
        message = XmlReader.text(error, "Message");
      }
    } catch (IOException e) {
      // an error page of something between; only the status is known
    }
    Failure f = failure(a.status(), code);
    // Messages about signatures quote what was signed.
    return a.error(f, action, code, f == Failure.LOGIN ? "" : message);
  }

  private static Failure failure(int status, String code) {
    if (THROTTLED.contains(code) || status == 429) {
      return Failure.THROTTLED;
    }
    if (LOGIN.contains(code) || status == 401) {
      return Failure.LOGIN;
    }
    if (code.contains("NotFound") || status == 404) {
      return Failure.ABSENT;
    }
    if (status == 403 || code.startsWith("AccessDenied") || code.equals("UnauthorizedOperation")) {
      return Failure.DENIED;
    }
    return status == 503 ? Failure.THROTTLED : Failure.ANSWER;
  }
}
