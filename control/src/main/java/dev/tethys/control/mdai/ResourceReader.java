package dev.tethys.control.mdai;

import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.control.mdai.Resource.Collector;
import dev.tethys.control.mdai.Resource.Dal;
import dev.tethys.control.mdai.Resource.Ingress;
import dev.tethys.control.mdai.Resource.Meta;
import dev.tethys.control.mdai.Resource.Observer;
import dev.tethys.control.mdai.Resource.Replay;
import java.util.List;
import java.util.Map;

/**
 * Reader of resources other than hubs. Keys about pods, such as images and tolerations, are read
 * and have no effect.
 */
final class ResourceReader {
  private static final Type<String> PARTITION =
      Type.oneOf("s3Partition", List.of("minute", "hour", ""));
  private static final Type<String> TELEMETRY =
      Type.oneOf("telemetryType", List.of("logs", "metrics", "traces", ""));

  // MdaiReplay; samples of MDAI also have its keys in snake case.
  private static final Section S3 = new Section("s3", "Place in S3.");
  private static final Key<String> REGION = S3.key("s3Region", Type.STRING, "", "Region.");
  private static final Key<String> BUCKET = S3.key("s3Bucket", Type.STRING, "", "Bucket.");
  private static final Key<String> PREFIX = S3.key("filePrefix", Type.STRING, "", "Prefix.");
  private static final Key<String> PATH = S3.key("s3Path", Type.STRING, "", "Path.");
  private static final Key<String> BY = S3.key("s3Partition", PARTITION, "", "Folders by time.");
  private static final Key<String> REGION_2 = S3.key("s3_region", Type.STRING, "", "Region.");
  private static final Key<String> BUCKET_2 = S3.key("s3_bucket", Type.STRING, "", "Bucket.");
  private static final Key<String> PREFIX_2 = S3.key("file_prefix", Type.STRING, "", "Prefix.");
  private static final Key<String> PATH_2 = S3.key("s3_path", Type.STRING, "", "Path.");
  private static final Key<String> BY_2 = S3.key("s3_partition", PARTITION, "", "Folders.");
  private static final Section AWS = new Section("aws", "Credentials.");
  private static final Key<String> AWS_SECRET =
      AWS.key("awsAccessKeySecret", Type.STRING, "", "Secret with the keys.");
  private static final Section SOURCE = new Section("source", "Archive.");
  private static final Key<String> SOURCE_AWS =
      SOURCE.key("aws", AWS.type(o -> o.get(AWS_SECRET)), "", "Credentials.");
  private static final Key<YamlObject> SOURCE_S3 = SOURCE.optional("s3", S3.type(o -> o), "S3.");
  private static final Section OTLP = new Section("otlpHttp", "OTLP over HTTP.");
  private static final Key<String> ENDPOINT = OTLP.required("endpoint", Type.STRING, "URL.");
  private static final Section DESTINATION = new Section("destination", "Destination.");
  private static final Key<String> OTLP_HTTP =
      DESTINATION.key("otlpHttp", OTLP.type(o -> o.get(ENDPOINT)), "", "OTLP over HTTP.");
  private static final Key<String> OTLP_HTTP_2 =
      DESTINATION.key("otlp_http", OTLP.type(o -> o.get(ENDPOINT)), "", "OTLP over HTTP.");
  private static final Section REPLAY_SPEC = new Section("replay", "Replay.");
  private static final Key<String> HUB = REPLAY_SPEC.key("hubName", Type.STRING, "", "Hub.");
  private static final Key<String> HUB_2 = REPLAY_SPEC.key("hub_name", Type.STRING, "", "Hub.");
  private static final Key<String> STATUS =
      REPLAY_SPEC.key("statusVariableRef", Type.STRING, "", "Variable with the state.");
  private static final Key<String> START = REPLAY_SPEC.key("startTime", Type.STRING, "", "Start.");
  private static final Key<String> END = REPLAY_SPEC.key("endTime", Type.STRING, "", "End.");
  private static final Key<String> TYPE =
      REPLAY_SPEC.key("telemetryType", TELEMETRY, "", "Signal.");
  private static final Key<String> TYPE_2 =
      REPLAY_SPEC.key("telemetry_type", TELEMETRY, "", "Signal.");
  private static final Key<YamlObject> FROM =
      REPLAY_SPEC.optional("source", SOURCE.type(o -> o), "Archive.");
  private static final Key<YamlObject> TO =
      REPLAY_SPEC.optional("destination", DESTINATION.type(o -> o), "Destination.");

