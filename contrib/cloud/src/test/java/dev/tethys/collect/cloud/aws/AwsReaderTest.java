package dev.tethys.collect.cloud.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudDouble;
import dev.tethys.collect.cloud.reader.CloudDouble.Answer;
import dev.tethys.collect.cloud.reader.CloudDouble.Request;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class AwsReaderTest {
  private static final String ORDERS = "rds_instance_id=\"eu-west-1/orders\"";

  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final List<CloudLogEntry> entries = new ArrayList<>();
  private CloudDouble cloud;

  @BeforeEach
  void start() throws IOException {
    cloud = new CloudDouble(this::answer);
  }

  @AfterEach
  void stop() {
    cloud.close();
  }

  /** Recorded answers, unless a test has replaced that of the action. */
  private Answer answer(Request r) {
    String target = r.headers().getOrDefault("X-Amz-Target", "");
    String action =
        target.isEmpty() ? r.parameter("Action") : target.substring(target.indexOf('.') + 1);
    Answer own = answers.get(action);
    if (own != null) {
      return own;
    }
    return switch (action) {
      case "DescribeDBInstances" ->
          ok(r.parameter("Marker").equals("page-2") ? "instances-2.xml" : "instances-1.xml");
      case "DescribeCacheClusters" -> ok("clusters.xml");
      case "ListTagsForResource" ->
          new Answer(
              200,
              "<ListTagsForResourceResponse><ListTagsForResourceResult><TagList><Tag><Key>env</Key>"
                  + "<Value>"
                  + (r.parameter("ResourceName").contains("sessions") ? "prod-1" : "test")
                  + "</Value></Tag></TagList></ListTagsForResourceResult>"
                  + "</ListTagsForResourceResponse>");
      case "GetLogEvents" ->
          events(
              r.body().contains("db-ABCDEFGHIJKL03")
                  ? "monitoring-aurora.json"
                  : "monitoring-postgres.json",
              cloud.now.toEpochMilli() - 30_000);
      case "DescribeDBLogFiles" -> files("");
      default -> new Answer(400, error("InvalidAction", "no such action"));
    };
  }

  private static Answer ok(String file) {
    return new Answer(200, CloudDouble.file(AwsReaderTest.class, file));
  }

  private static Answer events(String file, long millis) {
    return new Answer(
        200,
        "{\"events\":[{\"timestamp\":"
            + millis
            + ",\"message\":"
            + quoted(CloudDouble.file(AwsReaderTest.class, file))
            + "}],\"nextBackwardToken\":\"b/1\",\"nextForwardToken\":\"f/1\"}");
  }

  private static String quoted(String s) {
    return "\"" + s.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
  }

  private static Answer files(String list) {
    return new Answer(
        200,
        "<DescribeDBLogFilesResponse><DescribeDBLogFilesResult><DescribeDBLogFiles>"
            + list
            + "</DescribeDBLogFiles></DescribeDBLogFilesResult></DescribeDBLogFilesResponse>");
  }

  private static String error(String code, String message) {
    return "<ErrorResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><Error><Type>Sender"
        + "</Type><Code>"
        + code
        + "</Code><Message>"
        + message
        + "</Message></Error><RequestId>b25f48e8-84fd-11e6-80d9-574e0c4664cb</RequestId>"
        + "</ErrorResponse>";
  }

  private CloudReader reader(String more) {
    String yaml =
        """
        regions: [eu-west-1]
        access_key: AKIAIOSFODNN7EXAMPLE
        secret_key: wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY
        endpoints: {rds: "URL", elasticache: "URL", logs: "URL"}
        """
            .replace("URL", cloud.url());
    AwsAccount account = read(AwsAccount.TYPE, yaml + more);
    return account.readers(cloud.context(), entries::add).getFirst();
  }

  private static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("aws.yml", null, yaml);
    return type.read(d.root());
  }

  private static CloudReading.Part part(CloudReading r, String name) {
    return r.parts().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void listsInstancesOfAllPages() throws Exception {
    CloudReading r = reader("").read();

    assertThat(r.parts()).allMatch(CloudReading.Part::isRead);
    assertThat(r.databases())
        .extracting(CloudDatabase::id)
        .containsExactly(
            "eu-west-1/orders",
            "eu-west-1/orders-replica",
            "eu-west-1/cart-1",
            "eu-west-1/sessions-001/0001",
            "eu-west-1/pages/0001",
            "eu-west-1/pages/0002");
    assertThat(r.databases())
        .extracting(CloudDatabase::engine)
        .containsExactly("postgres", "postgres", "mysql", "redis", "memcached", "memcached");
    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "aws_rds_info{availability_zone=\"eu-west-1a\",endpoint=\"orders.c1a2b3.eu-west-1.rds.amazonaws.com\",engine=\"postgres\",engine_version=\"16.4\",instance_type=\"db.r6g.large\",ipv4=\"10.1.2.3\",multi_az=\"true\",port=\"5432\",rds_instance_id=\"eu-west-1/orders\",region=\"eu-west-1\",secondary_availability_zone=\"eu-west-1b\",storage_type=\"io1\"} 1.0",
            "aws_rds_info{engine=\"postgres\",engine_version=\"16.4\",instance_type=\"db.r6g.large\",multi_az=\"false\",rds_instance_id=\"eu-west-1/orders-replica\",region=\"eu-west-1\",source_instance_id=\"eu-west-1/orders\",storage_type=\"gp3\"} 1.0",
            "aws_rds_status{" + ORDERS + ",status=\"available\"} 1.0",
            "aws_rds_allocated_storage_gibibytes{" + ORDERS + "} 200.0",
            "aws_rds_storage_autoscaling_threshold_gibibytes{" + ORDERS + "} 1000.0",
            "aws_rds_storage_provisioned_iops{" + ORDERS + "} 3000.0",
            "aws_rds_backup_retention_period_days{" + ORDERS + "} 7.0",
            "aws_rds_read_replica_info{"
                + ORDERS
                + ",replica_instance_id=\"eu-west-1/orders-replica\"} 1.0",
            "aws_rds_read_replica_info{"
                + ORDERS
                + ",replica_instance_id=\"us-east-1/orders-far\"} 1.0",
            "aws_rds_status{rds_instance_id=\"eu-west-1/orders-replica\",status=\"creating\"} 1.0",
            "aws_elasticache_info{availability_zone=\"eu-west-1a\",cluster_id=\"sessions\",ec_instance_id=\"eu-west-1/sessions-001/0001\",endpoint=\"sessions-001.abc.0001.euw1.cache.amazonaws.com\",engine=\"redis\",engine_version=\"7.1.0\",instance_type=\"cache.t4g.small\",ipv4=\"10.1.2.3\",port=\"6379\",region=\"eu-west-1\"} 1.0",
            "aws_elasticache_status{ec_instance_id=\"eu-west-1/pages/0002\",status=\"rebooting cluster nodes\"} 1.0",
            "aws_discovery_error{region=\"eu-west-1\"} 0.0");
  }

  @Test
  void readsEnhancedMonitoringInBytesAndSeconds() throws Exception {
    CloudReading r = reader("").read();

    assertThat(CloudDouble.lines(r.families()))
        .contains(
            "aws_rds_cpu_cores{" + ORDERS + "} 2.0",
            "aws_rds_cpu_usage_percent{mode=\"user\"," + ORDERS + "} 9.5",
            "aws_rds_cpu_usage_percent{mode=\"wait\"," + ORDERS + "} 7.52",
            "aws_rds_memory_total_bytes{" + ORDERS + "} 1.6384E10",
            "aws_rds_memory_cached_bytes{" + ORDERS + "} 9.216E9",
            "aws_rds_memory_free_bytes{" + ORDERS + "} 1.024E9",
            "aws_rds_io_ops_per_second{device=\"nvme1n1\",operation=\"read\"," + ORDERS + "} 20.5",
            "aws_rds_io_bytes_per_second{device=\"nvme1n1\",operation=\"write\","
                + ORDERS
                + "} 204800.0",
            "aws_rds_io_await_seconds{device=\"nvme1n1\"," + ORDERS + "} 0.0015",
            "aws_rds_io_util_percent{device=\"nvme1n1\"," + ORDERS + "} 3.5",
            "aws_rds_fs_total_bytes{mount_point=\"/rdsdbdata\"," + ORDERS + "} 2048000.0",
            "aws_rds_fs_used_bytes{mount_point=\"/rdsdbdata\"," + ORDERS + "} 1024000.0",
            "aws_rds_net_rx_bytes_per_second{interface=\"eth0\"," + ORDERS + "} 1217.5",
            "aws_rds_io_latency_seconds{device=\"aurora-data\",operation=\"write\",rds_instance_id=\"eu-west-1/cart-1\"} 0.002",
            "aws_rds_io_ops_per_second{device=\"aurora-data\",operation=\"write\",rds_instance_id=\"eu-west-1/cart-1\"} 3.25")
        .noneMatch(l -> l.contains("mode=\"idle\"") || l.contains("rdsdev"));
  }

  @Test
  void omitsOldEventsOfEnhancedMonitoring() throws Exception {
    answers.put(
        "GetLogEvents",
        events("monitoring-postgres.json", cloud.now.minusSeconds(600).toEpochMilli()));

    CloudReading r = reader("").read();

    assertThat(part(r, "Enhanced Monitoring").isRead()).isTrue();
    assertThat(CloudDouble.lines(r.families())).noneMatch(l -> l.startsWith("aws_rds_cpu"));
  }

  @Test
  void selectsInstancesByGlobsOfTags() throws Exception {
    CloudReading r =
        reader("rds_tag_filters: {env: 'prod*'}\nelasticache_tag_filters: {env: prod-?}\n").read();

    assertThat(r.databases())
        .extracting(CloudDatabase::id)
        .containsExactly(
            "eu-west-1/orders", "eu-west-1/orders-replica", "eu-west-1/sessions-001/0001");
  }

  @Test
  void signsRequestsForTheirServiceAndRegion() throws Exception {
    reader("").read();

    assertThat(cloud.requests)
        .filteredOn(q -> q.parameter("Action").equals("DescribeDBInstances"))
        .extracting(q -> q.headers().getOrDefault("Authorization", ""))
        .allMatch(a -> a.contains("/20261201/eu-west-1/rds/aws4_request"))
        .hasSize(2);
    assertThat(cloud.requests)
        .filteredOn(q -> q.headers().containsKey("X-Amz-Target"))
        .isNotEmpty()
        .allMatch(
            q ->
                q.headers()
                    .getOrDefault("Authorization", "")
                    .contains("/eu-west-1/logs/aws4_request"));
  }

  @Test
  void namesMissingPermissionsAndKeepsTheOtherParts() throws Exception {
    answers.put(
        "DescribeCacheClusters",
        new Answer(
            403,
            error(
                "AccessDenied",
                "User: arn:aws:iam::123456789012:user/x is not authorized to perform:"
                    + " elasticache:DescribeCacheClusters")));
    answers.put(
        "GetLogEvents",
        new Answer(
            400,
            "{\"__type\":\"AccessDeniedException\",\"Message\":\"User is not authorized to perform:"
                + " logs:GetLogEvents\"}"));

    CloudReading r = reader("").read();

    assertThat(r.databases()).hasSize(3);
    CloudReading.Part p = part(r, "ElastiCache clusters");
    assertThat(p.failure()).isEqualTo(Failure.DENIED);
    assertThat(p.problem()).contains("is not authorized to perform");
    assertThat(p.remedy())
        .isEqualTo(
            "{\"Effect\": \"Allow\", \"Action\": [\"elasticache:DescribeCacheClusters\","
                + " \"elasticache:ListTagsForResource\"], \"Resource\": \"*\"}");
    assertThat(part(r, "Enhanced Monitoring").remedy()).contains("logs:GetLogEvents");
    assertThat(CloudDouble.lines(r.families()))
        .contains("aws_discovery_error{error=\"access denied\",region=\"eu-west-1\"} 1.0");
  }

  @Test
  void pausesLongerAfterEachThrottledRequest() throws Exception {
    CloudReader reader = reader("logs: false\nenhanced_monitoring: false\n");
    answers.put("DescribeDBInstances", new Answer(400, error("Throttling", "Rate exceeded")));

    CloudReading r = reader.read();

    CloudReading.Part p = part(r, "RDS instances");
    assertThat(p.failure()).isEqualTo(Failure.THROTTLED);
    assertThat(p.problem()).contains("rds limits the rate of requests; the next one follows in");
    assertThat(asked("DescribeDBInstances")).isEqualTo(3);
    assertThat(cloud.pauses)
        .filteredOn(d -> d.compareTo(Duration.ofMillis(900)) > 0)
        .hasSize(2)
        .allMatch(d -> d.compareTo(Duration.ofMillis(2_200)) <= 0);

    // The pause is longer than the time between readings: no request at all.
    cloud.now = cloud.now.plusSeconds(2);
    reader.read();
    assertThat(asked("DescribeDBInstances")).isEqualTo(3);

    // Each minute one more request, until the pauses are five minutes long.
    for (int i = 0; i < 30; i++) {
      cloud.now = cloud.now.plusSeconds(60);
      reader.read();
    }
    assertThat(asked("DescribeDBInstances")).isLessThan(20);
    answers.remove("DescribeDBInstances");
    cloud.now = cloud.now.plusSeconds(600);
    assertThat(part(reader.read(), "RDS instances").isRead()).isTrue();
  }

  private long asked(String action) {
    return cloud.requests.stream().filter(q -> q.parameter("Action").equals(action)).count();
  }

  @Test
  void keepsInstancesWhileTheirListFails() throws Exception {
    CloudReader reader = reader("");
    reader.read();
    answers.put("DescribeDBInstances", new Answer(500, "oops"));
    cloud.now = cloud.now.plusSeconds(61);

    CloudReading r = reader.read();

    assertThat(part(r, "RDS instances").failure()).isEqualTo(Failure.ANSWER);
    assertThat(r.databases()).hasSize(6);
    assertThat(CloudDouble.value(r.families(), "aws_rds_cpu_cores{" + ORDERS)).isEqualTo(2);
  }

  @Test
  void showsNoCredentials() throws Exception {
    answers.put(
        "DescribeDBInstances",
        new Answer(
            403,
            error(
                "SignatureDoesNotMatch",
                "The Canonical String should have been x-amz-security-token:FwoGZXIvYXdzEXAMPLE"
                    + " host:rds")));
    answers.put(
        "DescribeCacheClusters",
        new Answer(
            400,
            error("Weird", "AKIAIOSFODNN7EXAMPLE used session_token=FwoGZXIvYXdzEXAMPLE here")));

    CloudReading r = reader("").read();

    assertThat(part(r, "RDS instances").failure()).isEqualTo(Failure.LOGIN);
    assertThat(part(r, "RDS instances").problem()).contains("SignatureDoesNotMatch");
    assertThat(r.toString())
        .doesNotContain("FwoGZXIvYXdzEXAMPLE")
        .doesNotContain("AKIAIOSFODNN7EXAMPLE")
        .doesNotContain("wJalrXUtnFEMI");
  }

  @Test
  void endsListsThatHaveNoEnd() throws Exception {
    answers.put("DescribeDBInstances", ok("instances-1.xml"));
    cloud.answer(
        new Function<>() {
          private int page;

          @Override
          public Answer apply(Request q) {
            Answer a = answer(q);
            return q.parameter("Action").equals("DescribeCacheClusters")
                ? new Answer(
                    200,
                    a.body()
                        .replace(
                            "<DescribeCacheClustersResult>",
                            "<DescribeCacheClustersResult><Marker>p" + page++ + "</Marker>"))
                : a;
          }
        });

    CloudReading r = reader("logs: false\nenhanced_monitoring: false\n").read();

    assertThat(part(r, "RDS instances").problem()).contains("the same page was sent twice");
    assertThat(part(r, "ElastiCache clusters").problem()).contains("more than 200 pages");
    assertThat(r.databases()).isEmpty();
  }

  @Test
  void survivesAnswersOfOtherFormats() throws Exception {
    List<String> bodies =
        List.of(
            "",
            "<",
            "{}",
            "[1,2]",
            "<html><body>proxy</body></html>",
            "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
            "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance/>"
                + "<DBInstance><DBInstanceIdentifier>x</DBInstanceIdentifier><Endpoint><Port>-7"
                + "</Port></Endpoint><AllocatedStorage>many</AllocatedStorage><MonitoringInterval>"
                + "99999999999999999999</MonitoringInterval></DBInstance></DBInstances>"
                + "</DescribeDBInstancesResult></DescribeDBInstancesResponse>");
    for (String body : bodies) {
      for (int status : new int[] {200, 400, 403, 500}) {
        cloud.answer(q -> new Answer(status, body));
        CloudReading r = reader("").read();
        assertThat(r.parts()).isNotEmpty();
        assertThat(r.parts().stream().filter(p -> !p.isRead()).toList()).isNotEmpty();
      }
    }
  }

  @Test
  void survivesEventsOfOtherTypes() throws Exception {
    for (String message :
        List.of(
            "not json",
            "[]",
            "{\\\"numVCPUs\\\":\\\"two\\\",\\\"memory\\\":[1],\\\"network\\\":{\\\"a\\\":1},"
                + "\\\"diskIO\\\":7,\\\"fileSys\\\":[null,{\\\"mountPoint\\\":{}}],"
                + "\\\"cpuUtilization\\\":null}")) {
      answers.put(
          "GetLogEvents",
          new Answer(
              200,
              "{\"events\":[{\"timestamp\":"
                  + cloud.now.toEpochMilli()
                  + ",\"message\":\""
                  + message
                  + "\"}]}"));
      CloudReading r = reader("").read();
      assertThat(r.databases()).hasSize(6);
      assertThat(CloudDouble.lines(r.families())).noneMatch(l -> l.contains("NaN"));
    }
  }

  @Test
  void refusesAnswersBeyondTheBound() throws Exception {
    answers.put("DescribeDBInstances", new Answer(200, "<x>" + "a".repeat(9 << 20) + "</x>"));

    CloudReading r = reader("logs: false\nenhanced_monitoring: false\n").read();

    assertThat(part(r, "RDS instances").problem()).contains("larger than 8388608 bytes");
  }
}
