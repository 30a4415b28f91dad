package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** The brokers and controllers of Kafka clusters in one region. */
final class MskNodes implements PollingDiscovery.Source {
  private final AwsApi api;
  private final List<String> clusters;
  private final long port;

  MskNodes(AwsApi api, List<String> clusters, long port) {
    this.api = api;
    this.clusters = clusters;
    this.port = port;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<JsonNode> found = new ArrayList<>();
    for (JsonNode answer :
        api.each(clusters, arn -> api.get("/api/v2/clusters/" + RestClient.encoded(arn)))) {
      JsonNode c = answer.path("clusterInfo");
      if (c.path("clusterType").asString("").equals("PROVISIONED")) {
        found.add(c); // others show no nodes
      }
    }
    if (clusters.isEmpty()) {
      found = all("/api/v2/clusters?clusterTypeFilter=PROVISIONED&", "clusterInfoList");
    }
    List<Labels> targets = new ArrayList<>();
    List<List<JsonNode>> nodes =
        api.each(
            found,
            c ->
                all(
                    "/v1/clusters/"
                        + RestClient.encoded(c.path("clusterArn").asString(""))
                        + "/nodes?",
                    "nodeInfoList"));
    for (int i = 0; i < found.size(); i++) {
      for (JsonNode n : nodes.get(i)) {
        add(targets, found.get(i), n);
      }
    }
    return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
  }

  private List<JsonNode> all(String path, String list) throws IOException, InterruptedException {
    List<JsonNode> out = new ArrayList<>();
    String token = "";
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      JsonNode n =
          api.get(
              path
                  + "maxResults=100"
                  + (token.isEmpty() ? "" : "&nextToken=" + RestClient.encoded(token)));
      n.path(list).forEach(out::add);
      token = n.path("nextToken").asString("");
      if (token.isEmpty()) {
        return out;
      }
    }
    throw new IOException("msk: " + path + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private void add(List<Labels> targets, JsonNode c, JsonNode n) {
    boolean broker = n.path("brokerNodeInfo").isObject();
    JsonNode info = n.path(broker ? "brokerNodeInfo" : "controllerNodeInfo");
    int index = 0;
    for (String endpoint : MetaLabels.texts(info.path("endpoints"))) {
      MetaLabels l = labels(c, n);
      if (broker) {
        JsonNode monitoring = c.path("provisioned").path("openMonitoring").path("prometheus");
        l.put("node_type", "broker");
        l.put("node_attached_eni", info.path("attachedENIId"));
        l.put("broker_id", Math.round(info.path("brokerId").asDouble(0)));
        l.put("broker_client_subnet", info.path("clientSubnet"));
        l.put("broker_client_vpc_ip", info.path("clientVpcIpAddress"));
        if (monitoring.path("nodeExporter").isObject()) {
          l.put(
              "broker_node_exporter_enabled",
              monitoring.path("nodeExporter").path("enabledInBroker").asBoolean(false));
        }
        l.put("broker_endpoint_index", index);
      } else {
        l.put("node_type", "controller");
        l.put("controller_endpoint_index", index);
      }
      targets.add(l.address(endpoint, port).build());
      index++;
    }
  }

  private static MetaLabels labels(JsonNode c, JsonNode n) {
    JsonNode provisioned = c.path("provisioned");
    JsonNode software = provisioned.path("currentBrokerSoftwareInfo");
    JsonNode jmx = provisioned.path("openMonitoring").path("prometheus").path("jmxExporter");
    MetaLabels l = new MetaLabels("__meta_msk_");
    l.put("cluster_name", c.path("clusterName"));
    l.put("cluster_arn", c.path("clusterArn"));
    l.put("cluster_state", c.path("state"));
    l.put("cluster_type", c.path("clusterType"));
    l.put("cluster_version", c.path("currentVersion"));
    l.put("cluster_kafka_version", software.path("kafkaVersion"));
    l.put("cluster_configuration_arn", software.path("configurationArn"));
    l.put("cluster_configuration_revision", software.path("configurationRevision"));
    if (jmx.isObject()) {
      l.put("cluster_jmx_exporter_enabled", jmx.path("enabledInBroker").asBoolean(false));
    }
    l.keyed("cluster_tag_", c.path("tags"));
    l.put("node_arn", n.path("nodeARN"));
    l.put("node_added_time", n.path("addedToClusterTime"));
    l.put("node_instance_type", n.path("instanceType"));
    return l;
  }
}