  /** Replay of a resource or an action. */
  static final Type<ReplaySpec> REPLAY_TYPE = REPLAY_SPEC.type(ResourceReader::replaySpec);

  private static final Section REPLAY = ManifestReader.section("MdaiReplay");
  private static final Key<ReplaySpec> REPLAY_KEY = REPLAY.required("spec", REPLAY_TYPE, "Replay.");

  private static final Section LOGS = new Section("filter.logs", "Filter of logs.");
  private static final Key<List<String>> RECORD =
      LOGS.required("log_record", Type.list(Type.STRING), "OTTL conditions.");
  private static final Section FILTER = new Section("filter", "Filter.");
  private static final Key<List<String>> FILTER_LOGS =
      FILTER.key("logs", LOGS.type(o -> o.get(RECORD)), List.of(), "Filter of logs.");
  private static final Section COUNT = new Section("observer", "Counts.");
  private static final Key<String> COUNT_NAME = COUNT.required("name", Type.STRING, "Name.");
  private static final Key<List<String>> LABELS =
      COUNT.required("labelResourceAttributes", Type.list(Type.STRING), "Resource attributes.");
  private static final Key<String> ITEMS =
      COUNT.key("countMetricName", Type.STRING, "", "Metric of items.");
  private static final Key<String> BYTES =
      COUNT.key("bytesMetricName", Type.STRING, "", "Metric of bytes.");
  private static final Key<List<String>> COUNT_FILTER =
      COUNT.key("filter", FILTER.type(o -> o.get(FILTER_LOGS)), List.of(), "Filter.");
  private static final Section POD = new Section("observerResource", "Settings of a pod.");
  private static final Section OBSERVER_SPEC = new Section("spec", "Observers.");
  private static final Key<List<Observer.Count>> COUNTS =
      OBSERVER_SPEC.key(
          "observers", Type.list(COUNT.type(ResourceReader::count)), List.of(), "Observers.");
  private static final Section OBSERVER = ManifestReader.section("MdaiObserver");
  private static final Key<List<Observer.Count>> OBSERVER_KEY =
      OBSERVER.key("spec", OBSERVER_SPEC.type(o -> o.get(COUNTS)), List.of(), "Observers.");

  private static final Section DAL_S3 = new Section("s3", "Place in S3.");
  private static final Key<String> DAL_BUCKET = DAL_S3.required("bucket", Type.STRING, "Bucket.");
  private static final Key<String> DAL_PREFIX = DAL_S3.key("prefix", Type.STRING, "", "Prefix.");
  private static final Section DAL_AWS = new Section("aws", "Account.");
  private static final Key<String> DAL_REGION = DAL_AWS.required("region", Type.STRING, "Region.");
  private static final Section CREDENTIALS = new Section("credentials", "Secret.");
  private static final Section DAL_SPEC = new Section("spec", "Archive.");
  private static final Key<String> GRANULARITY =
      DAL_SPEC.required(
          "granularity",
          Type.oneOf("granularity", List.of("weekly", "daily", "hourly", "minutely")),
          "Folders by time.");
  private static final Key<YamlObject> DAL_PLACE =
      DAL_SPEC.required("s3", DAL_S3.type(o -> o), "Place in S3.");
  private static final Key<String> DAL_ACCOUNT =
      DAL_SPEC.required("aws", DAL_AWS.type(o -> o.get(DAL_REGION)), "Account.");
  private static final Section DAL = ManifestReader.section("MdaiDal");
  private static final Key<YamlObject> DAL_KEY =
      DAL.required("spec", DAL_SPEC.type(o -> o), "Archive.");

