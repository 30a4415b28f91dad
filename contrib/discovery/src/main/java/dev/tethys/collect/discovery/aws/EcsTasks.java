package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.cloud.XmlReader;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** The tasks of ECS clusters in one region, with EC2's data on their instances. */
final class EcsTasks implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(EcsTasks.class.getName());
  private static final String TARGET = "AmazonEC2ContainerServiceV20141113.";

  /** Maximum number of items in a call. */
  private static final int BATCH = 100;

  private static final int SERVICES = 10;
  private static final String INTERFACE = "ElasticNetworkInterface";

  /** A machine of EC2. */
  private record Machine(
      String privateIp, String publicIp, String subnet, String type, Map<String, String> tags) {}

  private final AwsApi api;
  private final AwsApi ec2;
  private final List<String> clusters;
  private final long port;

  EcsTasks(AwsApi api, List<String> clusters, long port) {
    this.api = api;
    this.ec2 = api.of("ec2");
    this.clusters = clusters;
    this.port = port;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<String> arns = clusters.isEmpty() ? list("ListClusters", "", "clusterArns") : clusters;
    List<Labels> targets = new ArrayList<>();
    for (JsonNode cluster :
        describe("DescribeClusters", "", "clusters", "clusters", arns, BATCH, true)) {
      try {
        add(targets, cluster);
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "ecs discovery skips cluster {0}: {1}",
            cluster.path("clusterArn").asString(""),
            e.getMessage());
      }
    }
    return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
  }

  private List<String> list(String action, String cluster, String field)
      throws IOException, InterruptedException {
    List<String> out = new ArrayList<>();
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("maxResults", BATCH);
    if (!cluster.isEmpty()) {
      body.put("cluster", cluster);
    }
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      JsonNode n = api.json(TARGET + action, body);
      out.addAll(MetaLabels.texts(n.path(field)));
      String next = n.path("nextToken").asString("");
      if (next.isEmpty()) {
        return out;
      }
      body.put("nextToken", next);
    }
    throw new IOException("ecs: " + action + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private List<JsonNode> describe(
      String action,
      String cluster,
      String asked,
      String field,
      List<String> arns,
      int batch,
      boolean tags)
      throws IOException, InterruptedException {
    List<Map<String, Object>> questions = new ArrayList<>();
    for (int i = 0; i < arns.size(); i += batch) {
      Map<String, Object> body = new LinkedHashMap<>();
      if (!cluster.isEmpty()) {
        body.put("cluster", cluster);
      }
      body.put(asked, arns.subList(i, Math.min(arns.size(), i + batch)));
      if (tags) {
        body.put("include", List.of("TAGS"));
      }
      questions.add(body);
    }
    List<JsonNode> out = new ArrayList<>();
    for (JsonNode answer : api.each(questions, body -> api.json(TARGET + action, body))) {
      answer.path(field).forEach(out::add);
    }
    return out;
  }

  private void add(List<Labels> targets, JsonNode cluster)
      throws IOException, InterruptedException {
    String arn = cluster.path("clusterArn").asString("");
    List<String> taskArns = list("ListTasks", arn, "taskArns");
    if (taskArns.isEmpty()) {
      return;
    }
    Map<String, JsonNode> services = new HashMap<>();
    for (JsonNode s :
        describe(
            "DescribeServices",
            arn,
            "services",
            "services",
            list("ListServices", arn, "serviceArns"),
            SERVICES,
            true)) {
      services.put(s.path("serviceName").asString(""), s);
    }
    List<JsonNode> tasks = describe("DescribeTasks", arn, "tasks", "tasks", taskArns, BATCH, true);
    Set<String> hosts = new LinkedHashSet<>();
    Set<String> interfaces = new LinkedHashSet<>();
    for (JsonNode t : tasks) {
      addIfAny(hosts, t.path("containerInstanceArn").asString(""));
      addIfAny(interfaces, detail(attachment(t), "networkInterfaceId"));
    }
    Map<String, String> instances = new HashMap<>();
    for (JsonNode c :
        describe(
            "DescribeContainerInstances",
            arn,
            "containerInstances",
            "containerInstances",
            List.copyOf(hosts),
            BATCH,
            false)) {
      instances.put(
          c.path("containerInstanceArn").asString(""), c.path("ec2InstanceId").asString(""));
    }
    Map<String, Machine> machines = machines(new TreeSet<>(instances.values()));
    Map<String, String> open = publicAddresses(interfaces);
    for (JsonNode t : tasks) {
      Labels l = target(cluster, services, t, instances, machines, open);
      if (l != null) {
        targets.add(l);
      }
    }
  }

  private static void addIfAny(Set<String> to, String s) {
    if (!s.isEmpty()) {
      to.add(s);
    }
  }

  private static JsonNode attachment(JsonNode task) {
    for (JsonNode a : task.path("attachments")) {
      if (a.path("type").asString("").equals(INTERFACE)) {
        return a;
      }
    }
    return MissingNode.getInstance();
  }

  private static String detail(JsonNode attachment, String name) {
    for (JsonNode d : attachment.path("details")) {
      if (d.path("name").asString("").equals(name)) {
        return d.path("value").asString("");
      }
    }
    return "";
  }

  private static Map<String, String> numbered(String name, Iterable<String> values) {
    Map<String, String> out = new LinkedHashMap<>();
    for (String v : values) {
      out.put(name + "." + (out.size() + 1), v);
    }
    return out;
  }

  private Map<String, Machine> machines(Set<String> ids) throws IOException, InterruptedException {
    Map<String, Machine> out = new HashMap<>();
    if (ids.isEmpty()) {
      return out;
    }
    for (Element page : Ec2Instances.pages(ec2, "DescribeInstances", numbered("InstanceId", ids))) {
      for (Element r : XmlReader.children(XmlReader.child(page, "reservationSet"), "item")) {
        for (Element i : XmlReader.children(XmlReader.child(r, "instancesSet"), "item")) {
          Map<String, String> tags = new LinkedHashMap<>();
          for (Element t : XmlReader.children(XmlReader.child(i, "tagSet"), "item")) {
            tags.put(XmlReader.text(t, "key"), XmlReader.text(t, "value"));
          }
          String ip = XmlReader.text(i, "privateIpAddress");
          if (!ip.isEmpty()) {
            out.put(
                XmlReader.text(i, "instanceId"),
                new Machine(
                    ip,
                    XmlReader.text(i, "ipAddress"),
                    XmlReader.text(i, "subnetId"),
                    XmlReader.text(i, "instanceType"),
                    tags));
          }
        }
      }
    }
    return out;
  }

  private Map<String, String> publicAddresses(Set<String> interfaces)
      throws IOException, InterruptedException {
    Map<String, String> out = new HashMap<>();
    if (interfaces.isEmpty()) {
      return out;
    }
    for (Element page :
        Ec2Instances.pages(
            ec2, "DescribeNetworkInterfaces", numbered("NetworkInterfaceId", interfaces))) {
      for (Element n : XmlReader.children(XmlReader.child(page, "networkInterfaceSet"), "item")) {
        out.put(
            XmlReader.text(n, "networkInterfaceId"), XmlReader.text(n, "association", "publicIp"));
      }
    }
    return out;
  }

  private @Nullable Labels target(
      JsonNode cluster,
      Map<String, JsonNode> services,
      JsonNode t,
      Map<String, String> instances,
      Map<String, Machine> machines,
      Map<String, String> open)
      throws IOException, InterruptedException {
    JsonNode attachment = attachment(t);
    String host = t.path("containerInstanceArn").asString("");
    String instance = instances.getOrDefault(host, "");
    Machine machine = machines.get(instance);
    MetaLabels l = new MetaLabels("__meta_ecs_");
    String ip;
    if (attachment.isObject()) {
      ip = detail(attachment, "privateIPv4Address");
      l.put("network_mode", "awsvpc");
      l.put("subnet_id", detail(attachment, "subnetId"));
      l.put("public_ip", open.getOrDefault(detail(attachment, "networkInterfaceId"), ""));
    } else {
      ip = machine == null ? "" : machine.privateIp;
      l.put("network_mode", host.isEmpty() ? "" : "bridge");
      l.put("subnet_id", machine == null ? "" : machine.subnet);
      l.put("public_ip", machine == null ? "" : machine.publicIp);
    }
    if (ip.isEmpty()) {
      return null;
    }
    l.put("ip_address", ip);
    l.put("region", api.region());
    l.put("cluster", cluster.path("clusterName"));
    l.put("cluster_arn", cluster.path("clusterArn"));
    l.put("task_group", t.path("group"));
    l.put("task_arn", t.path("taskArn"));
    l.put("task_definition", t.path("taskDefinitionArn"));
    l.put("availability_zone", t.path("availabilityZone"));
    l.put("desired_status", t.path("desiredStatus"));
    l.put("last_status", t.path("lastStatus"));
    l.put("health_status", t.path("healthStatus"));
    l.put("launch_type", t.path("launchType"));
    l.put("platform_family", t.path("platformFamily"));
    l.put("platform_version", t.path("platformVersion"));
    l.put("container_instance_arn", host);
    l.put("ec2_instance_id", instance);
    if (machine != null) {
      l.put("ec2_instance_type", machine.type);
      l.put("ec2_instance_private_ip", machine.privateIp);
      l.put("ec2_instance_public_ip", machine.publicIp);
      machine.tags.forEach((k, v) -> l.keyed("tag_ec2_", k, v));
    }
    addTags(l, "tag_cluster_", cluster);
    addTags(l, "tag_task_", t);
    String group = t.path("group").asString("");
    JsonNode service =
        group.startsWith("service:") ? services.get(group.substring("service:".length())) : null;
    if (service != null) {
      l.put("service", service.path("serviceName"));
      l.put("service_arn", service.path("serviceArn"));
      l.put("service_status", service.path("status"));
      addTags(l, "tag_service_", service);
    }
    return l.address(ip, port).build();
  }

  private static void addTags(MetaLabels l, String prefix, JsonNode of) {
    for (JsonNode t : of.path("tags")) {
      l.keyed(prefix, t.path("key").asString(""), t.path("value").asString(""));
    }
  }
}
