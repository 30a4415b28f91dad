package dev.tethys.collect.discovery.oci;

import dev.tethys.collect.discovery.DiscoveryContext;
import dev.tethys.collect.discovery.Mechanism;
import dev.tethys.collect.discovery.MetaLabels;
import dev.tethys.collect.discovery.PollingDiscovery;
import dev.tethys.collect.discovery.RestClient;
import dev.tethys.collect.discovery.Settings;
import dev.tethys.collect.discovery.TargetGroup;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.cloud.OciIdentity;
import dev.tethys.web.cloud.OciInstanceIdentity;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code oci_sd_configs}: the compute instances of compartments in Oracle's cloud. */
public final class Oci implements PollingDiscovery.Source {
  private static final System.Logger LOG = JulLogger.of(Oci.class.getName());
  private static final String API_KEY = "api_key";
  private static final String INSTANCE_PRINCIPAL = "instance_principal";

  private static final Section SECTION =
      new Section("oci_sd_config", "Targets from compute instances of Oracle's cloud.");
  private static final Key<String> AUTH =
      SECTION.key(
          "auth", Type.STRING, API_KEY, "Authentication method: api_key or instance_principal.");
  private static final Key<String> TENANCY =
      SECTION.key("tenancy", Type.STRING, "", "OCID of the tenancy; required with api_key.");
  private static final Key<String> USER =
      SECTION.key("user", Type.STRING, "", "OCID of the user; required with api_key.");
  private static final Key<String> FINGERPRINT =
      SECTION.key(
          "fingerprint", Type.STRING, "", "Fingerprint of the user's key; required with api_key.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "The user's key as PEM; required with api_key.");
  private static final Key<Secret> KEY_PASSPHRASE =
      SECTION.key("key_passphrase", Type.SECRET, Secret.NONE, "Passphrase of the key.");
  private static final Key<String> KEY_PASSPHRASE_FILE =
      SECTION.key("key_passphrase_file", Type.PATH, "", "File that holds the passphrase.");
  private static final Key<String> REGION =
      SECTION.key("region", Type.STRING, "", "Region, such as us-ashburn-1; required.");
  private static final Key<List<String>> COMPARTMENTS =
      SECTION.key(
          "compartments",
          Type.list(Type.STRING),
          List.of(),
          "OCIDs of compartments; if empty, all active compartments of the tenancy.");

  static {
    SECTION.include(HttpClientConfig.SECTION);
  }

  private static final Key<Long> PORT = Mechanism.port(SECTION, 80);
  private static final Key<Duration> REFRESH_INTERVAL =
      Mechanism.refreshInterval(SECTION, Duration.ofSeconds(60));

  public static final Mechanism MECHANISM =
      Mechanism.polling("oci", SECTION, REFRESH_INTERVAL, Oci::check, Oci::new);

  private static void check(YamlObject o, Settings s) {
    if (s.get(REGION).isEmpty()) {
      throw o.error("oci_sd: region is required");
    }
    switch (s.get(AUTH)) {
      case API_KEY -> {
        for (Key<String> k : List.of(TENANCY, USER, FINGERPRINT, KEY_FILE)) {
          if (s.get(k).isEmpty()) {
            throw o.error("oci_sd: api_key auth requires " + k.name());
          }
        }
        if (!s.get(KEY_PASSPHRASE).isEmpty() && !s.get(KEY_PASSPHRASE_FILE).isEmpty()) {
          throw o.error(
              "oci_sd: at most one of key_passphrase and key_passphrase_file must be configured");
        }
      }
      case INSTANCE_PRINCIPAL -> {
        boolean none =
            s.get(KEY_PASSPHRASE).isEmpty()
                && List.of(TENANCY, USER, FINGERPRINT, KEY_FILE, KEY_PASSPHRASE_FILE).stream()
                    .allMatch(k -> s.get(k).isEmpty());
        if (!none) {
          throw o.error(
              "oci_sd: instance_principal auth must not have tenancy, user, fingerprint, key_file,"
                  + " key_passphrase, or key_passphrase_file set");
        }
      }
      default ->
          throw o.error(
              AUTH,
              "oci_sd: unknown auth method \""
                  + s.get(AUTH)
                  + "\", expected \"api_key\" or \"instance_principal\"");
    }
    List<String> compartments = s.get(COMPARTMENTS);
    if (compartments.contains("")) {
      throw o.error(
          COMPARTMENTS, "oci_sd: compartments[" + compartments.indexOf("") + "] must not be empty");
    }
  }

  private final Settings settings;
  private final OciApi api;

  private Oci(Settings s, DiscoveryContext context) {
    this.settings = s;
    OciIdentity identity =
        s.get(AUTH).equals(API_KEY)
            ? new OciIdentity.ApiKey(
                s.get(TENANCY),
                s.get(USER),
                s.get(FINGERPRINT),
                s.get(KEY_FILE),
                s.get(KEY_PASSPHRASE).value(),
                s.get(KEY_PASSPHRASE_FILE))
            : new OciInstanceIdentity(context.dependencies(s.client()));
    this.api = new OciApi(new RestClient(context, s.client()), identity, s.get(REGION), context);
  }

  /** Lists the targets: a failed list keeps the last targets; a failed instance is omitted. */
  @Override
  public List<TargetGroup> refresh() throws IOException, InterruptedException {
    List<Labels> targets = new ArrayList<>();
    String tenancy = api.tenancy();
    for (String compartment : compartments(tenancy)) {
      for (JsonNode instance :
          api.list("iaas", "/instances?compartmentId=" + RestClient.encoded(compartment))) {
        Labels target = target(instance, tenancy);
        if (target != null) {
          targets.add(target);
        }
      }
    }
    return List.of(new TargetGroup("OCI", targets, Labels.EMPTY));
  }

  /**
   * Returns all compartments reachable from the tenancy; the search stops at compartments that may
   * not be listed.
   */
  private Set<String> compartments(String tenancy) throws IOException, InterruptedException {
    if (!settings.get(COMPARTMENTS).isEmpty()) {
      return new LinkedHashSet<>(settings.get(COMPARTMENTS));
    }
    Set<String> out = new LinkedHashSet<>();
    Deque<String> open = new ArrayDeque<>(List.of(tenancy));
    while (!open.isEmpty()) {
      String c = open.removeFirst();
      if (!out.add(c)) {
        continue;
      }
      try {
        String within =
            "/compartments?compartmentId="
                + RestClient.encoded(c)
                + "&accessLevel=ACCESSIBLE&compartmentIdInSubtree=false";
        for (JsonNode child : api.list("identity", within)) {
          String id = child.path("id").asString("");
          if (!id.isEmpty() && child.path("lifecycleState").asString("").equals("ACTIVE")) {
            open.addLast(id);
          }
        }
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "oci discovery cannot list the compartments within {0}, which are skipped: {1}",
            c,
            e.getMessage());
      }
    }
    return out;
  }

