package dev.tethys.collect.discovery;

import dev.tethys.collect.discovery.aws.Aws;
import dev.tethys.collect.discovery.azure.Azure;
import dev.tethys.collect.discovery.consul.ConsulAgentDiscovery;
import dev.tethys.collect.discovery.consul.ConsulDiscovery;
import dev.tethys.collect.discovery.digitalocean.DigitalOcean;
import dev.tethys.collect.discovery.docker.DockerContainers;
import dev.tethys.collect.discovery.docker.DockerSwarm;
import dev.tethys.collect.discovery.eureka.Eureka;
import dev.tethys.collect.discovery.gce.Gce;
import dev.tethys.collect.discovery.hetzner.Hetzner;
import dev.tethys.collect.discovery.ionos.Ionos;
import dev.tethys.collect.discovery.kubernetes.KubernetesDiscovery;
import dev.tethys.collect.discovery.kuma.Kuma;
import dev.tethys.collect.discovery.linode.Linode;
import dev.tethys.collect.discovery.marathon.Marathon;
import dev.tethys.collect.discovery.nomad.Nomad;
import dev.tethys.collect.discovery.oci.Oci;
import dev.tethys.collect.discovery.openstack.OpenStack;
import dev.tethys.collect.discovery.outscale.Outscale;
import dev.tethys.collect.discovery.ovhcloud.OvhCloud;
import dev.tethys.collect.discovery.puppetdb.PuppetDb;
import dev.tethys.collect.discovery.scaleway.Scaleway;
import dev.tethys.collect.discovery.stackit.Stackit;
import dev.tethys.collect.discovery.triton.Triton;
import dev.tethys.collect.discovery.uyuni.Uyuni;
import dev.tethys.collect.discovery.vultr.Vultr;
import dev.tethys.collect.discovery.zookeeper.ZooKeeperDiscovery;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The {@code static_configs} and {@code *_sd_configs} keys that every user of discovery has inline:
 * the one list of mechanisms there are.
 */
public final class Discoveries {
  /** Mechanisms with their own class. */
  private static final List<Mechanism> MECHANISMS =
      List.of(
          Aws.AWS,
          Azure.MECHANISM,
          ConsulDiscovery.MECHANISM,
          ConsulAgentDiscovery.MECHANISM,
          DigitalOcean.MECHANISM,
          DockerContainers.MECHANISM,
          DockerSwarm.MECHANISM,
          Aws.EC2,
          Aws.ECS,
          Aws.ELASTICACHE,
          Eureka.MECHANISM,
          Gce.MECHANISM,
          Hetzner.MECHANISM,
          Ionos.MECHANISM,
          KubernetesDiscovery.MECHANISM,
          Kuma.MECHANISM,
          Aws.LIGHTSAIL,
          Linode.MECHANISM,
          Marathon.MECHANISM,
          Aws.MSK,
          ZooKeeperDiscovery.NERVE,
          Nomad.MECHANISM,
          Oci.MECHANISM,
          OpenStack.MECHANISM,
          Outscale.MECHANISM,
          OvhCloud.MECHANISM,
          PuppetDb.MECHANISM,
          Aws.RDS,
          Scaleway.MECHANISM,
          ZooKeeperDiscovery.SERVERSET,
          Stackit.MECHANISM,
          Triton.MECHANISM,
          Uyuni.MECHANISM,
          Vultr.MECHANISM);

  /** For inclusion in the section of a job that discovers targets. */
  public static final Section SECTION =
      new Section("service_discovery", "Service discovery mechanisms that provide targets.");

  private static final Key<List<TargetGroup>> STATIC =
      SECTION.key("static_configs", TargetGroups.TYPE, List.of(), "Statically configured targets.");
  private static final Key<List<FileConfig>> FILE =
      SECTION.key("file_sd_configs", Type.list(FileConfig.TYPE), List.of(), "Targets from files.");
  private static final Key<List<HttpConfig>> HTTP =
      SECTION.key(
          "http_sd_configs", Type.list(HttpConfig.TYPE), List.of(), "Targets from HTTP servers.");
  private static final Key<List<DnsConfig>> DNS =
      SECTION.key("dns_sd_configs", Type.list(DnsConfig.TYPE), List.of(), "Targets from DNS.");

  private static final List<Key<List<DiscoveryConfig>>> LISTS = new ArrayList<>();

  static {
    for (Mechanism m : MECHANISMS) {
      LISTS.add(SECTION.key(m.name() + "_sd_configs", Type.list(m.type()), List.of(), m.doc()));
    }
  }

  private Discoveries() {}

  /**
   * Reads the keys out of a map that also has others.
   *
   * @throws dev.tethys.config.ConfigException when one is wrong
   */
  public static List<DiscoveryConfig> read(YamlObject o) {
    return read(o, true);
  }

  /**
   * The same.
   *
   * @param finalAddresses whether nothing changes addresses any more, so that they must be right
   */
  public static List<DiscoveryConfig> read(YamlObject o, boolean finalAddresses) {
    List<DiscoveryConfig> out = new ArrayList<>();
    out.addAll(o.get(DNS));
    out.addAll(o.get(FILE));
    out.addAll(o.get(HTTP));
    LISTS.forEach(list -> out.addAll(o.get(list)));
    YamlNode at = o.at(STATIC);
    List<TargetGroup> groups = o.get(STATIC);
    if (at != null && !groups.isEmpty()) {
      if (finalAddresses) {
        checkAddresses(at, groups);
      }
      List<TargetGroup> numbered = new ArrayList<>();
      for (TargetGroup g : groups) {
        numbered.add(new TargetGroup(String.valueOf(numbered.size()), g.targets(), g.labels()));
      }
      out.add(new StaticConfig(numbered));
    }
    return List.copyOf(out);
  }

  private static void checkAddresses(YamlNode at, List<TargetGroup> groups) {
    for (int i = 0; i < groups.size(); i++) {
      for (Labels t : groups.get(i).targets()) {
        String address = t.get(TargetGroups.ADDRESS);
        if (address.contains("/")) {
          throw at.items()
              .get(i)
              .error(
                  "\""
                      + address
                      + "\" is not a valid hostname: a target is host:port, without scheme and path"
                      + " (those are the keys scheme and metrics_path)");
        }
      }
    }
  }

  /** Adds the keys to a tree to be written. */
  public static void addTo(Map<String, @Nullable Object> m, List<DiscoveryConfig> configs) {
    Map<String, List<Object>> lists = new LinkedHashMap<>();
    for (DiscoveryConfig c : configs) {
      if (c instanceof StaticConfig) {
        m.putAll(c.tree());
      } else {
        lists.computeIfAbsent(c.mechanism() + "_sd_configs", k -> new ArrayList<>()).add(c.tree());
      }
    }
    m.putAll(lists);
  }
}
