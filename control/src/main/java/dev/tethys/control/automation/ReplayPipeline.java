package dev.tethys.control.automation;

import dev.tethys.config.ConfigException;
import dev.tethys.config.YamlDocument;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.mdai.ReplayRequest;
import dev.tethys.control.mdai.ReplaySpec;
import dev.tethys.pipeline.archive.Archive;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.config.GraphConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Pipelines of replays: from the archive in S3 to the destination.
 *
 * @param folder folder that stores replay positions
 * @param environment environment variables of the process, for the endpoint of S3
 */
record ReplayPipeline(
    Path folder, Components components, Function<String, @Nullable String> environment) {
  /**
   * Builds the pipeline of a replay. Request strings are JSON values, so no reference is resolved.
   *
   * @throws IllegalArgumentException if it cannot run
   */
  GraphConfig of(ReplayRequest q, Map<Manifests.DataKey, Map<String, String>> secrets) {
    ReplaySpec s = q.spec();
    ObjectNode c = JsonMapper.shared().createObjectNode();
    c.putObject("extensions")
        .putObject("file_storage")
        .put("directory", folder.resolve(q.name()).toAbsolutePath().toString());
    ObjectNode in = c.putObject("receivers").putObject("awss3");
    in.put("starttime", s.start()).put("endtime", s.end()).put("storage", "file_storage");
    if (!s.telemetry().equals("metrics")) {
      // Makes a repeated object recognizable; points of metrics have their time for that.
      in.put("object_attribute", Archive.OBJECT_ATTRIBUTE);
    }
    ObjectNode from = in.putObject("s3downloader");
    from.put("s3_bucket", s.bucket()).put("s3_prefix", s.path()).put("file_prefix", s.prefix());
    from.put("s3_partition", s.partition().isEmpty() ? "minute" : s.partition());
    from.put("s3_partition_timezone", "UTC");
    if (!s.region().isEmpty()) {
      from.put("region", s.region());
    }
    credentials(from, q, secrets);
    c.putObject("processors")
        .putObject("resource")
        .putArray("attributes")
        .addObject()
        .put("key", Archive.REPLAY_ATTRIBUTE)
        .put("value", q.name())
        .put("action", "upsert");
    ObjectNode out = c.putObject("exporters").putObject("otlp_http");
    out.put("endpoint", s.destination());
    out.putObject("retry_on_failure").put("max_elapsed_time", "0s");
    ObjectNode service = c.putObject("service");
    service.putArray("extensions").add("file_storage");
    service.putObject("telemetry").putObject("metrics").put("level", "none");
    ObjectNode p = service.putObject("pipelines").putObject(s.telemetry());
    p.putArray("receivers").add("awss3");
    p.putArray("processors").add("resource");
    p.putArray("exporters").add("otlp_http");
    try {
      return GraphConfig.read(
          YamlDocument.parse("replay " + q.name(), null, c.toString()), components, false);
    } catch (ConfigException e) {
      throw new IllegalArgumentException("the replay cannot run: " + e.getMessage(), e);
    }
  }

  private void credentials(
      ObjectNode from, ReplayRequest q, Map<Manifests.DataKey, Map<String, String>> secrets) {
    Map<String, String> keys =
        secrets.getOrDefault(
            new Manifests.DataKey(true, q.namespace(), q.spec().secret()), Map.of());
    String id = keys.getOrDefault("AWS_ACCESS_KEY_ID", "");
    if (!id.isEmpty()) {
      from.put("access_key", id);
      from.put("secret_key", keys.getOrDefault("AWS_SECRET_ACCESS_KEY", ""));
      from.put("session_token", keys.getOrDefault("AWS_SESSION_TOKEN", ""));
    }
    for (String name : List.of("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")) {
      String url = environment.apply(name);
      if (url != null && !url.isEmpty()) {
        from.put("endpoint", url).put("s3_force_path_style", true);
        return;
      }
    }
  }
}
