package dev.tethys.pipeline.processor.detection;

import com.google.re2j.Pattern;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.web.client.ClientRequest;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Machines of EC2 and tasks of ECS, from AWS metadata. */
final class AwsDetectors {
  private static final System.Logger LOG = JulLogger.of(AwsDetectors.class.getName());

  private static final Section EC2 = new Section("ec2", "AWS EC2 instance.");
  private static final Key<List<Pattern>> TAGS =
      EC2.key(
          "tags",
          Type.list(Type.REGEX),
          List.of(),
          "Keys of instance tags that become attributes.");
  private static final Key<Boolean> TAGS_FROM_IMDS =
      EC2.key(
          "tags_from_imds", Type.BOOL, false, "If true, tags are read from the instance metadata.");
  private static final Key<Long> MAX_ATTEMPTS =
      EC2.key(
          "max_attempts",
          Type.INT,
          3L,
          "Maximum number of attempts to read the instance metadata.");
  private static final Key<Duration> MAX_BACKOFF =
      EC2.key(
          "max_backoff", Type.DURATION, Duration.ofSeconds(20), "Maximum pause between attempts.");
  static final Key<Boolean> FAIL_ON_MISSING =
      EC2.key(
          "fail_on_missing_metadata",
          Type.BOOL,
          false,
          "If true, missing instance metadata is an error.");
  private static final Key<RequestedAttributes> EC2_WANTED =
      RequestedAttributes.key(
          EC2,
          Set.of(
              "cloud.account.id",
              "cloud.availability_zone",
              "cloud.platform",
              "cloud.provider",
              "cloud.region",
              "host.id",
              "host.image.id",
              "host.name",
              "host.type"),
          Set.of());
  static final Type<Detector> EC2_TYPE =
      EC2.type(
          o -> {
            if (o.get(MAX_ATTEMPTS) < 1) {
              throw o.error(MAX_ATTEMPTS, "must be at least 1");
            }
            return new Ec2(
                o.get(TAGS),
                o.get(TAGS_FROM_IMDS),
                (int) Math.min(100, o.get(MAX_ATTEMPTS)),
                o.get(MAX_BACKOFF),
                o.get(FAIL_ON_MISSING),
                o.get(EC2_WANTED));
          });

  private static final Section ECS = new Section("ecs", "AWS ECS task.");
  private static final Key<RequestedAttributes> ECS_WANTED =
      RequestedAttributes.key(
          ECS,
          Set.of(
              "aws.ecs.cluster.arn",
              "aws.ecs.launchtype",
              "aws.ecs.task.arn",
              "aws.ecs.task.family",
              "aws.ecs.task.id",
              "aws.ecs.task.revision",
              "aws.log.group.arns",
              "aws.log.group.names",
              "aws.log.stream.arns",
              "aws.log.stream.names",
              "cloud.account.id",
              "cloud.availability_zone",
              "cloud.platform",
              "cloud.provider",
              "cloud.region"),
          Set.of());
  static final Type<Detector> ECS_TYPE =
      ECS.type(
          o -> {
            RequestedAttributes wanted = o.get(ECS_WANTED);
            return place -> ecs(place, wanted);
          });

  private AwsDetectors() {}

  private record Ec2(
      List<Pattern> tags,
      boolean ofMetadata,
      int attempts,
      Duration pause,
      boolean mustBe,
      RequestedAttributes wanted)
      implements Detector {
    @Override
    public Attributes detect(DetectionEnvironment place) throws IOException, InterruptedException {
      Attributes a = new Attributes();
      Ec2Metadata metadata;
      try {
        metadata = Ec2Metadata.of(place, attempts, pause);
      } catch (IOException e) {
        if (mustBe) {
          throw e;
        }
        return a; // not an EC2 instance
      }
      wanted.put(a, "cloud.provider", "aws");
      wanted.put(a, "cloud.platform", "aws_ec2");
      metadata.describe(wanted, a);
      if (!tags.isEmpty()) {
        try {
          tag(place, metadata, a);
        } catch (IOException e) {
          LOG.log(
              Level.WARNING,
              "ec2: the tags of {0} are unknown, which "
                  + (ofMetadata
                      ? "requires InstanceMetadataTags=enabled on the instance"
                      : "requires the permission ec2:DescribeTags, or tags_from_imds: true with"
                          + " InstanceMetadataTags=enabled on the instance")
                  + ": {1}",
              metadata.id(),
              e.getMessage());
        }
      }
      return a;
    }

    private void tag(DetectionEnvironment place, Ec2Metadata metadata, Attributes to)
        throws IOException, InterruptedException {
      if (!ofMetadata) {
        new Ec2Api(place, metadata.region())
            .tags(metadata.id())
            .forEach(
                (k, v) -> {
                  if (isWanted(k)) {
                    to.put("ec2.tag." + k, v);
                  }
                });
        return;
      }
      for (String key : metadata.get("tags/instance").split("\n")) {
        String k = key.strip();
        if (!k.isEmpty() && isWanted(k)) {
          to.put("ec2.tag." + k, metadata.get("tags/instance/" + k));
        }
      }
    }

    private boolean isWanted(String key) {
      return tags.stream().anyMatch(p -> p.matcher(key).find());
    }
  }

