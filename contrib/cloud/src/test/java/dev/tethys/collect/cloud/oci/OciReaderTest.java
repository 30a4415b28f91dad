package dev.tethys.collect.cloud.oci;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudDouble;
import dev.tethys.collect.cloud.reader.CloudDouble.Answer;
import dev.tethys.collect.cloud.reader.CloudDouble.Request;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.collect.observe.logs.LogLevel;
import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciReaderTest {
  private static final String SYSTEM =
      """
      {"id": "ocid1.mysqldbsystem.oc1..shop", "displayName": "shop", "compartmentId": "C",
       "availabilityDomain": "Xyz:EU-FRANKFURT-1-AD-2", "mysqlVersion": "8.4.3",
       "shapeName": "MySQL.2", "isHighlyAvailable": true, "lifecycleState": "ACTIVE",
       "freeformTags": {"env": "prod"},
       "endpoints": [{"resourceType": "DBSYSTEM", "ipAddress": "10.4.0.5", "port": 3306}]}""";
  private static final String DELETED =
      "{\"id\":\"ocid1.mysqldbsystem.oc1..old\",\"lifecycleState\":\"DELETED\"}";
  private static final String REPLICA =
      "{\"id\":\"ocid1.mysqlreplica.oc1..r\",\"displayName\":\"shop-r\",\"dbSystemId\":"
          + "\"ocid1.mysqldbsystem.oc1..shop\",\"ipAddress\":\"10.4.0.6\",\"port\":3306,"
          + "\"lifecycleState\":\"ACTIVE\",\"mysqlVersion\":\"8.4.3\",\"shapeName\":\"MySQL.2\"}";
  private static final String POSTGRES =
      "{\"items\":[{\"id\":\"ocid1.postgresqldbsystem.oc1..pg\",\"displayName\":\"orders\","
          + "\"compartmentId\":\"C\",\"dbVersion\":\"15\",\"shape\":\"VM.Standard.E4.Flex\","
          + "\"instanceOcpuCount\":2,\"instanceMemorySizeInGBs\":32,\"instanceCount\":2,"
          + "\"lifecycleState\":\"ACTIVE\",\"freeformTags\":{\"env\":\"prod\"}}]}";
  private static final String DETAILS =
      "{\"instances\":[{\"id\":\"ocid1.postgresqldbinstance.oc1..a\",\"displayName\":\"orders-a\","
          + "\"availabilityDomain\":\"Xyz:EU-FRANKFURT-1-AD-1\",\"lifecycleState\":\"ACTIVE\"},"
          + "{\"id\":\"ocid1.postgresqldbinstance.oc1..b\",\"displayName\":\"orders-b\","
          + "\"availabilityDomain\":\"Xyz:EU-FRANKFURT-1-AD-3\",\"lifecycleState\":\"ACTIVE\"}]}";
  private static final String CONNECTIONS =
      "{\"primaryDbEndpoint\":{\"fqdn\":\"pg.example\",\"ipAddress\":\"10.4.1.5\",\"port\":5432},"
          + "\"instanceEndpoints\":[{\"dbInstanceId\":\"ocid1.postgresqldbinstance.oc1..b\","
          + "\"endpoint\":{\"fqdn\":\"b.example\",\"ipAddress\":\"10.4.1.6\",\"port\":5432}}]}";
  private static final String CACHES =
      "{\"items\":[{\"id\":\"ocid1.rediscluster.oc1..c\",\"displayName\":\"carts\","
          + "\"compartmentId\":\"C\",\"softwareVersion\":\"VALKEY_7_2\",\"nodeCount\":3,"
          + "\"nodeMemoryInGBs\":4.0,\"primaryEndpointIpAddress\":\"10.4.2.1\","
          + "\"lifecycleState\":\"ACTIVE\",\"freeformTags\":{}}]}";
  private static final String PG = "oci_db_id=\"ocid1.postgresqldbsystem.oc1..pg\"";

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<CloudLogEntry> entries = new ArrayList<>();
  @TempDir private Path folder;
  private CloudDouble cloud;

  @BeforeEach
  void start() throws IOException {
    cloud = new CloudDouble(this::answer);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  private Answer answer(Request r) {
    String path = r.uri().getPath();
    for (Map.Entry<String, Answer> e : answers.entrySet()) {
      if (path.contains(e.getKey())) {
        return e.getValue();
      }
    }
    if (path.startsWith("/mysql/20190415/dbSystems")) {
      return String.valueOf(r.uri().getQuery()).contains("page=p2")
          ? new Answer(200, "[" + DELETED + "]")
          : new Answer(200, "[" + SYSTEM + "]", Map.of("opc-next-page", "p2"));
    }
    if (path.endsWith("/primaryDbInstance")) {
      return new Answer(200, "{\"dbInstanceId\":\"ocid1.postgresqldbinstance.oc1..a\"}");
    }
    if (path.endsWith("/connectionDetails")) {
      return new Answer(200, CONNECTIONS);
    }
    if (path.contains("/dbSystems/")) {
      return new Answer(200, DETAILS);
    }
    if (path.contains("/logGroups/")) {
      return new Answer(
          200,
          "[{\"id\":\"ocid1.log.oc1..l\",\"isEnabled\":true,\"configuration\":{\"source\":"
              + "{\"sourceType\":\"OCISERVICE\",\"service\":\"postgresql\",\"resource\":"
              + "\"ocid1.postgresqldbsystem.oc1..pg\"}}}]");
    }
    return new Answer(
        200,
        switch (path.substring(path.lastIndexOf('/') + 1)) {
          case "replicas" -> "[" + REPLICA + "]";
          case "dbSystems" -> POSTGRES;
          case "redisClusters" -> CACHES;
          case "logGroups" -> "[{\"id\":\"ocid1.loggroup.oc1..g\"}]";
          case "summarizeMetricsData" -> series(r.body());
          default -> "{\"results\":[]}";
        });
  }

  private static String series(String body) {
    if (body.contains("\"CPUUtilization[1m]{resourceType =~ \\\"mysql|replica\\\"}.mean()\"")) {
      return one("\"resourceId\":\"ocid1.mysqldbsystem.oc1..shop\"", 12.5);
    }
    if (body.contains("CpuUtilization[1m].mean()")) {
      return one(
          "\"resourceId\":\"ocid1.postgresqldbsystem.oc1..pg\",\"dbInstanceId\":"
              + "\"ocid1.postgresqldbinstance.oc1..a\"",
          33);
    }
    if (body.contains("UsedStorage")) {
      return one("\"resourceId\":\"ocid1.postgresqldbsystem.oc1..pg\"", 2);
    }
    if (body.contains("ReadLatency")) {
      return one("\"dbInstanceId\":\"ocid1.postgresqldbinstance.oc1..b\"", 5);
    }
    if (body.contains("DbVolumeReadBytes")) {
      return body.contains(".rate()")
          ? one("\"resourceId\":\"ocid1.mysqldbsystem.oc1..shop\"", 100)
          : "[]";
    }
    return body.contains("UsedMemory")
        ? one("\"resourceId\":\"ocid1.rediscluster.oc1..c\"", 1000)
        : "[]";
  }

  private static String one(String dimensions, double value) {
    return "[{\"dimensions\":{"
        + dimensions
        + "},\"aggregatedDatapoints\":[{\"timestamp\":\"2026-12-01T09:58:00Z\",\"value\":1},"
        + "{\"timestamp\":\"2026-12-01T09:59:00Z\",\"value\":"
        + value
        + "}]}]";
  }

  private CloudReader reader(String more) throws Exception {
    Path key = folder.resolve("key.pem");
    if (!Files.exists(key)) {
      Files.writeString(key, pem());
    }
    StringBuilder yaml = new StringBuilder("regions: [eu-frankfurt-1]\nauth: api_key\n");
    yaml.append("compartments: [ocid1.compartment.oc1..shop]\ntenancy: ocid1.tenancy.oc1..t\n");
    yaml.append("user: ocid1.user.oc1..u\nfingerprint: 'aa:bb'\nkey_file: ").append(key);
    yaml.append("\nendpoints:\n");
    for (String s : List.of("mysql", "postgresql", "redis", "telemetry", "logging")) {
      yaml.append("  ").append(s).append(": ").append(cloud.url()).append('/').append(s);
      yaml.append('\n');
    }
    YamlDocument d = YamlDocument.parse("oci.yml", null, yaml + more);
    return OciAccount.TYPE.read(d.root()).readers(cloud.context(), entries::add).getFirst();
  }

  private static String pem() throws GeneralSecurityException {
    KeyPairGenerator g = KeyPairGenerator.getInstance("RSA");
    g.initialize(2048);
    byte[] key = g.generateKeyPair().getPrivate().getEncoded();
    return "-----BEGIN PRIVATE KEY-----\n"
        + Base64.getMimeEncoder().encodeToString(key)
        + "\n-----END PRIVATE KEY-----\n";
  }

  private static CloudReading.Part part(CloudReading r, String name) {
    return r.parts().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void listsSystemsReplicasAndCaches() throws Exception {
    CloudReading r = reader("").read();

    assertThat(r.parts()).allMatch(CloudReading.Part::isRead);
    assertThat(r.databases())
        .extracting(d -> d.name() + " " + d.engine() + " " + d.host())
        .containsExactly(
            "shop mysql 10.4.0.5",
            "shop-r mysql 10.4.0.6",
            "orders postgres 10.4.1.5",
            "orders-b postgres 10.4.1.6",
            "carts redis 10.4.2.1");
    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "oci_db_info{availability_domain=\"eu-frankfurt-1-ad-2\",compartment=\"C\",engine=\"mysql\",engine_version=\"8.4.3\",high_availability=\"true\",ipv4=\"10.4.0.5\",name=\"shop\",oci_db_id=\"ocid1.mysqldbsystem.oc1..shop\",port=\"3306\",region=\"eu-frankfurt-1\",shape=\"MySQL.2\"} 1.0",
            "oci_db_info{availability_domain=\"eu-frankfurt-1-ad-1\",compartment=\"C\",engine=\"postgres\",engine_version=\"15\",high_availability=\"true\",ipv4=\"10.4.1.5\",name=\"orders\",oci_db_id=\"ocid1.postgresqldbsystem.oc1..pg\",port=\"5432\",region=\"eu-frankfurt-1\",shape=\"VM.Standard.E4.Flex\"} 1.0",
            "oci_db_cpu_cores{" + PG + "} 4.0",
            "oci_db_memory_total_bytes{" + PG + "} 3.4359738368E10",
            "oci_db_status{" + PG + ",status=\"ACTIVE\"} 1.0",
            "oci_cache_info{compartment=\"C\",engine=\"valkey\",engine_version=\"7.2\",ipv4=\"10.4.2.1\",name=\"carts\",node_count=\"3\",node_memory_gb=\"4\",oci_cache_id=\"ocid1.rediscluster.oc1..c\",port=\"6379\",region=\"eu-frankfurt-1\"} 1.0",
            "oci_discovery_error{region=\"eu-frankfurt-1\"} 0.0")
        .anyMatch(l -> l.contains("name=\"shop-r\"") && l.contains("primary=\"shop\""))
        .anyMatch(l -> l.contains("name=\"orders-b\"") && l.contains("primary=\"orders\""));
  }

  @Test
  void readsNewestPointsOfMonitoring() throws Exception {
    CloudReading r = reader("").read();

    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "oci_db_cpu_usage_percent{oci_db_id=\"ocid1.mysqldbsystem.oc1..shop\"} 12.5",
            "oci_db_cpu_usage_percent{" + PG + "} 33.0",
            "oci_db_disk_used_bytes{" + PG + "} 2.0E9",
            "oci_db_io_latency_seconds{oci_db_id=\"ocid1.postgresqldbinstance.oc1..b\",operation=\"read\"} 0.005",
            "oci_db_io_bytes_per_second{oci_db_id=\"ocid1.mysqldbsystem.oc1..shop\",operation=\"read\"} 100.0",
            "oci_cache_memory_used_bytes{oci_cache_id=\"ocid1.rediscluster.oc1..c\"} 1000.0");
  }

  @Test
  void signsBodies() throws Exception {
    reader("").read();

    assertThat(cloud.requests)
        .allMatch(
            q ->
                q.headers()
                    .getOrDefault("Authorization", "")
                    .contains("keyId=\"ocid1.tenancy.oc1..t/ocid1.user.oc1..u/aa:bb\""));
    assertThat(cloud.requests)
        .filteredOn(q -> q.method().equals("POST"))
        .isNotEmpty()
        .allMatch(
            q ->
                q.headers().containsKey("x-content-sha256")
                    && q.headers()
                        .getOrDefault("Authorization", "")
                        .contains(
                            "headers=\"date (request-target) host content-length content-type"
                                + " x-content-sha256\""));
  }

  @Test
  void readsEachEntryOfServiceLogsOnce() throws Exception {
    CloudReader reader = reader("");
    reader.read();
    answers.put(
        "/search",
        new Answer(
            200,
            "{\"results\":[{\"data\":{\"logContent\":{\"id\":\"e1\",\"time\":"
                + "\"2026-12-01T10:00:10Z\",\"subject\":\"ocid1.postgresqldbinstance.oc1..b\","
                + "\"data\":{\"level\":\"FATAL\",\"msg\":\"too many clients\"}}}},"
                + "{\"data\":{\"logContent\":{\"id\":\"e2\",\"time\":\"2026-12-01T10:00:11Z\","
                + "\"subject\":\"ocid1.postgresqldbinstance.oc1..a\",\"data\":{\"level\":\"LOG\","
                + "\"msg\":\"checkpoint starting\"}}}}]}"));
    cloud.now = cloud.now.plusSeconds(30);
    reader.read();
    cloud.now = cloud.now.plusSeconds(30);
    CloudReading r = reader.read();

    assertThat(entries)
        .extracting(CloudLogEntry::level)
        .containsExactly(LogLevel.CRITICAL, LogLevel.INFO);
    assertThat(entries.getFirst().service()).isEqualTo("/oci/db/ocid1.postgresqldbinstance.oc1..b");
    assertThat(CloudDouble.value(r.families(), "oci_db_log_messages_total{level=\"info\"," + PG))
        .isEqualTo(1);
    assertThat(cloud.requests.getLast().body())
        .contains("search \\\"ocid1.compartment.oc1..shop/ocid1.loggroup.oc1..g/ocid1.log.oc1..l")
        .contains("\"timeStart\":\"2026-12-01T10:00:11Z\"");
  }

  @Test
  void selectsByTagsAndKeepsReplicasOfSelectedPrimaries() throws Exception {
    CloudReading r = reader("db_tag_filters: {env: 'p*'}\ncache_tag_filters: {env: prod}\n").read();

    assertThat(r.databases())
        .extracting(CloudDatabase::name)
        .containsExactly("shop", "shop-r", "orders", "orders-b");
  }

  @Test
  void namesMissingPolicies() throws Exception {
    answers.put(
        "/redisClusters",
        new Answer(
            404,
            "{\"code\":\"NotAuthorizedOrNotFound\",\"message\":\"Authorization failed or requested"
                + " resource not found.\"}"));

    CloudReading r = reader("").read();

    assertThat(part(r, "OCI Cache").failure()).isEqualTo(Failure.DENIED);
    assertThat(part(r, "OCI Cache").remedy())
        .isEqualTo("Allow group GROUP to read redis-family in compartment COMPARTMENT");
    assertThat(r.databases()).hasSize(4);
  }

  @Test
  void survivesAnswersOfOtherFormats() throws Exception {
    for (String body :
        List.of(
            "",
            "<html>",
            "7",
            "[null,7,{\"id\":[1],\"endpoints\":{\"a\":1},\"port\":-3}]",
            "{\"items\":[null,{\"id\":\"x\",\"instances\":7,\"nodeMemoryInGBs\":\"x\"}]}")) {
      for (int status : new int[] {200, 404, 500}) {
        cloud.answer(q -> new Answer(status, body));
        CloudReading r = reader("").read();
        assertThat(r.parts()).isNotEmpty();
        if (status != 200) {
          assertThat(r.parts()).noneMatch(CloudReading.Part::isRead);
        }
        assertThat(r.toString()).doesNotContain("PRIVATE KEY");
      }
    }
  }

  @Test
  void failsWithLoginOutsideOfTheCloud() throws Exception {
    cloud.answer(q -> new Answer(404, "not here"));
    cloud.environment.put("OCI_METADATA_BASE_URL", cloud.url());
    YamlDocument d =
        YamlDocument.parse(
            "oci.yml",
            null,
            "regions: [eu-frankfurt-1]\ncompartments: [ocid1.compartment.oc1..shop]\n");

    CloudReading r =
        OciAccount.TYPE.read(d.root()).readers(cloud.context(), entries::add).getFirst().read();

    assertThat(r.parts()).hasSize(3).allMatch(p -> p.failure() == Failure.LOGIN);
    assertThat(part(r, "OCI Cache").problem()).contains("instance_principal");
  }
}
