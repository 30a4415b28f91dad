package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** The instances of Lightsail in one region. */
final class LightsailInstances implements PollingDiscovery.Source {
  private final AwsApi api;
  private final long port;

  LightsailInstances(AwsApi api, long port) {
    this.api = api;
    this.port = port;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    String token = "";
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      JsonNode n =
          api.json(
              "Lightsail_20161128.GetInstances",
              token.isEmpty() ? Map.of() : Map.of("pageToken", token));
      for (JsonNode i : n.path("instances")) {
        if (i.path("privateIpAddress").isString()) {
          targets.add(target(i));
        }
      }
      token = n.path("nextPageToken").asString("");
      if (token.isEmpty()) {
        return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
      }
    }
    throw new IOException("lightsail: more than " + RestClient.MAX_PAGES + " pages");
  }

  private Labels target(JsonNode i) throws IOException, InterruptedException {
    MetaLabels l = new MetaLabels("__meta_lightsail_");
    l.put("private_ip", i.path("privateIpAddress"));
    l.put("region", api.region());
    l.put("availability_zone", i.path("location").path("availabilityZone"));
    l.put("blueprint_id", i.path("blueprintId"));
    l.put("bundle_id", i.path("bundleId"));
    l.put("instance_name", i.path("name"));
    l.put("instance_state", i.path("state").path("name"));
    l.put("instance_support_code", i.path("supportCode"));
    l.put("public_ip", i.path("publicIpAddress"));
    l.list("ipv6_addresses", i.path("ipv6Addresses"), ",");
    for (JsonNode t : i.path("tags")) {
      l.keyed("tag_", t.path("key").asString(""), t.path("value").asString(""));
    }
    return l.address(i.path("privateIpAddress").asString(""), port).build();
  }
}
