package dev.tethys.collect.cloud.oci;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudEndpoints;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.TagFilters;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Compartments of Oracle Cloud whose databases are read. */
public record OciAccount(
    List<String> regions,
    List<String> compartments,
    Login login,
    TagFilters databaseFilters,
    TagFilters cacheFilters,
    boolean monitoring,
    boolean logs,
    Map<String, String> endpoints) {
  /**
   * API key of a user; all empty for the identity of the machine.
   *
   * @param passphraseFile empty if none
   */
  record Login(
      String tenancy,
      String user,
      String fingerprint,
      String keyFile,
      Secret passphrase,
      String passphraseFile) {
    boolean isMachine() {
      return user.isEmpty();
    }
  }

  private static final int MAX_COMPARTMENTS = 100;
  private static final int MAX_REGIONS = 40;

  private static final CloudEndpoints ENDPOINTS =
      new CloudEndpoints(
          OciCalls.MYSQL,
          OciCalls.POSTGRESQL,
          OciCalls.REDIS,
          OciCalls.TELEMETRY,
          OciCalls.LOGGING);

  private static final Section SECTION =
      new Section("oci", "Databases of Oracle Cloud: MySQL HeatWave, PostgreSQL, Cache.");
  private static final Key<List<String>> REGIONS =
      SECTION.required("regions", Type.list(Type.STRING), "Regions, such as us-ashburn-1.");
  private static final Key<List<String>> COMPARTMENTS =
      SECTION.required(
          "compartments",
          Type.list(Type.STRING),
          "OCIDs of the compartments; compartments within them are not included.");
  private static final Key<String> AUTH =
      SECTION.key(
          "auth",
          Type.oneOf("auth", List.of("api_key", "instance_principal")),
          "instance_principal",
          "Authentication: api_key, or instance_principal for the identity of the machine.");
  private static final Key<String> TENANCY =
      SECTION.key("tenancy", Type.STRING, "", "OCID of the tenancy; required with api_key.");
  private static final Key<String> USER =
      SECTION.key("user", Type.STRING, "", "OCID of the user; required with api_key.");
  private static final Key<String> FINGERPRINT =
      SECTION.key("fingerprint", Type.STRING, "", "Fingerprint of the key; with api_key.");
  private static final Key<String> KEY_FILE =
      SECTION.key("key_file", Type.PATH, "", "Key as PEM; required with api_key.");
  private static final Key<Secret> PASSPHRASE =
      SECTION.key("key_passphrase", Type.SECRET, Secret.NONE, "Passphrase of the key.");
  private static final Key<String> PASSPHRASE_FILE =
      SECTION.key("key_passphrase_file", Type.PATH, "", "File of the passphrase.");
  private static final Key<Map<String, String>> DB_FILTERS =
      SECTION.key(
          "db_tag_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Free-form tags of database systems, or of their primaries, with globs.");
  private static final Key<Map<String, String>> CACHE_FILTERS =
      SECTION.key(
          "cache_tag_filters",
          Type.map(Type.STRING),
          Map.of(),
          "Free-form tags of caches with globs.");
  private static final Key<Boolean> MONITORING =
      SECTION.key("monitoring", Type.BOOL, true, "Read machine metrics from Monitoring.");
  private static final Key<Boolean> LOGS =
      SECTION.key("logs", Type.BOOL, true, "Read service logs from Logging.");
  private static final Key<Map<String, String>> ENDPOINTS_KEY =
      SECTION.key(
          "endpoints", ENDPOINTS.type(), Map.of(), "URLs of services, for proxies and tests.");

  /** Type of the key {@code oci}. */
  public static final Type<OciAccount> TYPE = SECTION.type(OciAccount::read);

  private static OciAccount read(YamlObject o) {
    List<String> regions = distinct(o, REGIONS, MAX_REGIONS);
    for (String r : regions) {
      if (!r.matches("[a-z]{2}-[a-z0-9-]{3,30}-\\d{1,2}")) {
        throw o.error(REGIONS, "\"" + r + "\" is not a region, such as us-ashburn-1");
      }
    }
    List<String> compartments = distinct(o, COMPARTMENTS, MAX_COMPARTMENTS);
    for (String c : compartments) {
      if (!c.matches("ocid1\\.(?:compartment|tenancy)\\.[a-zA-Z0-9._-]{1,200}")) {
        throw o.error(COMPARTMENTS, "\"" + c + "\" is not the OCID of a compartment");
      }
    }
    boolean withKey = o.get(AUTH).equals("api_key");
    for (Key<String> k : List.of(TENANCY, USER, FINGERPRINT, KEY_FILE)) {
      if (withKey == o.get(k).isEmpty()) {
        throw o.error(
            k,
            k.name() + (withKey ? " is required with" : " must not be set without") + " api_key");
      }
    }
    if (!o.get(PASSPHRASE).isEmpty() && !o.get(PASSPHRASE_FILE).isEmpty()) {
      throw o.error("set only one of key_passphrase and key_passphrase_file");
    }
    return new OciAccount(
        regions,
        compartments,
        new Login(
            o.get(TENANCY),
            o.get(USER),
            o.get(FINGERPRINT),
            o.get(KEY_FILE),
            o.get(PASSPHRASE),
            o.get(PASSPHRASE_FILE)),
        TagFilters.read(o, DB_FILTERS),
        TagFilters.read(o, CACHE_FILTERS),
        o.get(MONITORING),
        o.get(LOGS),
        o.get(ENDPOINTS_KEY));
  }

  private static List<String> distinct(YamlObject o, Key<List<String>> key, int most) {
    List<String> all = o.get(key);
    if (all.isEmpty() || all.size() > most) {
      throw o.error(key, all.size() + " " + key.name() + "; it must be 1 to " + most);
    }
    Set<String> known = new HashSet<>();
    for (String s : all) {
      if (!known.add(s)) {
        throw o.error(key, s + " is configured twice; remove one of them");
      }
    }
    return List.copyOf(all);
  }

  /** Readers of all regions. */
  public List<CloudReader> readers(CloudContext context, CloudLogEntry.Sink sink) {
    List<CloudReader> out = new ArrayList<>();
    for (String r : regions) {
      out.add(new OciReader(this, r, context, sink));
    }
    return out;
  }
}
