package dev.tethys.collect.kubernetes.state;

import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Requests one object of each resource and finds the missing rights. */
public final class ResourceCheck {
  private static final int MAX_BODY = 4 << 20;
  private static final int SHOWN = 200;

  /** Outcome of a request. */
  public enum Outcome {
    OK,

    /** The cluster does not have the resource. */
    ABSENT,

    /** The API refused the request. */
    MISSING,

    /** The request failed. */
    FAILED
  }

  /**
   * Result for a resource.
   *
   * @param problem message of the failure, empty if none
   * @param remedy rule of a role that gives the right, empty if it is not a matter of rights
   */
  public record Result(String resource, Outcome outcome, String problem, String remedy) {}

  private ResourceCheck() {}

  /** Checks the resources of the state, and that of the events. */
  public static List<Result> run(ResourceWatch.Connection api, boolean state, boolean events)
      throws InterruptedException {
    List<Result> out = new ArrayList<>();
    if (events) {
      out.add(check(api, "events", "", "/api/v1/events"));
    }
    for (StateKind k : state ? StateKinds.ALL : List.<StateKind>of()) {
      out.add(check(api, k.resource(), k.group(), k.path()));
    }
    return out;
  }

  private static Result check(
      ResourceWatch.Connection api, String resource, String group, String path)
      throws InterruptedException {
    String name = group.isEmpty() ? resource : resource + "." + group;
    try {
      URI uri = URI.create(api.access().base() + path + "?limit=1");
      ClientRequest call =
          new ClientRequest(
              "GET",
              uri,
              Map.of("Accept", "application/json"),
              null,
              ClientRequest.DEFAULT_TIMEOUT,
              null);
      try (ClientResponse a = api.sender().send(api.access().client(), call)) {
        String body = new String(a.body().readNBytes(MAX_BODY), StandardCharsets.UTF_8);
        return switch (a.status()) {
          case 200 -> new Result(name, Outcome.OK, "", "");
          case 404 -> new Result(name, Outcome.ABSENT, "", "");
          case 401 ->
              new Result(name, Outcome.MISSING, "the API rejected the credentials (401)", "");
          case 403 ->
              new Result(
                  name,
                  Outcome.MISSING,
                  "the API denied the request (403)",
                  "{apiGroups: [\""
                      + group
                      + "\"], resources: ["
                      + resource
                      + "], verbs: [list, watch]}");
          default ->
              new Result(
                  name,
                  Outcome.FAILED,
                  "HTTP status "
                      + a.status()
                      + ": "
                      + body.substring(0, Math.min(SHOWN, body.length())),
                  "");
        };
      }
    } catch (IOException | IllegalArgumentException e) {
      return new Result(name, Outcome.FAILED, String.valueOf(e.getMessage()), "");
    }
  }
}
