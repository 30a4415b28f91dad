package dev.tethys.collect.cloud.azure;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Flexible server or cache of Azure.
 *
 * @param path id of the resource, such as {@code /subscriptions/S/resourceGroups/G/providers/…}
 * @param info alternating names and values of the labels of its info metric
 * @param diskBytes size of the storage, 0 if it has none
 */
record AzureResource(
    boolean cache,
    String path,
    String id,
    String name,
    String engine,
    String host,
    int port,
    String status,
    List<String> info,
    double diskBytes,
    Map<String, String> tags) {
  private static final double GIB = 1 << 30;
  private static final int MAX_TAGS = 100;

  /** Flexible server of PostgreSQL or MySQL. */
  static AzureResource server(String subscription, String engine, JsonNode n) {
    JsonNode p = n.path("properties");
    String source = text(p, "sourceServerResourceId");
    String availability = text(p.path("highAvailability"), "mode");
    int port = engine.equals("postgres") ? 5432 : 3306;
    return of(
        false,
        subscription,
        n,
        engine,
        text(p, "version"),
        text(p, "fullyQualifiedDomainName"),
        port,
        text(p, "state"),
        text(p, "availabilityZone"),
        text(n.path("sku"), "name"),
        text(n.path("sku"), "tier"),
        availability.isEmpty() || availability.equals("Disabled") ? "false" : "true",
        source.substring(source.lastIndexOf('/') + 1),
        p.path("storage").path("storageSizeGB").asDouble(0) * GIB);
  }

  /** Cache for Redis; its plain port is closed unless the owner opens it. */
  static AzureResource cache(String subscription, JsonNode n) {
    JsonNode p = n.path("properties");
    JsonNode sku = p.path("sku");
    boolean plain = p.path("enableNonSslPort").asBoolean(false);
    return of(
        true,
        subscription,
        n,
        "redis",
        text(p, "redisVersion"),
        text(p, "hostName"),
        p.path(plain ? "port" : "sslPort").asInt(plain ? 6379 : 6380),
        text(p, "provisioningState"),
        text(n.path("zones"), 0),
        text(sku, "family") + sku.path("capacity").asInt(0),
        text(sku, "name"),
        "",
        "",
        0);
  }

  private static AzureResource of(
      boolean cache,
      String subscription,
      JsonNode n,
      String engine,
      String version,
      String host,
      int port,
      String status,
      String zone,
      String sku,
      String tier,
      String availability,
      String primary,
      double diskBytes) {
    String path = text(n, "id");
    String name = text(n, "name");
    int valid = port < 1 || port > 65_535 ? 0 : port;
    String group = group(path);
    Map<String, String> tags = new LinkedHashMap<>();
    n.path("tags")
        .properties()
        .forEach(
            e -> {
              if (tags.size() < MAX_TAGS) {
                tags.put(e.getKey(), e.getValue().asString(""));
              }
            });
    return new AzureResource(
        cache,
        path,
        subscription + "/" + group + "/" + name,
        name,
        engine,
        host,
        valid,
        status,
        List.of(
            "name",
            name,
            "subscription",
            subscription,
            "resource_group",
            group,
            "region",
            text(n, "location"),
            "availability_zone",
            zone,
            "endpoint",
            host,
            "port",
            valid == 0 ? "" : Integer.toString(valid),
            "engine",
            engine,
            "engine_version",
            version,
            "sku",
            sku,
            "tier",
            tier,
            "high_availability",
            availability,
            "primary",
            primary),
        diskBytes,
        tags);
  }

  /** Whether the id is one that requests may contain. */
  boolean isValid() {
    return !name.isEmpty() && path.matches("/subscriptions/[\\w./()-]{1,1000}");
  }

  private static String group(String path) {
    String[] parts = path.split("/", -1);
    for (int i = 0; i + 1 < parts.length; i++) {
      if (parts[i].equalsIgnoreCase("resourceGroups")) {
        return parts[i + 1];
      }
    }
    return "";
  }

  private static String text(JsonNode n, String field) {
    JsonNode v = n.path(field);
    return v.isString() ? v.asString() : "";
  }

  private static String text(JsonNode n, int index) {
    JsonNode v = n.path(index);
    return v.isString() ? v.asString() : "";
  }

  String prefix() {
    return cache ? "azure_cache" : "azure_db";
  }

  CloudDatabase database(String ipv4) {
    return new CloudDatabase(
        prefix(), id, name, CloudDatabase.engine(engine), engine, host, port, ipv4, tags);
  }

  CloudMetrics.Instance metrics(CloudMetrics m) {
    return m.of(prefix() + "_id", id);
  }

  /** Adds the metrics of the API. */
  void addTo(CloudMetrics all, String ipv4) {
    CloudMetrics.Instance m = metrics(all);
    List<String> labels = new ArrayList<>(info);
    labels.add("ipv4");
    labels.add(ipv4);
    m.gauge(
        prefix() + "_info",
        cache ? "Cache for Redis of Azure." : "Flexible server of Azure.",
        1,
        labels.toArray(String[]::new));
    m.gauge(prefix() + "_status", "Status of the resource.", 1, "status", status);
    if (diskBytes > 0) {
      m.gauge(prefix() + "_disk_total_bytes", "Size of the storage.", diskBytes);
    }
  }
}
