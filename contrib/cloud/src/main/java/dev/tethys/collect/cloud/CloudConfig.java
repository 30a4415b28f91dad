package dev.tethys.collect.cloud;

import dev.tethys.collect.cloud.aws.AwsAccount;
import dev.tethys.collect.cloud.azure.AzureAccount;
import dev.tethys.collect.cloud.gcp.GcpAccount;
import dev.tethys.collect.cloud.oci.OciAccount;
import dev.tethys.collect.cloud.reader.CloudContext;
import dev.tethys.collect.cloud.reader.CloudLogEntry;
import dev.tethys.collect.cloud.reader.CloudReader;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Clouds whose databases are read.
 *
 * @param interval time between readings of a region or project
 */
public record CloudConfig(
    Duration interval,
    @Nullable AwsAccount aws,
    @Nullable GcpAccount gcp,
    @Nullable OciAccount oci,
    @Nullable AzureAccount azure) {
  private static final Duration SHORTEST = Duration.ofSeconds(10);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** Keys in the file of the databases. */
  public static final Section SECTION =
      new Section("cloud_keys", "Databases of clouds, in the file of the cluster agent.");

  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "cloud_interval",
          Type.DURATION,
          Duration.ofSeconds(30),
          "Time between readings of a region or project of a cloud.");
  private static final Key<AwsAccount> AWS =
      SECTION.optional("aws", AwsAccount.TYPE, "Databases of AWS.");
  private static final Key<GcpAccount> GCP =
      SECTION.optional("gcp", GcpAccount.TYPE, "Databases of Google Cloud.");
  private static final Key<OciAccount> OCI =
      SECTION.optional("oci", OciAccount.TYPE, "Databases of Oracle Cloud.");
  private static final Key<AzureAccount> AZURE =
      SECTION.optional("azure", AzureAccount.TYPE, "Databases of Azure.");

  /** No clouds. */
  public static final CloudConfig NONE =
      new CloudConfig(Duration.ofSeconds(30), null, null, null, null);

  /** Reads the keys from the map that includes them. */
  public static CloudConfig of(YamlObject o) {
    Duration interval = o.get(INTERVAL);
    if (interval.compareTo(SHORTEST) < 0 || interval.compareTo(LONGEST) > 0) {
      throw o.error(INTERVAL, INTERVAL.name() + " must be from 10s to 5m");
    }
    CloudConfig c = new CloudConfig(interval, o.find(AWS), o.find(GCP), o.find(OCI), o.find(AZURE));
    return c.isEmpty() ? NONE : c;
  }

  /** Whether no cloud is configured. */
  public boolean isEmpty() {
    return aws == null && gcp == null && oci == null && azure == null;
  }

  /** Readers of all regions and projects. */
  public List<CloudReader> readers(CloudContext context, CloudLogEntry.Sink sink) {
    List<CloudReader> out = new ArrayList<>();
    if (aws != null) {
      out.addAll(aws.readers(context, sink));
    }
    if (gcp != null) {
      out.addAll(gcp.readers(context, sink));
    }
    if (oci != null) {
      out.addAll(oci.readers(context, sink));
    }
    if (azure != null) {
      out.addAll(azure.readers(context));
    }
    return out;
  }
}
