package dev.tethys.collect.discovery.aws;

import dev.tethys.collect.discovery.Filter;
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
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/** The instances of EC2 in one region. */
final class Ec2Instances implements PollingDiscovery.Source {
  static final String VERSION = "2016-11-15";

  private static final System.Logger LOG = JulLogger.of(Ec2Instances.class.getName());

  private final AwsApi api;
  private final List<Filter> filters;
  private final long port;
  private @Nullable Map<String, String> zoneIds;

  Ec2Instances(AwsApi api, List<Filter> filters, long port) {
    this.api = api;
    this.filters = filters;
    this.port = port;
  }

  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>();
    for (int i = 0; i < filters.size(); i++) {
      parameters.put("Filter." + (i + 1) + ".Name", filters.get(i).name());
      List<String> values = filters.get(i).values();
      for (int j = 0; j < values.size(); j++) {
        parameters.put("Filter." + (i + 1) + ".Value." + (j + 1), values.get(j));
      }
    }
    if (zoneIds == null) {
      try {
        zoneIds = zoneIds();
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "availability zones are unknown: {0}", e.getMessage());
      }
    }
    List<Labels> targets = new ArrayList<>();
    for (Element page : pages(api, "DescribeInstances", parameters)) {
      for (Element r : XmlReader.children(XmlReader.child(page, "reservationSet"), "item")) {
        String owner = XmlReader.text(r, "ownerId");
        for (Element i : XmlReader.children(XmlReader.child(r, "instancesSet"), "item")) {
          Labels l = target(i, owner);
          if (l != null) {
            targets.add(l);
          }
        }
      }
    }
    return List.of(new TargetGroup(api.region(), targets, Labels.EMPTY));
  }

  /** Fetches all pages of an action. */
  static List<Element> pages(AwsApi api, String action, Map<String, String> parameters)
      throws IOException, InterruptedException {
    Map<String, String> p = new LinkedHashMap<>(parameters);
    List<Element> out = new ArrayList<>();
    for (int page = 0; page < RestClient.MAX_PAGES; page++) {
      Element e = api.query(action, VERSION, p);
      out.add(e);
      String next = XmlReader.text(e, "nextToken");
      if (next.isEmpty()) {
        return out;
      }
      p.put("NextToken", next);
    }
    throw new IOException("ec2: " + action + " has more than " + RestClient.MAX_PAGES + " pages");
  }

  private Map<String, String> zoneIds() throws IOException, InterruptedException {
    Map<String, String> out = new HashMap<>();
    Element answer = api.query("DescribeAvailabilityZones", VERSION, Map.of());
    for (Element z : XmlReader.children(XmlReader.child(answer, "availabilityZoneInfo"), "item")) {
      out.put(XmlReader.text(z, "zoneName"), XmlReader.text(z, "zoneId"));
    }
    return out;
  }

  private @Nullable Labels target(Element i, String owner)
      throws IOException, InterruptedException {
    MetaLabels l = new MetaLabels("__meta_ec2_");
    String vpc = XmlReader.text(i, "vpcId");
    List<String> primary = new ArrayList<>();
    List<String> all = new ArrayList<>();
    Set<String> subnets = new LinkedHashSet<>();
    if (!vpc.isEmpty()) {
      for (Element n : XmlReader.children(XmlReader.child(i, "networkInterfaceSet"), "item")) {
        String subnet = XmlReader.text(n, "subnetId");
        if (!subnet.isEmpty()) {
          subnets.add(subnet);
          addAddresses(n, primary, all);
        }
      }
    }
    String v6 =
        java.util.stream.Stream.concat(primary.stream(), all.stream())
            .filter(s -> !s.isEmpty())
            .findFirst()
            .orElse("");
    String ip = XmlReader.text(i, "privateIpAddress");
    if (ip.isEmpty() && v6.isEmpty()) {
      return null;
    }
    l.address(ip.isEmpty() ? v6 : ip, port);
    l.put("instance_id", XmlReader.text(i, "instanceId"));
    l.put("region", api.region());
    l.put("owner_id", owner);
    l.put("default_ipv6_address", v6);
    l.put("private_ip", ip);
    l.put("private_dns_name", XmlReader.text(i, "privateDnsName"));
    l.put("platform", XmlReader.text(i, "platform"));
    String open = XmlReader.text(i, "ipAddress");
    if (!open.isEmpty()) {
      l.put("public_ip", open);
      l.put("public_dns_name", XmlReader.text(i, "dnsName"));
    }
    l.list("primary_ipv6_addresses", primary, ",");
    l.list("ipv6_addresses", all, ",");
    l.put("ami", XmlReader.text(i, "imageId"));
    String zone = XmlReader.text(i, "placement", "availabilityZone");
    l.put("availability_zone", zone);
    Map<String, String> ids = zoneIds;
    l.put("availability_zone_id", ids == null ? "" : ids.getOrDefault(zone, ""));
    l.put("instance_state", XmlReader.text(i, "instanceState", "name"));
    l.put("instance_type", XmlReader.text(i, "instanceType"));
    l.put("instance_lifecycle", XmlReader.text(i, "instanceLifecycle"));
    l.put("architecture", XmlReader.text(i, "architecture"));
    if (!vpc.isEmpty()) {
      l.put("vpc_id", vpc);
      l.put("primary_subnet_id", XmlReader.text(i, "subnetId"));
      l.put("subnet_id", "," + String.join(",", subnets) + ",");
    }
    for (Element t : XmlReader.children(XmlReader.child(i, "tagSet"), "item")) {
      l.keyed("tag_", XmlReader.text(t, "key"), XmlReader.text(t, "value"));
    }
    return l.build();
  }

  /**
   * Adds addresses; primary addresses have the index of their device, with empty entries between
   * them.
   */
  private static void addAddresses(Element n, List<String> primary, List<String> all)
      throws IOException {
    for (Element a : XmlReader.children(XmlReader.child(n, "ipv6AddressesSet"), "item")) {
      String address = XmlReader.text(a, "ipv6Address");
      all.add(address);
      if (XmlReader.text(a, "isPrimaryIpv6").equals("true")) {
        String device = XmlReader.text(n, "attachment", "deviceIndex");
        if (!device.matches("[0-9]{1,3}")) {
          throw new IOException("ec2: \"" + device + "\" is not the index of a device");
        }
        while (primary.size() <= Integer.parseInt(device)) {
          primary.add("");
        }
        primary.set(Integer.parseInt(device), address);
      }
    }
  }
}
