package dev.tethys.collect.discovery.kubernetes;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.log.JulLogger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A target for the kubelet of each node. */
final class NodeTargets implements ClusterState.Targets {
  private static final System.Logger LOG = JulLogger.of(NodeTargets.class.getName());

  /** Kinds of addresses, the one to scrape first. */
  private static final List<String> KINDS =
      List.of("InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname");

  @Override
  public @Nullable TargetGroup group(String source, JsonNode node, ClusterState.Lookup others) {
    Map<String, String> addresses = new LinkedHashMap<>();
    for (JsonNode a : node.path("status").path("addresses")) {
      addresses.putIfAbsent(a.path("type").asString(""), a.path("address").asString(""));
    }
    String host = KINDS.stream().filter(addresses::containsKey).findFirst().orElse(null);
    if (host == null) {
      LOG.log(Level.WARNING, "node {0} has no address", ObjectLabels.name(node));
      return null;
    }
    MetaLabels labels = ObjectLabels.labels();
    labels.put("node_provider_id", node.path("spec").path("providerID"));
    for (JsonNode c : node.path("status").path("conditions")) {
      labels.keyed(
          "node_condition_",
          c.path("type").asString("").toLowerCase(Locale.ROOT),
          c.path("status").asString("").toLowerCase(Locale.ROOT));
    }
    ObjectLabels.addMeta(labels, node, "node");
    MetaLabels target = ObjectLabels.labels();
    target.address(
        String.valueOf(addresses.get(host)),
        node.path("status").path("daemonEndpoints").path("kubeletEndpoint").path("Port").asLong(0));
    target.set("instance", ObjectLabels.name(node));
    addresses.forEach((kind, a) -> target.keyed("node_address_", kind, a));
    return new TargetGroup(source, List.of(target.build()), labels.build());
  }
}
