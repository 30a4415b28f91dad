package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Rest;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.Call;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/** Calls one of AWS's services, signed. */
final class AwsApi {
  private final String service;
  private final String endpoint;
  private final AwsCredentials credentials;
  private final DiscoveryContext context;
  private final Rest rest;

  /**
   * @param endpoint another URL than the region's own, or {@code ""}
   */
  AwsApi(
      String service,
      String endpoint,
      AwsCredentials.Settings settings,
      HttpClientConfig client,
      DiscoveryContext context) {
    this.service = service;
    this.endpoint = endpoint;
    this.context = context;
    this.rest = new Rest(context, client);
    this.credentials = new AwsCredentials(settings, context.surroundings(client));
  }

  private AwsApi(AwsApi of, String service) {
    this.service = service;
    this.endpoint = "";
    this.context = of.context;
    this.rest = of.rest;
    this.credentials = of.credentials;
  }

  /** Another service with the same credentials. */
  AwsApi of(String otherService) {
    return new AwsApi(this, otherService);
  }

  String region() throws IOException, InterruptedException {
    return credentials.region();
  }

  private String url() throws IOException, InterruptedException {
    return endpoint.isEmpty()
        ? "https://" + service + "." + region() + "." + AwsCredentials.domain(region())
        : endpoint.replaceAll("/+$", "");
  }

  private Rest.Reply send(Call call) throws IOException, InterruptedException {
    Call signed =
        AwsSigner.sign(call, credentials.identity(), region(), service, context.clock().instant());
    Rest.Reply r = rest.send(signed);
    if (r.status() == 401 || r.status() == 403) {
      credentials.refused();
    }
    if (r.status() / 100 != 2) {
      throw r.error();
    }
    return r;
  }

  /** An action of the older protocol: a form there, XML back. */
  Element query(String action, String version, Map<String, String> parameters)
      throws IOException, InterruptedException {
    StringBuilder b = new StringBuilder("Action=").append(action).append("&Version=");
    b.append(version);
    parameters.forEach(
        (k, v) -> b.append('&').append(Rest.encoded(k)).append('=').append(Rest.encoded(v)));
    String url = url() + "/";
    Rest.Reply r =
        send(
            rest.post(
                url,
                "application/x-www-form-urlencoded; charset=utf-8",
                b.toString().getBytes(StandardCharsets.UTF_8)));
    return XmlReader.root(url + " (" + action + ")", r.body());
  }

  /** An action of the newer protocol: JSON there and back. */
  JsonNode json(String target, Object body) throws IOException, InterruptedException {
    return send(rest.post(
                url() + "/", "application/x-amz-json-1.1", Rest.JSON.writeValueAsBytes(body))
            .withHeader("X-Amz-Target", target))
        .json();
  }

  /** What a path answers. */
  JsonNode get(String path) throws IOException, InterruptedException {
    return send(rest.call("GET", url() + path)).json();
  }
}
