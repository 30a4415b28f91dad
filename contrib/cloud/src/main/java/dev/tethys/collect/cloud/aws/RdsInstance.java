package dev.tethys.collect.cloud.aws;

import dev.tethys.collect.cloud.reader.CloudDatabase;
import dev.tethys.collect.cloud.reader.CloudMetrics;
import dev.tethys.web.cloud.XmlReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;

/**
 * Instance of RDS, with its metrics of the API.
 *
 * @param name identifier in its region
 * @param resource identifier that stays when the instance is renamed; name of its log stream
 * @param storage allocated size in GiB; 0 if unknown, as are the other numbers
 * @param monitoringSeconds interval of Enhanced Monitoring, 0 if it is off
 */
record RdsInstance(
    String region,
    String name,
    String resource,
    String status,
    String zone,
    String secondaryZone,
    String host,
    int port,
    String engine,
    String version,
    String type,
    String storageType,
    boolean multiZone,
    String cluster,
    String source,
    List<String> replicas,
    long storage,
    long maxStorage,
    long iops,
    long backupDays,
    long monitoringSeconds,
    Map<String, String> tags) {
  private static final String LABEL = "rds_instance_id";
  private static final int MAX_REPLICAS = 100;

  /** Instance of an answer. */
  static RdsInstance of(String region, Element e) {
    return new RdsInstance(
        region,
        XmlReader.text(e, "DBInstanceIdentifier"),
        XmlReader.text(e, "DbiResourceId"),
        XmlReader.text(e, "DBInstanceStatus"),
        XmlReader.text(e, "AvailabilityZone"),
        XmlReader.text(e, "SecondaryAvailabilityZone"),
        XmlReader.text(e, "Endpoint", "Address"),
        (int) Math.min(65_535, number(e, "Endpoint", "Port")),
        XmlReader.text(e, "Engine"),
        XmlReader.text(e, "EngineVersion"),
        XmlReader.text(e, "DBInstanceClass"),
        XmlReader.text(e, "StorageType"),
        XmlReader.text(e, "MultiAZ").equals("true"),
        inRegion(region, XmlReader.text(e, "DBClusterIdentifier")),
        inRegion(region, XmlReader.text(e, "ReadReplicaSourceDBInstanceIdentifier")),
        XmlReader.children(XmlReader.child(e, "ReadReplicaDBInstanceIdentifiers")).stream()
            .limit(MAX_REPLICAS)
            .map(r -> inRegion(region, XmlReader.text(r)))
            .toList(),
        number(e, "AllocatedStorage"),
        number(e, "MaxAllocatedStorage"),
        number(e, "Iops"),
        number(e, "BackupRetentionPeriod"),
        number(e, "MonitoringInterval"),
        tags(XmlReader.child(e, "TagList")));
  }

  /** Tags of an answer. */
  static Map<String, String> tags(@Nullable Element list) {
    Map<String, String> out = new LinkedHashMap<>();
    for (Element t : XmlReader.children(list, "Tag")) {
      out.put(XmlReader.text(t, "Key"), XmlReader.text(t, "Value"));
    }
    return out;
  }

  /** Non-negative number; 0 if the text is not one. */
  static long number(Element e, String... path) {
    String s = XmlReader.text(e, path);
    return s.matches("\\d{1,15}") ? Long.parseLong(s) : 0;
  }

  /** Name with its region; a reference to another region is an ARN. */
  static String inRegion(String region, String name) {
    if (!name.startsWith("arn:")) {
      return name.isEmpty() ? "" : region + "/" + name;
    }
    String[] parts = name.split(":", -1);
    return parts.length < 7 ? name : parts[3] + "/" + parts[6];
  }

  /** Value of the label {@code rds_instance_id}. */
  String id() {
    return region + "/" + name;
  }

  /** Whether the log is that of PostgreSQL. */
  boolean isPostgres() {
    return CloudDatabase.engine(engine).equals("postgres");
  }

  /** Whether the format of the error log is known. */
  boolean hasLog() {
    return !CloudDatabase.engine(engine).isEmpty() && !status.equals("creating");
  }

  CloudMetrics.Instance metrics(CloudMetrics m) {
    return m.of(LABEL, id());
  }

  CloudDatabase database(String ipv4) {
    return new CloudDatabase(
        "aws_rds", id(), name, CloudDatabase.engine(engine), engine, host, port, ipv4, tags);
  }

  /** Adds the metrics of the API. */
  void addTo(CloudMetrics all, String ipv4) {
    CloudMetrics.Instance m = metrics(all);
    m.gauge(
        "aws_rds_info",
        "Instance of RDS.",
        1,
        "region",
        region,
        "availability_zone",
        zone,
        "endpoint",
        host,
        "ipv4",
        ipv4,
        "port",
        port == 0 ? "" : Integer.toString(port),
        "engine",
        engine,
        "engine_version",
        version,
        "instance_type",
        type,
        "storage_type",
        storageType,
        "multi_az",
        Boolean.toString(multiZone),
        "secondary_availability_zone",
        secondaryZone,
        "cluster_id",
        cluster,
        "source_instance_id",
        source);
    m.gauge("aws_rds_status", "Status of the instance.", 1, "status", status);
    m.gauge("aws_rds_allocated_storage_gibibytes", "Allocated storage.", storage);
    m.gauge(
        "aws_rds_storage_autoscaling_threshold_gibibytes",
        "Size up to which the storage grows automatically; 0 if it does not.",
        maxStorage);
    m.gauge("aws_rds_storage_provisioned_iops", "Provisioned I/O operations per second.", iops);
    m.gauge(
        "aws_rds_backup_retention_period_days",
        "Days that automated backups are kept; 0 if there are none.",
        backupDays);
    for (String r : replicas) {
      m.gauge("aws_rds_read_replica_info", "Read replica.", 1, "replica_instance_id", r);
    }
  }
}
