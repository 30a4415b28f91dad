package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsSigner;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;

/** Calls one of AWS's services, signed. */
final class AwsApi {
  private final String service;
  private final String endpoint;
  private final int concurrency;
  private final AwsCredentials credentials;
  private final DiscoveryContext context;
  private final RestClient rest;

  /**
   * @param endpoint URL other than the region's, or {@code ""}
   * @param concurrency maximum number of concurrent requests, see {@link #each}
   */
  AwsApi(
      String service,
      String endpoint,
      AwsCredentials.Settings settings,
      HttpClientConfig client,
      int concurrency,
      DiscoveryContext context) {
    this.concurrency = concurrency;
    this.service = service;
    this.endpoint = endpoint;
    this.context = context;
    this.rest = new RestClient(context, client);
    this.credentials = new AwsCredentials(settings, context.dependencies(client));
  }

  private AwsApi(AwsApi of, String service) {
    this.service = service;
    this.endpoint = "";
    this.concurrency = of.concurrency;
    this.context = of.context;
    this.rest = of.rest;
    this.credentials = of.credentials;
  }

  /** Returns a client of another service with the same credentials. */
  AwsApi of(String otherService) {
    return new AwsApi(this, otherService);
  }

  /** Request about one of several objects. */
  @FunctionalInterface
  interface AwsRequest<A, B> {
    B ask(A about) throws IOException, InterruptedException;
  }

  /**
   * Requests each item, several concurrently; the results are in the order of the items.
   *
   * @throws IOException the first failure; no further requests are sent then
   */
  <A, B> List<B> each(List<A> all, AwsRequest<A, B> question)
      throws IOException, InterruptedException {
    List<B> out = new ArrayList<>();
    if (all.size() <= 1 || concurrency == 1) {
      for (A one : all) {
        out.add(question.ask(one));
      }
      return out;
    }
    Semaphore permits = new Semaphore(concurrency);
    List<Future<B>> asked = new ArrayList<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      for (A one : all) {
        asked.add(
            threads.submit(
                () -> {
                  permits.acquire();
                  try {
                    return question.ask(one);
                  } finally {
                    permits.release();
                  }
                }));
      }
      for (Future<B> f : asked) {
        out.add(f.get());
      }
      return out;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException x -> throw x;
        case InterruptedException x -> throw x;
        case RuntimeException x -> throw x;
        case null, default -> throw new IOException(e.getCause());
      }
    } finally {
      threads.shutdownNow();
    }
  }

  String region() throws IOException, InterruptedException {
    return credentials.region();
  }

  private String url() throws IOException, InterruptedException {
    return endpoint.isEmpty()
        ? "https://" + service + "." + region() + "." + AwsCredentials.domain(region())
        : endpoint.replaceAll("/+$", "");
  }

  private RestClient.Reply send(ClientRequest call) throws IOException, InterruptedException {
    ClientRequest signed =
        AwsSigner.sign(call, credentials.identity(), region(), service, context.clock().instant());
    RestClient.Reply r = rest.send(signed);
    if (r.status() == 401 || r.status() == 403) {
      credentials.refused();
    }
    if (r.status() / 100 != 2) {
      throw r.error();
    }
    return r;
  }

  /** Calls an action of the older protocol: form request, XML response. */
  Element query(String action, String version, Map<String, String> parameters)
      throws IOException, InterruptedException {
    StringBuilder b = new StringBuilder("Action=").append(action).append("&Version=");
    b.append(version);
    parameters.forEach(
        (k, v) ->
            b.append('&').append(RestClient.encoded(k)).append('=').append(RestClient.encoded(v)));
    String url = url() + "/";
    RestClient.Reply r =
        send(
            rest.post(
                url,
                "application/x-www-form-urlencoded; charset=utf-8",
                b.toString().getBytes(StandardCharsets.UTF_8)));
    return XmlReader.root(url + " (" + action + ")", r.body());
  }

  /** Calls an action of the newer protocol: JSON request and response. */
  JsonNode json(String target, Object body) throws IOException, InterruptedException {
    return send(rest.post(
                url() + "/", "application/x-amz-json-1.1", RestClient.JSON.writeValueAsBytes(body))
            .withHeader("X-Amz-Target", target))
        .json();
  }

  /** Returns the response for a path. */
  JsonNode get(String path) throws IOException, InterruptedException {
    return send(rest.call("GET", url() + path)).json();
  }
}
