package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.w3c.dom.Element;

/** The nodes of cache clusters, and the endpoints of serverless caches, in one region. */
final class ElastiCacheNodes implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(ElastiCacheNodes.class.getName());
  private static final String VERSION = "2015-02-02";
  private static final AwsFields FIELDS = new AwsFields("elasticache.txt");
  private static final String CLUSTER = "cache_cluster_";
  private static final String SERVERLESS = "serverless_cache_";

  private final AwsApi api;
  private final List<String> arns;

  ElastiCacheNodes(AwsApi api, List<String> arns) {
    this.api = api;
    this.arns = arns;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<String> serverless = new ArrayList<>();
    List<String> clusters = new ArrayList<>();
    for (String arn : arns) {
      String[] parts = arn.split(":");
      if (parts.length < 7) {
        LOG.log(Level.WARNING, "elasticache: \"{0}\" is not an ARN and is skipped", arn);
      } else if (parts[5].equals("serverlesscache")) {
        serverless.add(parts[6]);
      } else if (parts[5].equals("replicationgroup")) {
        clusters.add(parts[6]);
      }
    }
    List<Labels> targets =
        new ArrayList<>(
            api.each(
                found("DescribeServerlessCaches", "ServerlessCacheName", serverless, "NextToken"),
                this::serverless));
    api.each(
            found("DescribeCacheClusters", "CacheClusterId", clusters, "Marker"),
            c -> {
              List<Labels> nodes = new ArrayList<>();
              addNodes(nodes, c);
              return nodes;
            })
        .forEach(targets::addAll);
    return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
  }

  private List<Element> found(String action, String key, List<String> ids, String mark)
      throws IOException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>();
    if (mark.equals("Marker")) {
      p.put("MaxRecords", "100");
      p.put("ShowCacheNodeInfo", "true");
    } else {
      p.put("MaxResults", "50");
    }
    String list = action.substring("Describe".length());
    if (ids.isEmpty()) {
      return AwsFields.all(api, action, VERSION, p, mark, list);
    }
    List<Element> out = new ArrayList<>();
    api.each(
            ids,
            id -> {
              Map<String, String> one = new LinkedHashMap<>(p);
              one.put(key, id);
              return AwsFields.all(api, action, VERSION, one, mark, list);
            })
        .forEach(out::addAll);
    return out;
  }

  private void addTags(MetaLabels l, String prefix, Element of)
      throws IOException, InterruptedException {
    String arn = XmlReader.text(of, "ARN");
    if (!arn.isEmpty()) {
      Element tags = api.query("ListTagsForResource", VERSION, Map.of("ResourceName", arn));
      AwsFields.addTags(
          l,
          "__meta_elasticache_" + prefix + "tag_",
          XmlReader.child(tags, "ListTagsForResourceResult", "TagList"));
    }
  }

  private static void numbered(MetaLabels l, String name, Element of, String list) {
    int i = 0;
    for (Element e : XmlReader.children(XmlReader.child(of, list))) {
      l.put(name + "_" + i++, XmlReader.text(e));
    }
  }

  private Labels serverless(Element c) throws IOException, InterruptedException {
    MetaLabels l = new MetaLabels("__meta_elasticache_");
    l.put("deployment_option", "serverless");
    FIELDS.add(l, "cache", c);
    numbered(l, SERVERLESS + "security_group_id", c, "SecurityGroupIds");
    numbered(l, SERVERLESS + "subnet_id", c, "SubnetIds");
    addTags(l, SERVERLESS, c);
    address(l, c);
    return l.build();
  }

  private static void address(MetaLabels l, Element of) {
    String host = XmlReader.text(of, "Endpoint", "Address");
    String port = XmlReader.text(of, "Endpoint", "Port");
    if (!host.isEmpty() && !port.isEmpty()) {
      l.address(MetaLabels.hostPort(host, port));
    }
  }

  private void addNodes(List<Labels> targets, Element c) throws IOException, InterruptedException {
    MetaLabels common = new MetaLabels("__meta_elasticache_");
    common.put("deployment_option", "node");
    FIELDS.add(common, "cluster", c);
    int i = 0;
    for (Element d : XmlReader.children(XmlReader.child(c, "LogDeliveryConfigurations"))) {
      String prefix = CLUSTER + "log_delivery_configuration_";
      common.put(prefix + "destination_type_" + i, XmlReader.text(d, "DestinationType"));
      common.put(prefix + "log_format_" + i, XmlReader.text(d, "LogFormat"));
      common.put(prefix + "log_type_" + i, XmlReader.text(d, "LogType"));
      common.put(prefix + "status_" + i, XmlReader.text(d, "Status"));
      common.put(prefix + "message_" + i, XmlReader.text(d, "Message"));
      common.put(
          prefix + "log_group_" + i,
          XmlReader.text(d, "DestinationDetails", "CloudWatchLogsDetails", "LogGroup"));
      common.put(
          prefix + "delivery_stream_" + i,
          XmlReader.text(d, "DestinationDetails", "KinesisFirehoseDetails", "DeliveryStream"));
      i++;
    }
    i = 0;
    for (Element g : XmlReader.children(XmlReader.child(c, "SecurityGroups"))) {
      String prefix = CLUSTER + "security_group_membership_";
      common.put(prefix + "id_" + i, XmlReader.text(g, "SecurityGroupId"));
      common.put(prefix + "status_" + i, XmlReader.text(g, "Status"));
      i++;
    }
    addTags(common, CLUSTER, c);
    Labels shared = common.build();
    for (Element node : XmlReader.children(XmlReader.child(c, "CacheNodes"))) {
      MetaLabels l = new MetaLabels("__meta_elasticache_").setAll(shared.toMap());
      FIELDS.add(l, "node", node);
      address(l, node);
      targets.add(l.build());
    }
  }
}
