package dev.tethys.collect.logs.cloudflare;

import dev.tethys.collect.logs.LabelMap;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.LogSourceConfig;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.config.Key;
import dev.tethys.config.Secret;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.Labels;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * Zone whose request logs are pulled.
 *
 * @param api URL of the API, without a trailing slash
 * @param workers number of parts of a time range requested concurrently
 * @param pullRange length of a time range
 * @param fields requested fields of each log
 */
public record CloudflareConfig(
    URI api,
    Secret token,
    String zone,
    Labels labels,
    int workers,
    Duration pullRange,
    List<String> fields)
    implements LogSourceConfig {
  private static final URI API = URI.create("https://api.cloudflare.com/client/v4");

  /** More concurrent requests than any zone may send in a minute. */
  private static final int MAX_WORKERS = 64;

  private static final int DEFAULT_WORKERS = 3;
  private static final Duration DEFAULT_RANGE = Duration.ofMinutes(1);
  private static final Duration LONGEST_RANGE = Duration.ofHours(24);

  private static final Section SECTION =
      new Section("cloudflare", "Request logs of a zone, by Cloudflare's Logpull.");
  private static final Key<Secret> TOKEN =
      SECTION.required("api_token", Type.SECRET, "API token with permission to read logs.");
  private static final Key<String> ZONE = SECTION.required("zone_id", Type.STRING, "Zone ID.");
  private static final LabelMap LABELS = new LabelMap(SECTION);
  private static final Key<Long> WORKERS =
      SECTION.key(
          "workers",
          Type.INT,
          (long) DEFAULT_WORKERS,
          "Number of workers, which request logs concurrently; 0 for three.");
  private static final Key<Duration> RANGE =
      SECTION.key(
          "pull_range", Type.DURATION, DEFAULT_RANGE, "Time range of one request; 0 for 1m.");
  private static final Key<String> FIELDS_TYPE =
      SECTION.key(
          "fields_type", Type.STRING, "default", "default, minimal, extended, all or custom.");
  private static final Key<List<String>> ADDITIONAL =
      SECTION.key(
          "additional_fields", Type.list(Type.STRING), List.of(), "Additional fields to fetch.");

  /** The block in a configuration. */
  public static final Type<CloudflareConfig> TYPE = SECTION.type(CloudflareConfig::read);

  private static CloudflareConfig read(YamlObject o) {
    if (o.get(TOKEN).isEmpty()) {
      throw o.error(TOKEN, "cloudflare api token is required");
    }
    String zone = o.get(ZONE);
    if (zone.isEmpty()) {
      throw o.error(ZONE, "cloudflare zone id is required");
    }
    if (!zone.matches("[0-9A-Za-z_-]{1,64}")) {
      throw o.error(ZONE, "\"" + zone + "\" is not the id of a zone");
    }
    long workers = o.get(WORKERS) == 0 ? DEFAULT_WORKERS : o.get(WORKERS);
    if (workers < 1 || workers > MAX_WORKERS) {
      throw o.error(WORKERS, "workers must be 1 to " + MAX_WORKERS);
    }
    Duration range = o.get(RANGE).isZero() ? DEFAULT_RANGE : o.get(RANGE);
    if (range.compareTo(LONGEST_RANGE) > 0) {
      throw o.error(RANGE, "pull_range must be at most 24h: Cloudflare keeps logs for 7 days");
    }
    String type = o.get(FIELDS_TYPE).isEmpty() ? "default" : o.get(FIELDS_TYPE);
    if (!CloudflareFields.types().contains(type)) {
      throw o.error(
          FIELDS_TYPE,
          "unknown fields type: "
              + type
              + ", it is one of "
              + String.join(", ", CloudflareFields.types()));
    }
    List<String> fields = CloudflareFields.of(type, o.get(ADDITIONAL));
    if (fields.isEmpty()) {
      throw o.error(FIELDS_TYPE, "fields_type custom requires additional_fields");
    }
    return new CloudflareConfig(
        API, o.get(TOKEN), zone, LABELS.read(o), (int) workers, range, fields);
  }

  @Override
  public String kind() {
    return "cloudflare";
  }

  @Override
  public LogSource source(SourceContext context) {
    return new CloudflareSource(this, context);
  }
}