  private static Attributes ecs(DetectionEnvironment place, RequestedAttributes wanted)
      throws IOException, InterruptedException {
    Attributes a = new Attributes();
    String base = place.variable("ECS_CONTAINER_METADATA_URI_V4");
    if (base == null || base.isBlank()) {
      base = place.variable("ECS_CONTAINER_METADATA_URI");
    }
    if (base == null || base.isBlank()) {
      return a;
    }
    base = base.strip();
    JsonNode task = place.json(ClientRequest.get(URI.create(base + "/task")));
    String arn = task.path("TaskARN").asString("");
    String[] parts = arn.split(":");
    String region = parts.length > 5 ? parts[3] : "";
    String account = parts.length > 5 ? parts[4] : "";
    wanted.put(a, "cloud.provider", "aws");
    wanted.put(a, "cloud.platform", "aws_ecs");
    wanted.put(a, "aws.ecs.task.arn", arn);
    wanted.putText(a, "aws.ecs.task.family", task, "Family");
    wanted.putText(a, "aws.ecs.task.revision", task, "Revision");
    if (parts.length > 5) {
      wanted.put(a, "cloud.account.id", account);
      wanted.put(a, "cloud.region", region);
      wanted.put(a, "aws.ecs.task.id", parts[5].substring(parts[5].lastIndexOf('/') + 1));
    }
    String cluster = task.path("Cluster").asString("");
    wanted.put(
        a,
        "aws.ecs.cluster.arn",
        cluster.contains(":")
            ? cluster
            : "arn:aws:ecs:" + region + ":" + account + ":cluster/" + cluster);
    wanted.putText(a, "cloud.availability_zone", task, "AvailabilityZone");
    String launch = task.path("LaunchType").asString("").toLowerCase(Locale.ROOT);
    if (launch.equals("ec2") || launch.equals("fargate")) {
      wanted.put(a, "aws.ecs.launchtype", launch);
    }
    logs(task, place.json(ClientRequest.get(URI.create(base))), account, wanted, a);
    return a;
  }

  /** Adds the log groups of the neighbouring containers if they log to CloudWatch. */
  private static void logs(
      JsonNode task, JsonNode self, String account, RequestedAttributes wanted, Attributes to) {
    Map<String, ArrayValue> found = new LinkedHashMap<>();
    for (JsonNode c : task.path("Containers")) {
      JsonNode options = c.path("LogOptions");
      if (c.path("Type").asString("").equals("NORMAL")
          && c.path("KnownStatus").asString("").equals("RUNNING")
          && c.path("LogDriver").asString("").equals("awslogs")
          && !c.path("DockerId").asString("").equals(self.path("DockerId").asString(""))
          && !options.isEmpty()) {
        String group = options.path("awslogs-group").asString("");
        String stream = options.path("awslogs-stream").asString("");
        String arn =
            "arn:aws:logs:"
                + options.path("awslogs-region").asString("")
                + ":"
                + account
                + ":log-group:"
                + group;
        add(found, "aws.log.group.names", group);
        add(found, "aws.log.group.arns", arn);
        add(found, "aws.log.stream.names", stream);
        add(found, "aws.log.stream.arns", arn + ":log-stream:" + stream);
      }
    }
    found.forEach((k, v) -> wanted.put(to, k, v));
  }

  private static void add(Map<String, ArrayValue> to, String key, String value) {
    to.computeIfAbsent(key, _ -> new ArrayValue()).add(value);
  }
}