  private static final Section STREAM = new Section("log stream", "Stream of logs.");
  private static final Section LOG_S3 = new Section("s3", "Place in S3.");
  private static final Key<String> LOG_BUCKET = LOG_S3.required("s3Bucket", Type.STRING, "Bucket.");
  private static final Section LOG_OTLP = new Section("otlp", "OTLP.");
  private static final Key<String> LOG_ENDPOINT =
      LOG_OTLP.required("endpoint", Type.STRING, "Address.");
  private static final Section COLLECTOR_LOGS = new Section("logs", "Destinations of logs.");
  private static final Key<String> TO_S3 =
      COLLECTOR_LOGS.key("s3", LOG_S3.type(o -> o.get(LOG_BUCKET)), "", "S3.");
  private static final Key<String> TO_OTLP =
      COLLECTOR_LOGS.key("otlp", LOG_OTLP.type(o -> o.get(LOG_ENDPOINT)), "", "OTLP.");
  private static final Section COLLECTOR_SPEC = new Section("spec", "Collector of MDAI's logs.");
  private static final Key<YamlObject> COLLECTOR_TO =
      COLLECTOR_SPEC.optional("logs", COLLECTOR_LOGS.type(o -> o), "Destinations.");
  private static final Section COLLECTOR = ManifestReader.section("MdaiCollector");
  private static final Key<YamlObject> COLLECTOR_KEY =
      COLLECTOR.optional("spec", COLLECTOR_SPEC.type(o -> o), "Collector of MDAI's logs.");

  private static final Section SERVICE = new Section("service", "Service.");
  private static final Section TARGET = new Section("otelCollector", "Collector.");
  private static final Key<String> TARGET_NAME = TARGET.required("name", Type.STRING, "Name.");
  private static final Section INGRESS_SPEC = new Section("spec", "Ingress.");
  private static final Key<String> TARGET_KEY =
      INGRESS_SPEC.required("otelCollector", TARGET.type(o -> o.get(TARGET_NAME)), "Collector.");
  private static final Key<Map<String, String>> ENDPOINTS =
      INGRESS_SPEC.key("collectorEndpoints", Type.map(Type.STRING), Map.of(), "Hosts.");
  private static final Section INGRESS = ManifestReader.section("MdaiIngress");
  private static final Key<YamlObject> INGRESS_KEY =
      INGRESS.required("spec", INGRESS_SPEC.type(o -> o), "Ingress.");

