package dev.tethys.collect.cloud.gcp;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcpReaderTest {
  private static final String ORDERS = "cloudsql_instance_id=\"shop-12345/orders\"";

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

  /** The services have one host in tests, which differ by the prefix of the path. */
  private Answer answer(Request r) {
    String path = r.uri().getPath();
    if (path.equals("/token")) {
      return new Answer(200, "{\"access_token\":\"ya29.secret-token\",\"expires_in\":3600}");
    }
    assertThat(r.headers()).containsEntry("Authorization", "Bearer ya29.secret-token");
    String service = path.split("/")[1];
    Answer own = answers.get(service);
    if (own != null) {
      return own;
    }
    return switch (service) {
      case "sqladmin" -> ok("instances.json");
      case "redis" -> ok("redis.json");
      case "memcache" -> ok("memcached.json");
      case "memorystore" -> ok("valkey.json");
      case "monitoring" -> series(String.valueOf(r.uri().getQuery()));
      case "logging" -> new Answer(200, "{}");
      default -> new Answer(404, "");
    };
  }

  private static Answer ok(String file) {
    return new Answer(200, CloudDouble.file(GcpReaderTest.class, file));
  }

  private static Answer series(String query) {
    if (query.contains("cpu/utilization")) {
      return new Answer(200, timeSeries("{}", "{\"doubleValue\":0.125}"));
    }
    if (query.contains("memory/components")) {
      return new Answer(
          200,
          "{\"timeSeries\":["
              + one("{\"component\":\"Usage\"}", "{\"doubleValue\":60.5}")
              + ","
              + one("{\"component\":\"Free\"}", "{\"doubleValue\":39.5}")
              + "]}");
    }
    if (query.contains("disk/bytes_used")) {
      return new Answer(200, timeSeries("{}", "{\"int64Value\":\"123456789\"}"));
    }
    if (query.contains("received_bytes_count") && query.contains("cloudsql")) {
      assertThat(query).contains("ALIGN_RATE");
      return new Answer(
          200,
          "{\"timeSeries\":["
              + one("{\"destination\":\"a\"}", "{\"doubleValue\":10}")
              + ","
              + one("{\"destination\":\"b\"}", "{\"doubleValue\":5.5}")
              + "]}");
    }
    if (query.contains("memcache.googleapis.com/node/cpu/usage_time")) {
      return new Answer(
          200,
          "{\"timeSeries\":[{\"metric\":{\"labels\":{}},\"resource\":{\"labels\":{\"project_id\":"
              + "\"shop-12345\",\"location\":\"europe-west1-b\",\"instance_id\":\"pages\","
              + "\"node_id\":\"node-a-1\"}},\"points\":[{\"value\":{\"doubleValue\":0.25}}]}]}");
    }
    return query.contains("redis")
        ? new Answer(404, "{\"error\":{\"code\":404,\"message\":\"Cannot find metric\"}}")
        : new Answer(200, "{}");
  }

  private static String timeSeries(String labels, String value) {
    return "{\"timeSeries\":[" + one(labels, value) + "]}";
  }

  private static String one(String labels, String value) {
    return "{\"metric\":{\"type\":\"x\",\"labels\":"
        + labels
        + "},\"resource\":{\"type\":\"cloudsql_database\",\"labels\":{\"database_id\":"
        + "\"shop-12345:orders\",\"project_id\":\"shop-12345\",\"region\":\"europe-west1\"}},"
        + "\"points\":[{\"value\":"
        + value
        + "},{\"value\":{\"doubleValue\":999}}]}";
  }

  private CloudReader reader(String more) throws IOException {
    Path file = folder.resolve("credentials.json");
    Files.writeString(
        file,
        "{\"type\":\"authorized_user\",\"client_id\":\"c\",\"client_secret\":\"s3cret\","
            + "\"refresh_token\":\"r3fresh\",\"token_uri\":\""
            + cloud.url()
            + "/token\"}");
    StringBuilder yaml = new StringBuilder("projects: [shop-12345]\n");
    yaml.append("credentials_file: ").append(file).append("\nendpoints:\n");
    for (String s :
        List.of("sqladmin", "redis", "memcache", "memorystore", "monitoring", "logging")) {
      yaml.append("  ").append(s).append(": ").append(cloud.url()).append('/').append(s);
      yaml.append('\n');
    }
    YamlDocument d = YamlDocument.parse("gcp.yml", null, yaml + more);
    return GcpAccount.TYPE.read(d.root()).readers(cloud.context(), entries::add).getFirst();
  }

  private static CloudReading.Part part(CloudReading r, String name) {
    return r.parts().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void listsInstancesOfAllProducts() throws Exception {
    CloudReading r = reader("").read();

    assertThat(r.parts()).allMatch(CloudReading.Part::isRead);
    assertThat(r.databases())
        .extracting(CloudDatabase::id)
        .containsExactly(
            "shop-12345/orders",
            "shop-12345/orders-r1",
            "shop-12345/reports",
            "shop-12345/europe-west1/sessions",
            "shop-12345/europe-west1/pages/node-a-1",
            "shop-12345/europe-west1/pages/node-b-2",
            "shop-12345/europe-west1/carts");
    assertThat(r.databases())
        .extracting(d -> d.engine() + " " + d.host() + ":" + d.port())
        .contains(
            "postgres 10.2.0.5:5432",
            "mysql 34.9.9.9:3306",
            "memcached 10.3.1.1:11211",
            "redis 10.3.2.1:6379");
    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "gcp_cloudsql_info{availability_type=\"REGIONAL\",cloudsql_instance_id=\"shop-12345/orders\",connection_name=\"shop-12345:europe-west1:orders\",engine=\"postgres\",engine_version=\"16\",instance_type=\"CLOUD_SQL_INSTANCE\",ipv4=\"10.2.0.5\",port=\"5432\",project=\"shop-12345\",region=\"europe-west1\",tier=\"db-custom-2-8192\",zone=\"europe-west1-b\"} 1.0",
            "gcp_cloudsql_status{cloudsql_instance_id=\"shop-12345/reports\",status=\"SUSPENDED\"} 1.0",
            "gcp_memorystore_info{engine=\"redis\",engine_version=\"7.2\",instance=\"sessions\",ipv4=\"10.3.0.4\",memory_size_gb=\"4\",memorystore_instance_id=\"shop-12345/europe-west1/sessions\",port=\"6379\",project=\"shop-12345\",region=\"europe-west1\",tier=\"standard_ha\",zone=\"europe-west1-b\"} 1.0",
            "gcp_memorystore_info{engine=\"valkey\",engine_version=\"8.0\",instance=\"carts\",ipv4=\"10.3.2.1\",memory_size_gb=\"13\",memorystore_instance_id=\"shop-12345/europe-west1/carts\",port=\"6379\",project=\"shop-12345\",region=\"europe-west1\",tier=\"highmem-medium\"} 1.0",
            "gcp_memorystore_memory_total_bytes{memorystore_instance_id=\"shop-12345/europe-west1/pages/node-a-1\"} 1.610612736E9",
            "gcp_memorystore_cpu_cores{memorystore_instance_id=\"shop-12345/europe-west1/pages/node-a-1\"} 1.0",
            "gcp_discovery_error{project=\"shop-12345\"} 0.0")
        .anyMatch(
            l ->
                l.startsWith("gcp_cloudsql_info")
                    && l.contains("orders-r1")
                    && l.contains("primary_instance=\"orders\""));
  }

  @Test
  void readsNewestPointsOfCloudMonitoring() throws Exception {
    CloudReading r = reader("").read();

    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "gcp_cloudsql_cpu_usage_percent{" + ORDERS + "} 12.5",
            "gcp_cloudsql_memory_components_percent{" + ORDERS + ",component=\"usage\"} 60.5",
            "gcp_cloudsql_memory_components_percent{" + ORDERS + ",component=\"free\"} 39.5",
            "gcp_cloudsql_disk_used_bytes{" + ORDERS + "} 1.23456789E8",
            "gcp_cloudsql_network_bytes_per_second{" + ORDERS + ",direction=\"rx\"} 15.5",
            "gcp_memorystore_cpu_usage_cores{memorystore_instance_id=\"shop-12345/europe-west1/pages/node-a-1\"} 0.25");
  }

  @Test
  void selectsByRegionAndLabelsAndKeepsReplicasOfSelectedPrimaries() throws Exception {
    CloudReading r =
        reader(
                "cloudsql_label_filters: {env: 'pro?'}\nmemorystore_label_filters: {env: prod}\n"
                    + "region: europe-west1\n")
            .read();

    assertThat(r.databases())
        .extracting(CloudDatabase::name)
        .containsExactly("orders", "orders-r1", "sessions", "pages", "pages");
    assertThat(cloud.requests)
        .filteredOn(q -> q.uri().getPath().startsWith("/redis"))
        .extracting(q -> q.uri().getPath())
        .containsExactly("/redis/v1/projects/shop-12345/locations/europe-west1/instances");
  }

  @Test
  void readsEachLogEntryOnce() throws Exception {
    CloudReader reader = reader("");
    reader.read();
    String first =
        entry("a", "10:00:10", "2026-12-01 10:00:05.000 UTC [77]: ERROR:  deadlock detected", "");
    String second = entry("b", "10:00:20", "server started", "NOTICE");
    answers.put("logging", new Answer(200, "{\"entries\":[" + first + "," + second + "]}"));
    cloud.now = cloud.now.plusSeconds(30);
    CloudReading r = reader.read();
    cloud.now = cloud.now.plusSeconds(30);
    reader.read();

    assertThat(entries)
        .extracting(CloudLogEntry::level)
        .containsExactly(LogLevel.ERROR, LogLevel.INFO);
    assertThat(entries.getFirst().service()).isEqualTo("/gcp/cloudsql/shop-12345/orders");
    assertThat(
            CloudDouble.value(
                r.families(), "gcp_cloudsql_log_messages_total{" + ORDERS + ",level=\"error\""))
        .isEqualTo(1);
    assertThat(cloud.requests.getLast().body())
        .contains("receiveTimestamp>=\\\"2026-12-01T10:00:20Z\\\"");
  }

  private static String entry(String id, String time, String text, String severity) {
    return "{\"insertId\":\""
        + id
        + "\",\"timestamp\":\"2026-12-01T10:00:05Z\",\"receiveTimestamp\":\"2026-12-01T"
        + time
        + "Z\",\"severity\":\""
        + severity
        + "\",\"textPayload\":\""
        + text
        + "\",\"resource\":{\"type\":\"cloudsql_database\",\"labels\":{\"database_id\":"
        + "\"shop-12345:orders\"}}}";
  }

  @Test
  void continuesPagesOfLogsInLaterReadings() throws Exception {
    CloudReader reader = reader("");
    reader.read();
    cloud.answer(
        q -> {
          if (!q.uri().getPath().startsWith("/logging")) {
            return answer(q);
          }
          int page =
              q.body().contains("pageToken")
                  ? Integer.parseInt(q.body().replaceAll("(?s).*\"pageToken\":\"p(\\d+)\".*", "$1"))
                  : 0;
          return new Answer(
              200,
              "{\"entries\":["
                  + entry("id" + page, "10:00:1" + page % 10, "message", "ERROR")
                  + "]"
                  + (page < 12 ? ",\"nextPageToken\":\"p" + (page + 1) + "\"}" : "}"));
        });
    cloud.now = cloud.now.plusSeconds(30);
    reader.read();
    assertThat(entries).hasSize(GcpLogs.MAX_PAGES);
    reader.read();
    reader.read();

    assertThat(entries).hasSize(13);
  }

  @Test
  void namesMissingRolesAndTreatsDisabledServicesAsEmpty() throws Exception {
    answers.put(
        "sqladmin",
        new Answer(
            403,
            "{\"error\":{\"code\":403,\"message\":\"The client is not authorized to make this"
                + " request.\",\"errors\":[{\"reason\":\"notAuthorized\"}]}}"));
    answers.put(
        "memcache",
        new Answer(
            403,
            "{\"error\":{\"code\":403,\"message\":\"Cloud Memorystore for Memcached API has not"
                + " been used in project 1 before or it is disabled.\",\"status\":"
                + "\"PERMISSION_DENIED\",\"details\":[{\"@type\":\"type.googleapis.com/"
                + "google.rpc.ErrorInfo\",\"reason\":\"SERVICE_DISABLED\"}]}}"));

    CloudReading r = reader("").read();

    CloudReading.Part p = part(r, "Cloud SQL instances");
    assertThat(p.failure()).isEqualTo(Failure.DENIED);
    assertThat(p.remedy())
        .isEqualTo(
            "gcloud projects add-iam-policy-binding shop-12345"
                + " --member=serviceAccount:EMAIL --role=roles/cloudsql.viewer");
    assertThat(part(r, "Memorystore for Memcached").isRead()).isTrue();
    assertThat(r.databases()).extracting(CloudDatabase::name).containsExactly("sessions", "carts");
  }

  @Test
  void respectsRetryAfter() throws Exception {
    answers.put("sqladmin", new Answer(429, "{}", Map.of("Retry-After", "90")));
    CloudReader reader = reader("");

    assertThat(part(reader.read(), "Cloud SQL instances").failure()).isEqualTo(Failure.THROTTLED);
    cloud.now = cloud.now.plusSeconds(61);
    reader.read();
    assertThat(cloud.requests)
        .filteredOn(q -> q.uri().getPath().startsWith("/sqladmin"))
        .hasSize(1);
    cloud.now = cloud.now.plusSeconds(60);
    reader.read();
    assertThat(cloud.requests)
        .filteredOn(q -> q.uri().getPath().startsWith("/sqladmin"))
        .hasSizeGreaterThan(1);
  }

  @Test
  void survivesAnswersOfOtherFormats() throws Exception {
    for (String body :
        List.of(
            "",
            "<html>",
            "[]",
            "{\"items\":7,\"instances\":{\"a\":1},\"timeSeries\":[null,3],\"entries\":\"x\"}",
            "{\"items\":[null,{\"name\":[1],\"ipAddresses\":\"x\",\"settings\":null}],"
                + "\"instances\":[{\"name\":7,\"port\":-1,\"memcacheNodes\":[1]},"
                + "{\"name\":\"a/b/c/d/e/f\",\"port\":99999999999,\"memorySizeGb\":\"many\"}]}",
            "{\"items\":[],\"nextPageToken\":\"same\",\"instances\":[],\"timeSeries\":[]}")) {
      for (int status : new int[] {200, 403, 500}) {
        cloud.answer(
            q -> q.uri().getPath().equals("/token") ? answer(q) : new Answer(status, body));
        CloudReading r = reader("").read();
        assertThat(r.parts()).isNotEmpty();
        assertThat(r.toString()).doesNotContain("ya29.secret-token").doesNotContain("s3cret");
        if (status != 200) {
          assertThat(r.parts()).noneMatch(p -> p.name().contains("SQL") && p.isRead());
        }
      }
    }
  }

  @Test
  void showsNoCredentialsWhenTheirServiceFails() throws Exception {
    cloud.answer(
        q -> new Answer(400, "{\"error\":\"invalid_grant\",\"client_secret\":\"s3cret-echoed\"}"));

    CloudReading r = reader("").read();

    assertThat(part(r, "Cloud SQL instances").failure()).isEqualTo(Failure.LOGIN);
    assertThat(r.toString()).contains("invalid_grant").doesNotContain("s3cret-echoed");
  }
}
