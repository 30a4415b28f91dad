package dev.tethys.collect.cloud;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.cloud.CloudState.Status;
import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudDouble;
import dev.tethys.collect.cloud.reader.CloudDouble.Answer;
import dev.tethys.collect.cloud.reader.CloudDouble.Request;
import dev.tethys.collect.cloud.reader.CloudException.Failure;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReading;
import dev.tethys.config.Section;
import dev.tethys.config.YamlDocument;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CloudReadingsTest {
  private static final Section ROOT = new Section("root", "File.");

  static {
    ROOT.include(CloudConfig.SECTION);
  }

  private final CountDownLatch hang = new CountDownLatch(1);
  private CloudDouble cloud;
  private CloudReadings readings;

  @BeforeEach
  void start() throws IOException {
    cloud = new CloudDouble(this::answer);
    readings = new CloudReadings(cloud.context(), CloudLogEntry.Sink.NONE);
  }

  @AfterEach
  void stop() {
    hang.countDown();
    readings.close();
    cloud.close();
  }

  /** The region us-east-1 does not answer. */
  private Answer answer(Request r) {
    if (r.headers().getOrDefault("Authorization", "").contains("/us-east-1/")) {
      try {
        hang.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return new Answer(
        200,
        r.parameter("Action").equals("DescribeDBInstances")
            ? "<R><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>a"
                + "</DBInstanceIdentifier><DBInstanceStatus>creating</DBInstanceStatus>"
                + "</DBInstance></DBInstances></DescribeDBInstancesResult></R>"
            : "<R><DescribeCacheClustersResult/></R>");
  }

  private CloudConfig config(String regions) {
    String yaml =
        "aws:\n  regions: ["
            + regions
            + "]\n  access_key: AKIAEXAMPLE\n  secret_key: x\n"
            + "  endpoints: {rds: 'URL', elasticache: 'URL', logs: 'URL'}\n";
    return CloudConfig.of(
        YamlDocument.parse("a.yml", null, yaml.replace("URL", cloud.url())).root().object(ROOT));
  }

  private Status status(int place) {
    return readings.states().get(place).status();
  }

  @Test
  void readsOtherRegionsWhileOneHangs() {
    readings.apply(config("us-east-1, eu-west-1"));

    Waiting.await(() -> status(1) == Status.OK);
    assertThat(status(0)).isEqualTo(Status.WAITING);
    assertThat(readings.databases()).extracting(CloudDatabase::id).containsExactly("eu-west-1/a");
    assertThat(CloudDouble.lines(readings.families()))
        .contains(
            "aws_rds_status{rds_instance_id=\"eu-west-1/a\",status=\"creating\"} 1.0",
            "tethys_cluster_agent_clouds{cloud=\"aws\",place=\"eu-west-1\",status=\"ok\"} 1.0",
            "tethys_cluster_agent_clouds{cloud=\"aws\",place=\"us-east-1\",status=\"waiting\"} 1.0");
    assertThat(CloudState.json(readings.states()))
        .contains("\"place\":\"eu-west-1\"", "\"id\":\"eu-west-1/a\"")
        .doesNotContain("AKIAEXAMPLE");
  }

  @Test
  void continuesWithEqualConfigurationAndEndsWithoutOne() {
    readings.apply(config("eu-west-1"));
    Waiting.await(() -> status(0) == Status.OK);

    readings.apply(config("eu-west-1"));
    assertThat(status(0)).isEqualTo(Status.OK);

    readings.apply(CloudConfig.NONE);
    assertThat(readings.states()).isEmpty();
    assertThat(readings.families()).isEmpty();
  }

  @Test
  void pausesLongerAfterEachFailedReading() {
    Duration interval = Duration.ofSeconds(30);

    assertThat(CloudReadings.pause(0, interval)).isEqualTo(interval);
    assertThat(CloudReadings.pause(1, interval)).isEqualTo(Duration.ofMinutes(1));
    assertThat(CloudReadings.pause(3, interval)).isEqualTo(Duration.ofMinutes(4));
    assertThat(CloudReadings.pause(50, interval)).isEqualTo(CloudReadings.LONGEST_PAUSE);
  }

  @Test
  void derivesStatusFromParts() {
    CloudReading.Part ok = new CloudReading.Part("a", null, "", "");
    CloudReading.Part denied = new CloudReading.Part("b", Failure.DENIED, "x", "");
    CloudReading.Part throttled = new CloudReading.Part("c", Failure.THROTTLED, "x", "");

    assertThat(of(ok)).isEqualTo(Status.OK);
    assertThat(of(ok, denied)).isEqualTo(Status.PARTIAL);
    assertThat(of(denied)).isEqualTo(Status.FAILING);
    assertThat(of(ok, throttled)).isEqualTo(Status.THROTTLED);
  }

  private static Status of(CloudReading.Part... parts) {
    return Status.of(new CloudReading(List.of(parts), List.of(), List.of()));
  }
}