  static {
    unused(REPLAY_SPEC, "opampEndpoint", "ignoreSendingQueue", "resource");
    FILTER.optional("error_mode", Type.STRING, "Error mode of conditions.");
    unused(
        POD,
        "grpcReceiverMaxMsgSize",
        "image",
        "ownLogsOtlpEndpoint",
        "replicas",
        "resources",
        "tolerations");
    OBSERVER_SPEC.optional("observerResource", POD.type(o -> o), "Settings of a pod.");
    unused(CREDENTIALS, "accessKeyField", "secretKeyField", "secretName");
    DAL_AWS.optional("credentials", CREDENTIALS.type(o -> o), "Secret.");
    unused(DAL_SPEC, "imageSpec", "marshaler", "usePayloadTs");
    unused(STREAM, "disabled", "minSeverity");
    for (Section s : List.of(LOG_S3, LOG_OTLP)) {
      for (String stream : List.of("auditLogs", "collectorLogs", "hubLogs", "otherLogs")) {
        s.optional(stream, STREAM.type(o -> o), "Stream of logs.");
      }
    }
    unused(LOG_S3, "s3Region");
    COLLECTOR_SPEC.optional("aws", AWS.type(o -> o), "Credentials.");
    unused(COLLECTOR_SPEC, "image", "replicas", "tolerations");
    SERVICE.required(
        "type",
        Type.oneOf("type", List.of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName")),
        "Type.");
    unused(SERVICE, "annotations");
    INGRESS_SPEC.required("cloudType", Type.oneOf("cloudType", List.of("aws")), "Cloud.");
    INGRESS_SPEC.required("grpcService", SERVICE.type(o -> o), "Service of gRPC ports.");
    INGRESS_SPEC.required("nonGrpcService", SERVICE.type(o -> o), "Service of other ports.");
    unused(INGRESS_SPEC, "annotations", "ingressClassName");
  }

  private ResourceReader() {}

  private static void unused(Section s, String... keys) {
    for (String key : keys) {
      s.optional(key, Type.ANY, "Read, without effect.");
    }
  }

  /** Reads all values of an object, so that every mistake is found. */
  private static YamlObject whole(YamlNode n, Section s, Meta meta) {
    YamlObject o = n.object(s);
    o.readAll();
    ManifestReader.checkName(n, meta);
    return o;
  }

  static Replay replay(YamlNode n, Meta meta) {
    return new Replay(meta, whole(n, REPLAY, meta).get(REPLAY_KEY));
  }

  private static ReplaySpec replaySpec(YamlObject o) {
    o.readAll();
    YamlObject from = o.find(FROM);
    if (from != null) {
      from.readAll();
    }
    YamlObject s3 = from == null ? null : from.find(SOURCE_S3);
    YamlObject to = o.find(TO);
    return new ReplaySpec(
        oneOf(o, HUB, HUB_2),
        o.get(STATUS),
        o.get(START),
        o.get(END),
        oneOf(o, TYPE, TYPE_2),
        s3 == null ? "" : oneOf(s3, REGION, REGION_2),
        s3 == null ? "" : oneOf(s3, BUCKET, BUCKET_2),
        s3 == null ? "" : oneOf(s3, PREFIX, PREFIX_2),
        s3 == null ? "" : oneOf(s3, PATH, PATH_2),
        s3 == null ? "" : oneOf(s3, BY, BY_2),
        to == null ? "" : oneOf(to, OTLP_HTTP, OTLP_HTTP_2),
        from == null ? "" : from.get(SOURCE_AWS));
  }

  private static String oneOf(YamlObject o, Key<String> one, Key<String> other) {
    if (o.has(one) && o.has(other)) {
      throw o.error(other, "is the same as " + one.name() + "; write one of them");
    }
    return o.has(one) ? o.get(one) : o.get(other);
  }

  static Observer observer(YamlNode n, Meta meta) {
    return new Observer(meta, whole(n, OBSERVER, meta).get(OBSERVER_KEY));
  }

  private static Observer.Count count(YamlObject o) {
    if (o.get(ITEMS).isEmpty() && o.get(BYTES).isEmpty()) {
      throw o.error("countMetricName or bytesMetricName is required");
    }
    return new Observer.Count(
        o.get(COUNT_NAME), o.get(LABELS), o.get(ITEMS), o.get(BYTES), o.get(COUNT_FILTER));
  }

  static Dal dal(YamlNode n, Meta meta) {
    YamlObject spec = whole(n, DAL, meta).get(DAL_KEY);
    spec.readAll();
    YamlObject s3 = spec.get(DAL_PLACE);
    return new Dal(
        meta, spec.get(DAL_ACCOUNT), s3.get(DAL_BUCKET), s3.get(DAL_PREFIX), spec.get(GRANULARITY));
  }

  static Collector collector(YamlNode n, Meta meta) {
    YamlObject spec = whole(n, COLLECTOR, meta).find(COLLECTOR_KEY);
    if (spec == null) {
      return new Collector(meta, "", "");
    }
    spec.readAll();
    YamlObject to = spec.find(COLLECTOR_TO);
    return new Collector(meta, to == null ? "" : to.get(TO_S3), to == null ? "" : to.get(TO_OTLP));
  }

  static Ingress ingress(YamlNode n, Meta meta) {
    YamlObject spec = whole(n, INGRESS, meta).get(INGRESS_KEY);
    spec.readAll();
    return new Ingress(meta, spec.get(TARGET_KEY), spec.get(ENDPOINTS));
  }
}