  private @Nullable Labels target(JsonNode i, String tenancy) throws InterruptedException {
    String id = i.path("id").asString("");
    String compartment = i.path("compartmentId").asString("");
    if (id.isEmpty() || compartment.isEmpty()) {
      LOG.log(Level.WARNING, "oci discovery skips an instance without OCIDs");
      return null;
    }
    JsonNode vnic;
    try {
      vnic = primaryVnic(compartment, id);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "oci discovery cannot find the address of {0}, which is skipped: {1}",
          id,
          e.getMessage());
      return null;
    }
    String privateIp = vnic == null ? "" : vnic.path("privateIp").asString("");
    String publicIp = vnic == null ? "" : vnic.path("publicIp").asString("");
    List<String> ipv6 = new ArrayList<>();
    if (vnic != null) {
      vnic.path("ipv6Addresses").forEach(a -> ipv6.add(a.asString("")));
      Collections.sort(ipv6); // they come in any order
    }
    String ipv4 = privateIp.isEmpty() ? publicIp : privateIp;
    String address = ipv4.isEmpty() && !ipv6.isEmpty() ? ipv6.getFirst() : ipv4;
    if (vnic == null || address.isEmpty()) {
      LOG.log(Level.DEBUG, "oci discovery skips {0}, which has no address", id);
      return null;
    }
    MetaLabels l = new MetaLabels("__meta_oci_");
    l.address(address, settings.get(PORT));
    l.put("instance_id", id);
    l.put("instance_name", i.path("displayName"));
    l.put("instance_state", i.path("lifecycleState"));
    l.put("instance_shape", i.path("shape"));
    l.put("availability_domain", i.path("availabilityDomain"));
    l.put("fault_domain", i.path("faultDomain"));
    l.put("region", i.path("region"));
    l.put("tenancy_id", tenancy);
    l.put("compartment_id", compartment);
    l.put("image_id", i.path("imageId"));
    l.put("vnic_id", vnic.path("id"));
    l.put("private_ip", privateIp);
    l.put("public_ip", publicIp);
    l.put("hostname_label", vnic.path("hostnameLabel"));
    l.put("ipv6_addresses", ipv6.isEmpty() ? "" : "," + String.join(",", ipv6) + ",");
    l.keyed("tag_", i.path("freeformTags"));
    i.path("definedTags")
        .properties()
        .forEach(
            space ->
                space
                    .getValue()
                    .properties()
                    .forEach(
                        tag ->
                            l.keyed(
                                "defined_tag_" + MetaLabels.sanitized(space.getKey()) + "_",
                                tag.getKey(),
                                text(tag.getValue()))));
    return l.build();
  }

  /** Numbers as Go writes them: without an exponent, and without a fraction of zero. */
  private static String text(JsonNode value) {
    return value.isNumber()
        ? value.decimalValue().signum() == 0
            ? "0"
            : value.decimalValue().stripTrailingZeros().toPlainString()
        : MetaLabels.text(value);
  }

  /** Returns the primary VNIC; each lookup is a call, so the search stops at the first match. */
  private @Nullable JsonNode primaryVnic(String compartment, String instance)
      throws IOException, InterruptedException {
    String attachments =
        "/vnicAttachments?compartmentId="
            + RestClient.encoded(compartment)
            + "&instanceId="
            + RestClient.encoded(instance);
    for (JsonNode a : api.list("iaas", attachments)) {
      String id = a.path("vnicId").asString("");
      if (!id.isEmpty() && a.path("lifecycleState").asString("").equals("ATTACHED")) {
        JsonNode vnic = api.get("iaas", "/vnics/" + RestClient.encoded(id));
        if (vnic.path("isPrimary").asBoolean(false)) {
          return vnic;
        }
      }
    }
    return null;
  }
}
