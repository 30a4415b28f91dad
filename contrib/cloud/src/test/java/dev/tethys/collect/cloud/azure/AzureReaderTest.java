package dev.tethys.collect.cloud.azure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudDouble;
import dev.tethys.collect.cloud.reader.CloudDouble.Answer;
import dev.tethys.collect.cloud.reader.CloudDouble.Request;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AzureReaderTest {
  private static final String S = "11111111-2222-3333-4444-555555555555";
  private static final String GROUP = "/subscriptions/" + S + "/resourceGroups/shop/providers/";
  private static final String ORDERS = "azure_db_id=\"" + S + "/shop/orders\"";
  private static final String POSTGRES =
      """
      {"id": "GROUPMicrosoft.DBforPostgreSQL/flexibleServers/orders", "name": "orders",
       "location": "westeurope", "sku": {"name": "Standard_D2ds_v5", "tier": "GeneralPurpose"},
       "tags": {"env": "prod"},
       "properties": {"version": "16", "state": "Ready", "availabilityZone": "2",
         "fullyQualifiedDomainName": "orders.postgres.database.azure.com",
         "storage": {"storageSizeGB": 128, "iops": 500},
         "highAvailability": {"mode": "ZoneRedundant", "state": "Healthy"},
         "replicationRole": "Primary"}}"""
          .replace("GROUP", GROUP);
  private static final String REPLICA =
      """
      {"id": "GROUPMicrosoft.DBforPostgreSQL/flexibleServers/orders-r", "name": "orders-r",
       "location": "northeurope", "sku": {"name": "Standard_B1ms", "tier": "Burstable"},
       "properties": {"version": "16", "state": "Stopped", "availabilityZone": "1",
         "fullyQualifiedDomainName": "unknown.postgres.database.azure.com",
         "storage": {"storageSizeGB": 128}, "highAvailability": {"mode": "Disabled"},
         "sourceServerResourceId": "GROUPMicrosoft.DBforPostgreSQL/flexibleServers/orders"}}"""
          .replace("GROUP", GROUP);
  private static final String REDIS =
      """
      {"id": "GROUPMicrosoft.Cache/Redis/carts", "name": "carts", "location": "West Europe",
       "zones": ["1"], "tags": {},
       "properties": {"redisVersion": "6.0", "provisioningState": "Succeeded",
         "hostName": "carts.redis.cache.windows.net", "port": 6379, "sslPort": 6380,
         "enableNonSslPort": false, "sku": {"name": "Standard", "family": "C", "capacity": 1}}}"""
          .replace("GROUP", GROUP);

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private CloudDouble cloud;

  @BeforeEach
  void start() throws IOException {
    cloud = new CloudDouble(this::answer);
    cloud.environment.put("AZURE_AUTHORITY_HOST", cloud.url());
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private Answer answer(Request r) {
    String path = r.uri().getPath();
    if (path.endsWith("/oauth2/v2.0/token")) {
      assertThat(r.form()).containsEntry("client_secret", "s3cret");
      return new Answer(200, "{\"access_token\":\"eyJsecret\",\"expires_in\":3600}");
    }
    assertThat(r.headers()).containsEntry("Authorization", "Bearer eyJsecret");
    for (Map.Entry<String, Answer> e : answers.entrySet()) {
      if (path.contains(e.getKey())) {
        return e.getValue();
      }
    }
    if (path.endsWith("/metrics")) {
      return new Answer(200, metrics(path.contains("Redis")));
    }
    if (path.endsWith("Microsoft.DBforPostgreSQL/flexibleServers")) {
      return String.valueOf(r.uri().getQuery()).contains("skip=1")
          ? new Answer(200, "{\"value\":[" + REPLICA + "]}")
          : new Answer(
              200,
              "{\"value\":[" + POSTGRES + "],\"nextLink\":\"" + cloud.url() + path + "?skip=1\"}");
    }
    return path.endsWith("Microsoft.Cache/redis")
        ? new Answer(200, "{\"value\":[" + REDIS + "]}")
        : new Answer(
            409,
            "{\"error\":{\"code\":\"MissingSubscriptionRegistration\",\"message\":\"The"
                + " subscription is not registered to use namespace.\"}}");
  }

  private static String metrics(boolean redis) {
    return redis
        ? "{\"value\":["
            + metric("usedmemory", "{\"timeStamp\":\"a\",\"maximum\":5e6}")
            + ","
            + metric("cacheRead", "{\"timeStamp\":\"a\",\"maximum\":77}")
            + "]}"
        : "{\"value\":["
            + metric(
                "cpu_percent",
                "{\"timeStamp\":\"a\",\"average\":11},{\"timeStamp\":\"b\",\"average\":42.5},"
                    + "{\"timeStamp\":\"c\"}")
            + ","
            + metric("network_bytes_ingress", "{\"timeStamp\":\"a\",\"total\":600}")
            + ","
            + metric("read_iops", "{\"timeStamp\":\"a\",\"average\":9}")
            + ","
            + metric("storage_used", "{\"timeStamp\":\"a\",\"average\":1e9}")
            + "]}";
  }

  private static String metric(String name, String data) {
    return "{\"name\":{\"value\":\""
        + name
        + "\"},\"unit\":\"x\",\"timeseries\":[{\"metadatavalues\":[],\"data\":["
        + data
        + "]}]}";
  }

  private CloudReader reader(String more) {
    String yaml =
        "subscriptions: ["
            + S
            + "]\ntenant_id: t\nclient_id: c\nclient_secret: s3cret\nendpoints: {management: '"
            + cloud.url()
            + "'}\n";
    YamlDocument d = YamlDocument.parse("azure.yml", null, yaml + more);
    return AzureAccount.TYPE.read(d.root()).readers(cloud.context()).getFirst();
  }

  private static CloudReading.Part part(CloudReading r, String name) {
    return r.parts().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void listsServersAndCaches() throws Exception {
    CloudReading r = reader("").read();

    assertThat(r.parts()).allMatch(CloudReading.Part::isRead);
    assertThat(r.databases())
        .extracting(d -> d.name() + " " + d.engine() + " " + d.host() + ":" + d.port())
        .containsExactly(
            "orders postgres orders.postgres.database.azure.com:5432",
            "orders-r postgres unknown.postgres.database.azure.com:5432",
            "carts redis carts.redis.cache.windows.net:6380");
    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "azure_db_info{availability_zone=\"2\","
                + ORDERS
                + ",endpoint=\"orders.postgres.database.azure.com\",engine=\"postgres\",engine_version=\"16\",high_availability=\"true\",ipv4=\"10.1.2.3\",name=\"orders\",port=\"5432\",region=\"westeurope\",resource_group=\"shop\",sku=\"Standard_D2ds_v5\",subscription=\""
                + S
                + "\",tier=\"GeneralPurpose\"} 1.0",
            "azure_db_status{" + ORDERS + ",status=\"Ready\"} 1.0",
            "azure_db_disk_total_bytes{" + ORDERS + "} 1.37438953472E11",
            "azure_cache_status{azure_cache_id=\"" + S + "/shop/carts\",status=\"Succeeded\"} 1.0",
            "azure_discovery_error{subscription=\"" + S + "\"} 0.0")
        .anyMatch(l -> l.contains("name=\"orders-r\"") && l.contains("primary=\"orders\""));
  }

  @Test
  void readsNewestMinuteOfAzureMonitor() throws Exception {
    CloudReading r = reader("").read();

    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "azure_db_cpu_usage_percent{" + ORDERS + "} 42.5",
            "azure_db_network_bytes_per_second{" + ORDERS + ",direction=\"rx\"} 10.0",
            "azure_db_io_ops_per_second{" + ORDERS + ",operation=\"read\"} 9.0",
            "azure_db_disk_used_bytes{" + ORDERS + "} 1.0E9",
            "azure_cache_memory_used_bytes{azure_cache_id=\"" + S + "/shop/carts\"} 5000000.0",
            "azure_cache_network_bytes_per_second{azure_cache_id=\""
                + S
                + "/shop/carts\",direction=\"tx\"} 77.0");
  }

  @Test
  void selectsByTags() throws Exception {
    CloudReading r =
        reader("db_tag_filters: {env: 'p*d'}\ncache_tag_filters: {env: '?*'}\n").read();

    assertThat(r.databases()).extracting(CloudDatabase::name).containsExactly("orders");
  }

  @Test
  void namesMissingRoles() throws Exception {
    answers.put(
        "flexibleServers/orders/providers",
        new Answer(
            403,
            "{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"The client does not have"
                + " authorization to perform action 'Microsoft.Insights/metrics/read'\"}}"));

    CloudReading r = reader("").read();

    assertThat(part(r, "Azure Monitor").failure()).isEqualTo(Failure.DENIED);
    assertThat(part(r, "Azure Monitor").remedy())
        .isEqualTo(
            "az role assignment create --assignee PRINCIPAL --role \"Monitoring Reader\""
                + " --scope /subscriptions/"
                + S);
  }

  @Test
  void sendsTokensToNoOtherHost() throws Exception {
    answers.put(
        "Microsoft.Cache/redis",
        new Answer(200, "{\"value\":[],\"nextLink\":\"http://127.0.0.2:1/steal\"}"));

    CloudReading r = reader("").read();

    assertThat(part(r, "Azure Cache for Redis").problem()).contains("at another host");
  }

  @Test
  void survivesAnswersOfOtherFormats() throws Exception {
    for (String body :
        List.of(
            "",
            "<html>",
            "[]",
            "{\"value\":{}}",
            "{\"value\":[null,7,{\"id\":\"/subscriptions/x y\",\"name\":\"n\"},"
                + "{\"id\":\"/subscriptions/a\",\"name\":\"m\",\"properties\":7,\"sku\":[],"
                + "\"tags\":\"x\",\"timeseries\":{}}],\"nextLink\":7}")) {
      for (int status : new int[] {200, 403, 500}) {
        cloud.answer(
            q -> q.uri().getPath().endsWith("/token") ? answer(q) : new Answer(status, body));
        CloudReading r = reader("").read();
        assertThat(r.parts()).isNotEmpty();
        assertThat(r.toString()).doesNotContain("eyJsecret").doesNotContain("s3cret");
        if (status != 200) {
          assertThat(r.parts()).noneMatch(CloudReading.Part::isRead);
        }
      }
    }
  }

  @Test
  void showsNoSecretsWhenLoginFails() throws Exception {
    cloud.answer(
        q -> new Answer(401, "{\"error\":\"invalid_client\",\"client_secret\":\"s3cret\"}"));

    CloudReading r = reader("").read();

    assertThat(r.parts()).allMatch(p -> p.failure() == Failure.LOGIN);
    assertThat(r.toString()).contains("invalid_client").doesNotContain("s3cret");
  }
}
