package dev.tethys.collect.cloud.azure;

import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudEndpoints;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.TagFilters;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.web.cloud.AzureTokens;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Subscriptions of Azure whose databases are read.
 *
 * @param cloud public, China or US government
 * @param who identity that requests tokens
 */
public record AzureAccount(
    List<String> subscriptions,
    AzureTokens.Cloud cloud,
    AzureTokens.Identity who,
    TagFilters databaseFilters,
    TagFilters cacheFilters,
    boolean monitoring,
    Map<String, String> endpoints) {
  static final String MANAGEMENT = "management";

  private static final int MAX_SUBSCRIPTIONS = 40;
  private static final CloudEndpoints ENDPOINTS = new CloudEndpoints(MANAGEMENT);

  private static final Section SECTION =
      new Section(
          "azure",
          "Databases of Azure: flexible servers of PostgreSQL and MySQL, Cache for Redis.");
  private static final Key<List<String>> SUBSCRIPTIONS =
      SECTION.required("subscriptions", Type.list(Type.STRING), "IDs of the subscriptions.");
  private static final Key<AzureTokens.Cloud> CLOUD =
      SECTION.key(
          "environment",
          Type.lowerCase("environment", AzureTokens.Cloud.class),
          AzureTokens.Cloud.PUBLIC,
          "Cloud: public, china or government.");
  private static final Key<String> TENANT =
      SECTION.key("tenant_id", Type.STRING, "", "Tenant of the application.");
  private static final Key<String> CLIENT =
      SECTION.key(
          "client_id",
          Type.STRING,
          "",
          "Application, or without client_secret the managed identity of the machine.");
  private static final Key<Secret> SECRET =
      SECTION.key("client_secret", Type.SECRET, Secret.NONE, "Secret of the application.");
  private static final Key<Map<String, String>> DB_FILTERS =
      SECTION.key("db_tag_filters", Type.map(Type.STRING), Map.of(), "Tags of servers with globs.");
  private static final Key<Map<String, String>> CACHE_FILTERS =
      SECTION.key(
          "cache_tag_filters", Type.map(Type.STRING), Map.of(), "Tags of caches with globs.");
  private static final Key<Boolean> MONITORING =
      SECTION.key("monitoring", Type.BOOL, true, "Read machine metrics from Azure Monitor.");
  private static final Key<Map<String, String>> ENDPOINTS_KEY =
      SECTION.key(
          "endpoints", ENDPOINTS.type(), Map.of(), "URL of the service, for proxies and tests.");

  /** Type of the key {@code azure}. */
  public static final Type<AzureAccount> TYPE = SECTION.type(AzureAccount::read);

  private static AzureAccount read(YamlObject o) {
    List<String> subscriptions = o.get(SUBSCRIPTIONS);
    if (subscriptions.isEmpty() || subscriptions.size() > MAX_SUBSCRIPTIONS) {
      throw o.error(
          SUBSCRIPTIONS,
          subscriptions.size() + " subscriptions; it must be 1 to " + MAX_SUBSCRIPTIONS);
    }
    Set<String> known = new HashSet<>();
    for (String s : subscriptions) {
      if (!s.matches("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")) {
        throw o.error(
            SUBSCRIPTIONS, "\"" + s + "\" is not the ID of a subscription, which is a UUID");
      }
      if (!known.add(s)) {
        throw o.error(SUBSCRIPTIONS, s + " is configured twice; remove one of them");
      }
    }
    boolean secret = !o.get(SECRET).isEmpty();
    if (secret && (o.get(TENANT).isEmpty() || o.get(CLIENT).isEmpty())) {
      throw o.error(SECRET, "client_secret needs tenant_id and client_id");
    }
    AzureTokens.Identity who =
        secret
            ? new AzureTokens.Identity.Application(o.get(TENANT), o.get(CLIENT), o.get(SECRET))
            : o.get(CLIENT).isEmpty()
                ? new AzureTokens.Identity.Environment(o.get(TENANT))
                : new AzureTokens.Identity.Managed(o.get(CLIENT));
    return new AzureAccount(
        List.copyOf(subscriptions),
        o.get(CLOUD),
        who,
        TagFilters.read(o, DB_FILTERS),
        TagFilters.read(o, CACHE_FILTERS),
        o.get(MONITORING),
        o.get(ENDPOINTS_KEY));
  }

  /** Readers of all subscriptions. */
  public List<CloudReader> readers(CloudContext context) {
    List<CloudReader> out = new ArrayList<>();
    for (String s : subscriptions) {
      out.add(new AzureReader(this, s, context));
    }
    return out;
  }
}
