package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.web.cloud.XmlReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;

/**
 * Node of a cluster of ElastiCache.
 *
 * @param cluster replication group of the node, or its cluster if it is in none
 */
record ElastiCacheNode(
    String id,
    String region,
    String status,
    String zone,
    String host,
    int port,
    String engine,
    String version,
    String type,
    String cluster,
    Map<String, String> tags) {
  /** Nodes of a cluster of an answer. */
  static List<ElastiCacheNode> of(String region, Element cluster, Map<String, String> tags) {
    List<ElastiCacheNode> out = new ArrayList<>();
    String name = XmlReader.text(cluster, "CacheClusterId");
    String group = XmlReader.text(cluster, "ReplicationGroupId");
    for (Element n : XmlReader.children(XmlReader.child(cluster, "CacheNodes"))) {
      String zone = XmlReader.text(n, "CustomerAvailabilityZone");
      out.add(
          new ElastiCacheNode(
              region + "/" + name + "/" + XmlReader.text(n, "CacheNodeId"),
              region,
              XmlReader.text(n, "CacheNodeStatus"),
              zone.isEmpty() ? XmlReader.text(cluster, "PreferredAvailabilityZone") : zone,
              XmlReader.text(n, "Endpoint", "Address"),
              (int) Math.min(65_535, RdsInstance.number(n, "Endpoint", "Port")),
              XmlReader.text(cluster, "Engine"),
              XmlReader.text(cluster, "EngineVersion"),
              XmlReader.text(cluster, "CacheNodeType"),
              group.isEmpty() ? name : group,
              tags));
    }
    return out;
  }

  CloudDatabase database(String ipv4) {
    return new CloudDatabase(
        "aws_elasticache",
        id,
        cluster,
        CloudDatabase.engine(engine),
        engine,
        host,
        port,
        ipv4,
        tags);
  }

  /** Adds the metrics of the API. */
  void addTo(CloudMetrics all, String ipv4) {
    CloudMetrics.Instance m = all.of("ec_instance_id", id);
    m.gauge(
        "aws_elasticache_info",
        "Node of ElastiCache.",
        1,
        "region",
        region,
        "availability_zone",
        zone,
        "endpoint",
        host,
        "ipv4",
        ipv4,
        "port",
        port == 0 ? "" : Integer.toString(port),
        "engine",
        engine,
        "engine_version",
        version,
        "instance_type",
        type,
        "cluster_id",
        cluster);
    m.gauge("aws_elasticache_status", "Status of the node.", 1, "status", status);
  }
}
