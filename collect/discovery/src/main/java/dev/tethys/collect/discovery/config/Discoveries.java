package dev.tethys.collect.discovery.config;

import dev.tethys.collect.discovery.DiscoveryConfig;
import dev.tethys.collect.discovery.DnsConfig;
import dev.tethys.collect.discovery.FileConfig;
import dev.tethys.collect.discovery.HttpConfig;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MechanismProvider;
import dev.tethys.collect.discovery.StaticConfig;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.collect.discovery.TargetGroups;
import dev.tethys.collect.discovery.consul.ConsulAgentDiscovery;
import dev.tethys.collect.discovery.consul.ConsulDiscovery;
import dev.tethys.collect.discovery.docker.DockerContainers;
import dev.tethys.collect.discovery.docker.DockerSwarm;
import dev.tethys.collect.discovery.kubernetes.KubernetesDiscovery;
import dev.tethys.config.Contributions;
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
import java.util.ServiceLoader;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The {@code static_configs} and {@code *_sd_configs} keys that every user of discovery includes
 * inline: the mechanisms of the core and of {@code contrib} modules.
 */
public final class Discoveries {
  private static final String KEY = "_sd_configs";

  /** Mechanisms of the core with their own class. */
  private static final List<Mechanism> CORE =
      List.of(
          ConsulDiscovery.MECHANISM,
          ConsulAgentDiscovery.MECHANISM,
          DockerContainers.MECHANISM,
          DockerSwarm.MECHANISM,
          KubernetesDiscovery.MECHANISM);

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
    Map<String, Mechanism> mechanisms = new TreeMap<>();
    CORE.forEach(m -> mechanisms.put(m.name(), m));
    for (MechanismProvider p : ServiceLoader.load(MechanismProvider.class)) {
      p.mechanisms().forEach(m -> mechanisms.put(m.name(), m));
    }
    for (Mechanism m : mechanisms.values()) {
      LISTS.add(SECTION.key(m.name() + KEY, Type.list(m.type()), List.of(), m.doc()));
    }
    for (String name : Contributions.names(Contributions.DISCOVERY)) {
      if (!mechanisms.containsKey(name)) {
        LISTS.add(SECTION.key(name + KEY, missing(name), List.of(), "Only in contrib."));
      }
    }
  }

  private static Type<List<DiscoveryConfig>> missing(String name) {
    return Type.of(
        "contrib",
        List.of(),
        n -> {
          throw n.error(String.valueOf(Contributions.refusal(Contributions.DISCOVERY, name)));
        });
  }

  private Discoveries() {}

  /**
   * Reads the keys out of a map that also has others.
   *
   * @throws dev.tethys.config.ConfigException if one is invalid
   */
  public static List<DiscoveryConfig> read(YamlObject o) {
    return read(o, true);
  }

  /**
   * Reads the same keys.
   *
   * @param finalAddresses whether addresses are not changed afterwards, so that they must be valid
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
