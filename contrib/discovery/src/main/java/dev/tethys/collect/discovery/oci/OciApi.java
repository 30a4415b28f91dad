package dev.tethys.collect.discovery.oci;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.web.cloud.OciIdentity;
import dev.tethys.web.cloud.OciRealm;
import dev.tethys.web.cloud.OciSigner;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * Calls the services of one region of Oracle's cloud: signed, paged, rate-limited, and retried if
 * throttled.
 */
final class OciApi {
  private static final String VERSION = "/20160918";
  private static final int PAGE = 100;
  private static final int ATTEMPTS = 4;

  /**
   * Oracle allows twenty calls a second to the service that lists compartments: half of it, after a
   * burst.
   */
  private static final int CALLS_A_SECOND = 10;

  private static final int BURST = 50;

  private final RestClient rest;
  private final OciIdentity identity;
  private final String region;
  private final String domain;
  private final DiscoveryContext context;
  private double allowed = BURST;
  private Instant counted;

  OciApi(RestClient rest, OciIdentity identity, String region, DiscoveryContext context) {
    this.rest = rest;
    this.identity = identity;
    this.region = region;
    this.domain = OciRealm.domain(region, context.environment().get("OCI_DEFAULT_REALM", ""));
    this.context = context;
    this.counted = context.clock().instant();
  }

  String tenancy() throws IOException, InterruptedException {
    return identity.tenancy();
  }

  JsonNode get(String service, String path) throws IOException, InterruptedException {
    return send(base(service) + path).json();
  }

  /** Returns the items of all pages. */
  List<JsonNode> list(String service, String path) throws IOException, InterruptedException {
    String url = base(service) + path + "&limit=" + PAGE;
    List<JsonNode> out = new ArrayList<>();
    String page = "";
    for (int i = 0; i < RestClient.MAX_PAGES; i++) {
      RestClient.Reply r = send(url + (page.isEmpty() ? "" : "&page=" + RestClient.encoded(page)));
      r.json().forEach(out::add);
      page = r.header("opc-next-page");
      if (page.isEmpty()) {
        return out;
      }
    }
    throw new IOException(url + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private String base(String service) {
    String host = service.equals("identity") ? region + ".oci" : region;
    return "https://" + service + "." + host + "." + domain + VERSION;
  }

  private RestClient.Reply send(String url) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      waitForTurn();
      RestClient.Reply r =
          rest.send(
              OciSigner.signed(rest.call("GET", url), identity.key(), context.clock().instant()));
      if (r.status() / 100 == 2) {
        return r;
      }
      boolean refused = r.status() == 401;
      if (refused) {
        identity.refused();
      }
      boolean again = r.status() == 429 || r.status() >= 500 || (refused && attempt == 1);
      if (!again || attempt == ATTEMPTS) {
        throw r.error();
      }
      if (!refused) {
        context.pause().pause(Duration.ofSeconds(1L << (attempt - 1)));
      }
    }
  }

  private void waitForTurn() throws InterruptedException {
    Instant now = context.clock().instant();
    double passed = Math.max(0, Duration.between(counted, now).toNanos() / 1e9);
    allowed = Math.min(BURST, allowed + passed * CALLS_A_SECOND);
    counted = now;
    allowed--;
    if (allowed < 0) {
      context.pause().pause(Duration.ofNanos((long) (-allowed / CALLS_A_SECOND * 1e9)));
    }
  }
}
