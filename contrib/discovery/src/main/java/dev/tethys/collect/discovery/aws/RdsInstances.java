package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.Filter;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;

/** The instances of database clusters in one region. */
final class RdsInstances implements PollingDiscovery.Source {
  private static final String VERSION = "2014-10-31";
  private static final AwsFields FIELDS = new AwsFields("rds.txt");

  private final AwsApi api;
  private final List<String> clusters;
  private final List<Filter> filters;
  private final long port;

  RdsInstances(AwsApi api, List<String> clusters, List<Filter> filters, long port) {
    this.api = api;
    this.clusters = clusters;
    this.filters = filters;
    this.port = port;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Element> found = new ArrayList<>();
    api.each(
            clusters,
            arn -> {
              List<Element> one = clusters(Map.of("MaxRecords", "100", "DBClusterIdentifier", arn));
              if (one.isEmpty()) {
                throw new IOException("rds: no DB cluster found for ARN " + arn);
              }
              return one;
            })
        .forEach(found::addAll);
    if (clusters.isEmpty()) {
      found = clusters(Map.of("MaxRecords", "100"));
    }
    List<Labels> targets = new ArrayList<>();
    api.each(found, this::targets).forEach(targets::addAll);
    return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
  }

  private List<Labels> targets(Element cluster) throws IOException, InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>();
    parameters.put("MaxRecords", "100");
    add(parameters, 1, "db-cluster-id", List.of(XmlReader.text(cluster, "DBClusterArn")));
    for (int i = 0; i < filters.size(); i++) {
      add(parameters, i + 2, filters.get(i).name(), filters.get(i).values());
    }
    List<Labels> targets = new ArrayList<>();
    for (Element i :
        AwsFields.all(api, "DescribeDBInstances", VERSION, parameters, "Marker", "DBInstances")) {
      targets.add(target(cluster, i));
    }
    return targets;
  }

  private List<Element> clusters(Map<String, String> parameters)
      throws IOException, InterruptedException {
    return AwsFields.all(api, "DescribeDBClusters", VERSION, parameters, "Marker", "DBClusters");
  }

  private static void add(Map<String, String> to, int n, String name, List<String> values) {
    to.put("Filters.Filter." + n + ".Name", name);
    for (int i = 0; i < values.size(); i++) {
      to.put("Filters.Filter." + n + ".Values.Value." + (i + 1), values.get(i));
    }
  }

  private Labels target(Element cluster, Element instance) {
    MetaLabels l = new MetaLabels("__meta_rds_");
    FIELDS.add(l, "cluster", cluster);
    AwsFields.addTags(l, "__meta_rds_cluster_tag_", XmlReader.child(cluster, "TagList"));
    FIELDS.add(l, "instance", instance);
    AwsFields.addTags(l, "__meta_rds_instance_tag_", XmlReader.child(instance, "TagList"));
    String id = XmlReader.text(instance, "DBInstanceIdentifier");
    for (Element m : XmlReader.children(XmlReader.child(cluster, "DBClusterMembers"))) {
      if (XmlReader.text(m, "DBInstanceIdentifier").equals(id)) {
        l.put("instance_is_cluster_writer", XmlReader.text(m, "IsClusterWriter"));
      }
    }
    String host = XmlReader.text(instance, "Endpoint", "Address");
    if (!host.isEmpty() && !XmlReader.text(instance, "Endpoint", "Port").isEmpty()) {
      l.address(host, port);
    }
    return l.build();
  }
}
